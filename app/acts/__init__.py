"""Acts: pieces of work that several stages share, each on a scene."""
