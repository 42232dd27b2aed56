"""An index of all records below a folder, which is kept up to date from what was added to the files."""
