"""Text: what comes from outside, as it may be read, shown and obeyed."""
