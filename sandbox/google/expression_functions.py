"""What a condition may ask about and with which functions, as far as the sandbox can say what they come to.

https://cloud.google.com/iam/docs/conditions-attribute-reference
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.google.errors import Code, Refusal

ATTRIBUTES = frozenset({"resource.name", "resource.service", "resource.type", "request.time"})
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}


class Malformed(Exception):  # noqa: N818 - what it is
    """No expression of CEL."""

    def refusal(self) -> Refusal:
        return Refusal(Code.INVALID_ARGUMENT, f"Condition expression failed to compile: {self}.")


class Beyond(Exception):  # noqa: N818 - what it is
    """CEL that Google may judge and the sandbox cannot."""

    def refusal(self) -> Refusal:
        known = ", ".join(sorted(ATTRIBUTES))
        said = f"SANDBOX: it cannot judge {self} in a condition, and Google might. It judges {known}."
        return Refusal(Code.UNIMPLEMENTED, said)


class Unjudged(Exception):  # noqa: N818 - what it is
    """An attribute that the resource does not provide, or values of kinds that do not go together."""


def _timestamp(text: str) -> datetime.datetime:
    found = datetime.datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a timestamp has a zone")
    return found


def _date(text: str) -> datetime.datetime:
    return datetime.datetime.combine(
        datetime.date.fromisoformat(text), datetime.time.min, tzinfo=datetime.UTC
    )


def _duration(text: str) -> datetime.timedelta:
    parts = re.findall(r"(\d+(?:\.\d+)?)([hms])", text)
    if not parts or "".join(f"{number}{unit}" for number, unit in parts) != text.lstrip("-"):
        raise ValueError(f"no duration: {text}")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    return datetime.timedelta(seconds=-seconds if text.startswith("-") else seconds)


def _extract(name: str, template: str) -> str:
    """What stands where the template has its `{variable}`; empty where the name is not so.

    https://cloud.google.com/iam/docs/conditions-attribute-reference#extract
    """
    before, after = re.split(r"\{\w+\}", template, maxsplit=1)
    _, found, rest = name.partition(before) if before else ("", "yes", name)
    if not found:
        return ""
    if not after:
        return rest
    value, found, _ = rest.partition(after)
    return value if found else ""


def _of_day(ask: Callable[[datetime.datetime], int]) -> Callable[..., int]:
    """A part of a moment, in UTC or in the zone that is named."""

    def asked(moment: datetime.datetime, zone: str = "UTC") -> int:
        return ask(moment.astimezone(ZoneInfo(zone)))

    return asked


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "timestamp": _timestamp,
    "date": _date,
    "duration": _duration,
}
METHODS: Mapping[str, Callable[..., Any]] = {
    "startsWith": lambda text, start: str.startswith(text, start),
    "endsWith": lambda text, end: str.endswith(text, end),
    "extract": _extract,
    "getFullYear": _of_day(lambda moment: moment.year),
    "getMonth": _of_day(lambda moment: moment.month - 1),
    "getDate": _of_day(lambda moment: moment.day),
    "getDayOfMonth": _of_day(lambda moment: moment.day - 1),
    "getDayOfWeek": _of_day(lambda moment: moment.isoweekday() % 7),
    "getDayOfYear": _of_day(lambda moment: moment.timetuple().tm_yday - 1),
    "getHours": _of_day(lambda moment: moment.hour),
    "getMinutes": _of_day(lambda moment: moment.minute),
    "getSeconds": _of_day(lambda moment: moment.second),
}
