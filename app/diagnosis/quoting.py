"""What of a log is shown to a person: redacted, and no line of it endless."""

from __future__ import annotations

from collections.abc import Iterable

from app.diagnosis.rule import Hit
from app.redaction import redact

EXCERPT_BEFORE, EXCERPT_AFTER = 4, 8
LONGEST_LINE, LONGEST_WORDS = 400, 300  # letters


def quoted(lines: Iterable[str]) -> str:
    """These lines as they are."""
    return redact("\n".join(line[:LONGEST_LINE] for line in lines))


def excerpt(hit: Hit) -> str:
    """The line of a Hit with what stands around it."""
    first = max(0, hit.index - EXCERPT_BEFORE)
    lines = (line[:LONGEST_LINE] for line in hit.section.lines[first : hit.index + EXCERPT_AFTER + 1])
    return redact("\n".join(lines).strip("\n"))


def short(word: str) -> str:
    """Words from a log on one line, not endless; a space before them stays."""
    word = (" " if word.startswith(" ") else "") + " ".join(word.split())
    return word if len(word) <= LONGEST_WORDS else word[: LONGEST_WORDS - 1] + "…"
