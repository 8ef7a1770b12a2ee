"""What no person and no line may see: the values we hold, and what looks like somebody's secret.

Everything runs on RE2, so that no text takes longer than its length, and no pattern is tried on a text that
the one pass before has found innocent.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.redaction.assigned import without_assigned
from app.redaction.pem import KeyLines, without_keys
from app.redaction.tokens import without_tokens
from app.redaction.values import HIDDEN, Values
from app.text.legible import legible, without_escapes

__all__ = ("HIDDEN", "Stream", "hide", "hide_too", "redact", "redact_lines")

_held: frozenset[str] = frozenset()
_values = Values(())


def hide(secrets: Iterable[str]) -> None:
    """The values that no line may show from now on, in whatever encoding, and none of those before."""
    global _held, _values
    _held = frozenset(secrets)
    _values = Values(_held)


def hide_too(secret: str) -> None:
    """One more, beside those that are hidden already; by one thread at a time."""
    global _held, _values
    if secret not in _held:
        _held |= {secret}
        _values = Values(_held)


def redact(text: str) -> str:
    """`text` without the secrets we hold and without what looks like somebody's."""
    return _by_pattern(without_keys(_values.hidden(_as_seen(text))))


def redact_lines(lines: Iterable[str]) -> tuple[str, ...]:
    """As many lines, with what a terminal has wrapped from one to the next hidden as well."""
    stream = Stream()
    seen = [_as_seen(line.replace("\n", " ")) for line in lines]
    joined = _values.hidden("\n".join(seen))
    return tuple(stream.line(line) for line in joined.split("\n")) if seen else ()


class Stream:
    """The lines of one log as they come: a key that is printed line by line is hidden to its end."""

    def __init__(self) -> None:
        self._keys = KeyLines()

    def line(self, line: str) -> str:
        """The next line as it may be shown."""
        return _by_pattern(self._keys.hidden(_values.hidden(_as_seen(line))))


def _as_seen(text: str) -> str:
    """A colour in the middle of a secret, or between its name and it, hides it from a pattern and from nobody else."""
    return without_escapes(legible(text))


def _by_pattern(text: str) -> str:
    return without_assigned(without_tokens(text))
