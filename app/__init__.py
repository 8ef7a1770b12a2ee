"""ServerGem: a push deploys to Cloud Run, and the check run on the commit tells the story."""
