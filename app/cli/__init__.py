"""The command line: one file for each family of commands, and __main__ that lists them."""
