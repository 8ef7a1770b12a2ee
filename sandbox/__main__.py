"""`python -m sandbox` is `servergem sandbox`."""

from __future__ import annotations

from sandbox.command import sandbox

sandbox(prog_name="python -m sandbox")
