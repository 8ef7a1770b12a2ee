"""Text within GitHub's limits, and times as people say them."""

from __future__ import annotations

from datetime import UTC, datetime

from app.text.escaping import one_line
from app.text.legible import legible

# GitHub enforces its documented "65535 characters" in bytes: github/docs#35252.
MAX_TEXT_BYTES = 65_535


def within(words: str, limit: int = MAX_TEXT_BYTES) -> str:
    """`words` in at most `limit` UTF-8 bytes, cut between characters, an open code fence closed."""
    words = legible(words)
    if len(words.encode()) <= limit:
        return words
    ending = "\n\n… cut here: GitHub shows no more.\n"
    longest_fence = max((len(run) for run in _runs_of_backticks(words)), default=0) + 1
    kept = words.encode()[: max(0, limit - len(ending.encode()) - longest_fence)].decode(errors="ignore")
    fence = _open_fence(kept)
    return kept + ("\n" + fence if fence else "") + ending


def _open_fence(words: str) -> str:
    """The fence of the code block that is still open at the end of `words`; empty when none is."""
    fence = ""
    for line in words.split("\n"):
        ticks = line[: len(line) - len(line.lstrip("`"))]
        if len(ticks) < 3:
            continue
        if not fence:
            fence = ticks
        elif line == ticks and len(ticks) >= len(fence):
            fence = ""
    return fence


def duration(seconds: float) -> str:
    """As a person says it: 0.4 s, 12 s, 3 min 05 s."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def moment(seconds: float) -> str:
    """A time of day as everybody reads it: 24 November 2026, 14:05 UTC; also where no calendar goes so far."""
    try:
        then = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return "a day beyond the year 9999" if seconds > 0 else "an unknown day"
    return f"{then.day} {then:%B %Y, %H:%M} UTC"


def cut(words: str, limit: int) -> str:
    words = one_line(words)
    return words if len(words) <= limit else words[: limit - 1] + "…"


def _runs_of_backticks(words: str) -> list[str]:
    return [run for run in "".join(c if c == "`" else " " for c in words).split(" ") if run]
