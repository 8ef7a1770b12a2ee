"""The Java virtual machine and its languages; tables of rows, and beside them what the rows read."""
