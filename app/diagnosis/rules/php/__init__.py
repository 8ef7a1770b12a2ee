"""PHP; tables of rows, and beside them what the rows read."""
