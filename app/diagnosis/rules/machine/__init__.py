"""The machine under the work: memory, disk, C compilers, shared libraries, checks of any language; tables of rows, and beside them what the rows read."""
