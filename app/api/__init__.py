"""The API for programs: the same deployments as the pages, as JSON that describes itself."""
