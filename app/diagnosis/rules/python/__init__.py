"""Python: pip and lock files, the language, its servers and frameworks; tables of rows, and beside them what the rows read."""
