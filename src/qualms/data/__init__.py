"""Reading what users give: text in any usual encoding, numbers, rows of tables; each with the line of what is
wrong.
"""
