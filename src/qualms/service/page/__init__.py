"""The page over all records of a folder: HTML that needs no script to be read, and no other server."""
