"""Google Cloud: its interfaces, its builds, its buildpacks, its services; tables of rows, and beside them what the rows read."""
