"""The command line: one file per subcommand; each parses and prints, nothing else.

`main` knows the commands by name. A command imports at its top what its options need, and what it works with
when it runs.
"""
