"""Schedules as Cloud Scheduler takes them: five fields of unix-cron, each held against its range; pure.

https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules
"""

from __future__ import annotations

from dataclasses import dataclass

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@dataclass(frozen=True)
class Field:
    """One of the five: its name to people, its range, and the words that stand for its first values."""

    name: str
    least: int
    most: int
    words: tuple[str, ...] = ()

    def holds(self, text: str) -> bool:
        """Whether a list of values, ranges and steps stays within the range."""
        return all(self._holds_one(each) for each in text.split(","))

    def _holds_one(self, text: str) -> bool:
        values, slash, step = text.partition("/")
        if slash and not (step.isascii() and step.isdecimal() and int(step)):
            return False
        first, dash, last = values.partition("-")
        return values == "*" or (self._is_value(first) and (not dash or self._is_value(last)))

    def _is_value(self, text: str) -> bool:
        if text in self.words:
            return True
        return text.isascii() and text.isdecimal() and self.least <= int(text) <= self.most


FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of the month", 1, 31),
    Field("month", 1, 12, MONTHS),
    Field("day of the week", 0, 7, DAYS),
)


def cron(text: str) -> str:
    """The schedule with single spaces and capitals, empty for none; ValueError names the field that is wrong."""
    fields = text.upper().split()
    if not fields:
        return ""
    if len(fields) != len(FIELDS):
        raise ValueError("has to be five fields, minute hour day month weekday, such as '0 3 * * *'")
    for field, written in zip(FIELDS, fields, strict=True):
        if not field.holds(written):
            raise ValueError(f"has no {field.name} {written}; it goes from {field.least} to {field.most}")
    return " ".join(fields)
