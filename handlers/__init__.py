"""The handlers: a file here is an event of GitHub's that ServerGem answers, decided without acting."""
