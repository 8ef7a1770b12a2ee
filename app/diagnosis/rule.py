"""A Rule recognises a Finding in a line of evidence; a Hit is one line that it recognised, with all around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import wraps
from typing import TypeVar

from app.diagnosis.files import Files
from app.diagnosis.transcript import Kind, Section, Transcript
from app.model import Blame, Place


class Rank(IntEnum):
    """How near to the root a Rule's line stands; the highest one found is what a person is shown."""

    SYMPTOM = 1  # says only that something went wrong: shown when nothing better is there
    CAUSE = 2
    ROOT = 3  # says exactly what to change, even where other errors follow from it


@dataclass(frozen=True)
class Hit:
    """A line that a Rule matched: its named groups as `words`, and where it stands."""

    section: Section
    index: int
    words: Mapping[str, str]
    files: Files
    transcript: Transcript

    def __getitem__(self, name: str) -> str:
        return self.words.get(name) or ""

    @property
    def line(self) -> str:
        return self.section.lines[self.index]

    def after(self, count: int = 40) -> tuple[str, ...]:
        """The next lines of the same section."""
        return self.section.lines[self.index + 1 : self.index + 1 + count]

    def before(self, count: int = 40) -> tuple[str, ...]:
        """The lines before it in the same section, the nearest first."""
        return self.section.lines[max(0, self.index - count) : self.index][::-1]

    def find_after(self, pattern: str, count: int = 40) -> re.Match[str] | None:
        """The first match among the next lines."""
        return _first(pattern, self.after(count))

    def find_before(self, pattern: str, count: int = 40) -> re.Match[str] | None:
        """The nearest match among the lines before."""
        return _first(pattern, self.before(count))

    def find(self, pattern: str) -> re.Match[str] | None:
        """The first match anywhere in its section."""
        return _first(pattern, self.section.lines)

    def elsewhere(self) -> Iterator[str]:
        """Every line of the log, whoever printed it."""
        for section in self.transcript.sections:
            yield from section.lines


T = TypeVar("T")


def once_per_log(question: Callable[[Hit], T]) -> Callable[[Hit], T]:
    """For a question about the whole log and its repository: it is answered for the first line that asks."""

    @wraps(question)
    def ask(hit: Hit) -> T:
        answers = hit.transcript.answers
        if question not in answers:
            answers[question] = question(hit)
        answer: T = answers[question]
        return answer

    return ask


Read = Callable[[Hit], "Mapping[str, str] | None"]
Find = Callable[[Hit], "Place | None"]


def unless(read: Read, other: Read, said: str) -> Read:
    """`read`, but silent on lines with `said` where `other`, the reading of a narrower Rule, finds its case.

    The wider Rule's advice would be wrong there, whichever of the two stands first in the tables.
    """

    def ask(hit: Hit) -> Mapping[str, str] | None:
        if re.search(said, hit.line) and other(hit) is not None:
            return None
        return read(hit)

    return ask


@dataclass(frozen=True)
class Rule:
    """One diagnosis as data. `title`, `message` and `fix` are templates over the pattern's groups and what `read` adds.

    `pattern` is matched against one bare line, in RE2's syntax: no look-around, no back-reference, always linear.
    `read` adds words that stand in other lines, or says None: not this Rule's case after all.
    `place` finds the line to change; where it finds none, the failing Dockerfile instruction is annotated,
    unless `nowhere`: the fault is in no file (a network, a permission).
    `many`: each hit is an annotation of its own (a compiler's errors); otherwise the first one speaks.
    `last`: of several hits the last one is the one that counted.
    `only`: the kinds of evidence in which it may speak; empty means all.
    """

    code: str
    pattern: str
    title: str
    fix: str
    message: str = ""
    place: Find | None = None
    read: Read | None = None
    blame: Blame = Blame.YOU
    rank: Rank = Rank.CAUSE
    link: str = ""
    many: bool = False
    last: bool = False
    nowhere: bool = False
    only: frozenset[Kind] = field(default=frozenset())


class Words(dict[str, str]):
    """A template's words; one that is missing is left out rather than failing the report of a failure."""

    def __missing__(self, name: str) -> str:
        return ""


def _first(pattern: str, lines: tuple[str, ...]) -> re.Match[str] | None:
    compiled = re.compile(pattern)
    return next((match for line in lines if (match := compiled.search(line))), None)
