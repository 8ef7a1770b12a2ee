"""The words in a commit's message that keep it from being deployed: GitHub's own, and ours."""

from __future__ import annotations

import re

# https://docs.github.com/actions/how-tos/manage-workflow-runs/skip-workflow-runs
MARKS = (
    "[skip deploy]",
    "[deploy skip]",
    "[skip ci]",
    "[ci skip]",
    "[no ci]",
    "[skip actions]",
    "[actions skip]",
)
TRAILER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*[ \t]*:.*|[ \t]+\S.*")
SKIP_CHECKS = re.compile(r"skip-checks[ \t]*:[ \t]*true[ \t]*", re.IGNORECASE)


def skip_mark(message: str) -> str | None:
    """The mark in the subject, or the trailer `skip-checks: true`; None when the commit is to be deployed.

    A mark in the body is somebody else's: a squash puts there what each of its commits said.
    """
    lines = message.replace("\r\n", "\n").strip().split("\n")
    subject = lines[0].lower()
    if mark := next((mark for mark in MARKS if mark in subject), None):
        return mark
    return "skip-checks: true" if any(SKIP_CHECKS.fullmatch(line) for line in _trailers(lines[1:])) else None


def _trailers(body: list[str]) -> list[str]:
    """The last paragraph of the body, when all of it is `Key: value`."""
    last: list[str] = []
    for line in reversed(body):
        if not line.strip():
            break
        last.append(line)
    return last if len(last) < len(body) and all(TRAILER.fullmatch(line) for line in last) else []
