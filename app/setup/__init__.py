"""Set-up: what prepares a ServerGem, its App, its project, its host and its domain, and looks at them afterwards."""
