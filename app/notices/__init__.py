"""Notices: what is told of an ending to who asked for it, and how it gets there."""
