"""Pictures of records: one look for all, each with its caption, the numbers behind it, and its files."""
