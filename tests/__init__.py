"""ServerGem's tests: stories at the wire, and pure tests in milliseconds."""
