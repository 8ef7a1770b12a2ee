"""What a tool or a server says, and what solves it: one pattern, one title and one advice for each, as data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.diagnosis.rule import Hit, Read

LONGEST_SAID = 300  # letters of the line that become the message


@dataclass(frozen=True)
class Saying:
    """`said` is looked for in a line; `title` and `fix` may use its groups; {line} is the line itself."""

    said: re.Pattern[str]
    title: str
    fix: str


def saying(pattern: str, title: str, fix: str) -> Saying:
    return Saying(re.compile(pattern), title, fix)


def pattern_of(sayings: Sequence[Saying]) -> str:
    """All of them as one pattern of a Rule; groups lose their names, which a pattern may have once only."""
    return "|".join(re.sub(r"\(\?P<\w+>", "(?:", each.said.pattern) for each in sayings)


def heard(sayings: Sequence[Saying], line: str) -> Mapping[str, str] | None:
    """The words `title`, `advice` and `said` of the first that is in the line; None where none is."""
    for each in sayings:
        if found := each.said.search(line):
            words = {name: value or "" for name, value in found.groupdict().items()}
            said = line.strip()[:LONGEST_SAID]
            return {
                "said": said,
                "title": _filled(each.title, words | {"line": said}),
                "advice": _filled(each.fix, words),
            }
    return None


def hearing(sayings: Sequence[Saying]) -> Read:
    """A Rule's `read`: the words of what its line says."""
    return lambda hit: heard(sayings, hit.line)


def below(hit: Hit, lines: int) -> str:
    """The line of a hit and the next ones as one, for what goes on below its first line."""
    return " ".join((hit.line.strip(), *(line.strip() for line in hit.after(lines))))


def _filled(template: str, words: Mapping[str, str]) -> str:
    for name, value in words.items():
        template = template.replace(f"{{{name}}}", value)
    return template
