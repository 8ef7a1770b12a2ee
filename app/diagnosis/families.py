"""A Family: many messages of one tool, each with its meaning and what solves it, as the data of a single Rule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.rule import Find, Hit, Words
from app.diagnosis.transcript import Kind
from app.model import Place

BELOW = 8  # lines under the message in which `and_says` is looked for

BUILT = frozenset({Kind.STEP, Kind.INSTRUCTION})
STARTED = frozenset({Kind.CONTAINER})


@dataclass(frozen=True)
class Known:
    """One message. `said` is its pattern, in the words that RE2 and Python share; `title` and `fix` may use its groups,
    {line} for the whole line and {ran} for what the failing instruction runs; a brace of their own is written twice.

    `only`: the kinds of evidence it is true of; empty means all. `and_says`: what must stand in its line or below it.
    `fix` has at most 300 letters: it is shown whole.
    """

    said: str
    title: str
    fix: str
    place: Find = failing_instruction
    only: frozenset[Kind] = field(default=frozenset())
    and_says: str = ""

    @cached_property
    def _said(self) -> re.Pattern[str]:
        return re.compile(self.said)

    def words(self, hit: Hit, said: str) -> Mapping[str, str] | None:
        """Its groups, title and fix; None where what the hit said is not this message."""
        found = self._said.search(said)
        if found is None or (self.only and hit.section.kind not in self.only):
            return None
        if self.and_says and not re.search(self.and_says, "\n".join((hit.line, *hit.after(BELOW)))):
            return None
        groups = {name: word or "" for name, word in found.groupdict().items()}
        line = " ".join(said.split())
        words = Words({"line": line, **groups, "ran": hit.section.instruction.removeprefix("RUN ")})
        return {
            **groups,
            "title": self.title.format_map(words),
            "advice": self.fix.format_map(words),
            "told": line.rstrip("."),
        }


@dataclass(frozen=True)
class Family:
    """The messages that one Rule knows: it takes `pattern`, `read` and, where each has its own, `place` from here."""

    known: tuple[Known, ...]

    @property
    def pattern(self) -> str:
        """All of them in one expression, their groups without names: two may have the same."""
        return "|".join(re.sub(r"\(\?P<\w+>", "(?:", each.said) for each in self.known)

    def read(self, hit: Hit, said: str = "") -> Mapping[str, str] | None:
        """The words of the first that the line is, or `said` where only a part of the line counts."""
        for number, each in enumerate(self.known):
            if (words := each.words(hit, said or hit.line)) is not None:
                return {**words, "which": str(number)}
        return None

    def place(self, hit: Hit) -> Place | None:
        """Where that one is to be changed."""
        return self.known[int(hit["which"])].place(hit)
