"""The stages: one file each, plain functions from words to a word, each safe to run again."""
