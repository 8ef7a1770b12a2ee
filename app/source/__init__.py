"""Source: what a repository holds, read within bounds, and how much of it Cloud Run can take as it is."""
