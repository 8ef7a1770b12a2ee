"""The second and last try of what failed beside everything else: alone, on a machine that is quiet again.

A story has a hundred waits in four processes at once, so what fails once and passes alone is named here as unsteady and
is somebody's work, and it holds up nobody's. Only what talks to a server gets this try, and only a few: a fault in the
code fails twice, and a broken suite fails in many places.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

# As many as a busy machine has been seen to cost in one run, and one more.
MOST = 4
# A run in which anything else failed leaves none.
FAILED = Path("build/failed.txt")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Leave the names of what failed, when all of it talks to a server; tests/conftest.py takes this as its own."""
    FAILED.unlink(missing_ok=True)
    stats = terminalreporter.stats
    failed = [*stats.get("failed", ()), *stats.get("error", ())]
    if failed and all("wire" in getattr(report, "keywords", ()) for report in failed):
        FAILED.parent.mkdir(exist_ok=True)
        FAILED.write_text("\n".join(sorted({report.nodeid for report in failed})))


def main() -> int:
    """The exit status: 0 when each of the few that failed passes alone."""
    failed = FAILED.read_text().splitlines() if FAILED.exists() else []
    if not failed or len(failed) > MOST:
        return 1
    print(f"\nAgain, alone: {len(failed)} of at most {MOST}", flush=True)
    status = subprocess.run([sys.executable, "-m", "pytest", "-n", "0", *failed], check=False).returncode
    if status == 0:
        print("UNSTEADY, failed beside the others and passed alone:", *failed, sep="\n  ")
    return status


if __name__ == "__main__":
    sys.exit(main())
