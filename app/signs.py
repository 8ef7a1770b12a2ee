"""Signs: what was looked at, whether it is well, and where it is not, what to type."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Sign:
    """One thing that was looked at. `wrong` is empty where it is well; `fix` and `link` are for where it is not."""

    title: str
    seen: str = ""
    wrong: str = ""
    fix: str = ""
    link: str = ""


def told(signs: Iterable[Sign]) -> str:
    """A line for each sign, and below what is wrong the way out of it."""
    return "\n".join(line for sign in signs for line in _lines(sign))


def _lines(sign: Sign) -> list[str]:
    mark, said = ("✗", sign.wrong) if sign.wrong else ("✓", sign.seen)
    more = (sign.fix, sign.link) if sign.wrong else ()
    return [f"{mark} {sign.title:<20} {said}".rstrip(), *(f"  {'':<20} {each}" for each in more if each)]
