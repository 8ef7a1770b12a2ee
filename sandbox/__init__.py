"""GitHub and Google Cloud on this machine, for ServerGem to run against; it knows nothing of ServerGem."""
