"""GitHub and Google Cloud on loopback, real enough that the clients we ship cannot tell; imports nothing of ours."""
