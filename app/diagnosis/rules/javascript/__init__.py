"""JavaScript: package managers, Node, bundlers, linters, tests; tables of rows, and beside them what the rows read."""
