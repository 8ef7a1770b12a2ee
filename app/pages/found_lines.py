"""Which lines of a log have some words, and where the log of something else begins in it."""

from __future__ import annotations

from dataclasses import dataclass

from app.pages.log_lines import lines
from app.pages.printed_line import Printed
from app.store.history import History

MOST_FOUND = 20
LONGEST_WORDS = 200


@dataclass(frozen=True)
class Found:
    """The first lines that have the words; `more` when others may have them too."""

    words: str = ""
    lines: tuple[Printed, ...] = ()
    more: bool = False


def found(history: History, deployment_id: str, words: str) -> Found:
    """Of the lines as they are shown: what is hidden in one cannot be found out by asking for it."""
    words = words.strip()[:LONGEST_WORDS]
    if not words:
        return Found()
    numbers = history.lines_with(deployment_id, words, MOST_FOUND + 1)
    shown = [line for n in numbers[:MOST_FOUND] for line in lines(history, deployment_id, n, 1)]
    fitting = tuple(line for line in shown if words.lower() in line.text.lower())
    return Found(words, fitting, len(numbers) > MOST_FOUND)


def parts(history: History, deployment_id: str) -> tuple[tuple[int, str], ...]:
    """The first line of each log in it, with whose log that is; none where all of it is the build's.

    app/open_report.py writes the headings.
    """
    numbers = history.lines_with(deployment_id, "— ", MOST_FOUND)
    shown = [line for n in numbers for line in lines(history, deployment_id, n, 1)]
    begun = tuple(
        (line.number, line.text[2:-2])
        for line in shown
        if line.text.startswith("— ") and line.text.endswith(" —")
    )
    return ((1, "Build log"), *begun) if begun and begun[0][0] > 1 else begun
