"""The typed specification: what a user wants solved, in the user's own names, as data that can be checked."""
