"""What the rows of actions.py look for in the repository: the workflow that signs in to Google."""

from __future__ import annotations

from app.diagnosis.rule import Hit
from app.model import Place

_STEP = r"google-github-actions/auth@"


def _workflow(hit: Hit) -> tuple[str, int]:
    """The first workflow with that step, and the step's line."""
    for path in sorted(hit.files.paths):
        if path.startswith(".github/workflows/") and (line := hit.files.search(path, _STEP)):
            return path, line
    return "", 0


def auth_place(hit: Hit) -> Place | None:
    path, line = _workflow(hit)
    lines = hit.files.lines(path)
    inside = range(line + 1, min(line + 8, len(lines)) + 1) if path else ()
    given = next(
        (n for n in inside if "credentials_json" in lines[n - 1] or "identity_provider" in lines[n - 1]), line
    )
    return hit.files.place(path, given) if path else None


def permissions_place(hit: Hit) -> Place | None:
    path, line = _workflow(hit)
    return hit.files.place(path, hit.files.search(path, r"^\s*permissions\s*:") or line) if path else None
