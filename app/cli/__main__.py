"""What `servergem` is on a command line."""

from __future__ import annotations

import sys

from app.process.allocator import begin_again_lean

STAYING = {"serve", "door", "worker"}


def run() -> None:
    """Those commands that stay begin with an allocator for many threads, before anything else is loaded."""
    if STAYING & set(sys.argv[1:2]):
        begin_again_lean(sys.orig_argv)
    from app.cli.commands import main

    main(prog_name="servergem")


if __name__ == "__main__":
    run()
