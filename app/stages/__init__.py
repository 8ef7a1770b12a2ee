"""The stages: one file each; plain functions from values to a value, each safe to run again."""
