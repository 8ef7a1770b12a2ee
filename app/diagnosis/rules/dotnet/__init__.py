""".NET: its builds and its starts; tables of rows, and beside them what the rows read."""
