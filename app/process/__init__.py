"""The processes of a ServerGem: what each of them does, how they start, listen, watch each other and end."""
