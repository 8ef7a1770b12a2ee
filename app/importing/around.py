"""Around a file that is imported: the repository's name, as far as the file itself does not say it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Around:
    """What a reader of a foreign file knows besides it."""

    name: str
