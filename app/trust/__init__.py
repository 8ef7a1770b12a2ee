"""Trust: whose a service is, what an operator lets a repository have, and who may say yes to what."""
