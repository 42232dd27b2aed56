"""The command line: one file per subcommand; each parses and prints, nothing else."""
