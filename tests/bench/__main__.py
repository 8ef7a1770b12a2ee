"""`make bench [ONLY=intake]`: what ServerGem costs, each figure beside its peer or its limit from the same run."""

from __future__ import annotations

import sys
from collections.abc import Callable

from rich.console import Console

from tests.bench import (
    explain,
    intake,
    merge,
    nothing,
    pages,
    preflight,
    road,
    start,
    success,
    unbuilt,
    waiting,
)
from tests.bench.table import Row, show

PARTS: dict[str, tuple[str, Callable[[], list[Row]]]] = {
    "intake": ("The door", intake.rows),
    "road": ("The road of a push", road.rows),
    "unbuilt": ("A push that leaves its dependencies alone", unbuilt.rows),
    "preflight": ("Preflight", preflight.rows),
    "merge": ("A merge without a build", merge.rows),
    "pages": ("Pages in a browser", pages.rows),
    "explain": ("Diagnosis", explain.rows),
    "success": ("Success rate", success.rows),
    "nothing": ("What comes to nothing", nothing.rows),
    "waiting": ("A thousand at once", waiting.rows),
    "start": ("Start and rest", start.rows),
}


def main(wanted: list[str]) -> int:
    console = Console(highlight=False)
    if unknown := [name for name in wanted if name not in PARTS]:
        console.print(f"There is no bench {unknown[0]}; there are {', '.join(PARTS)}.")
        return 2
    for name in wanted or PARTS:
        title, rows = PARTS[name]
        show(title, rows(), console)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
