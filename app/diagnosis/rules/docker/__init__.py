"""Docker: Dockerfiles, and what their instructions run; tables of rows, and beside them what the rows read."""
