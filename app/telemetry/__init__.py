"""Telemetry: the log, the numbers and the traces, by which an operator sees what a ServerGem does."""
