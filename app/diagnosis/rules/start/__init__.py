"""A container that does not start, in whichever language; tables of rows, and beside them what the rows read."""
