"""JSON and TOML as repositories hold them: what a file says, or the line that no parser reads; pure and bounded.

What would cost more than its length is not read at all: what was not read is not judged.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from typing import Any

from app.source.text import LONGEST_PARSED

MOST_BRACKETS, MOST_DOTS = 5_000, 20  # keys of many parts cost their square
_QUOTED = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")


@dataclass(frozen=True)
class Fault:
    """What a parser says of its first fault, the line from 1, and the language."""

    line: int
    said: str
    language: str


def value_of(path: str, text: str) -> Any:
    """What a file of JSON, TOML or YAML says, by its ending; None where it does not parse or is not read."""
    text = text.removeprefix("\ufeff")
    try:
        if path.endswith(".json"):
            return json.loads(text)
        if not _is_plain(text):
            return None
        if path.endswith((".yml", ".yaml")):
            from app.source.yaml_text import yaml_value  # a parser that most never need

            return yaml_value(text)
        return tomllib.loads(text) if _is_plain_toml(text) else None
    except (ValueError, RecursionError):
        return None


def json_fault(text: str) -> Fault | None:
    """A number or a depth that Python does not read, another language may: that is no fault."""
    try:
        json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        return Fault(error.lineno, error.msg, "JSON")
    except (ValueError, RecursionError):
        return None
    return None


def toml_fault(text: str) -> Fault | None:
    if not _is_plain(text) or not _is_plain_toml(text):
        return None
    try:
        tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        said = re.search(r"\(at line (\d+)", str(error))
        line = int(said[1]) if said else max(1, text.count("\n"))
        return Fault(line, str(error).partition(" (at")[0], "TOML")
    except (ValueError, RecursionError):
        return None
    return None


def yaml_fault(text: str) -> Fault | None:
    """The first fault that its parser finds."""
    if not _is_plain(text):
        return None
    from app.source.yaml_text import first_fault

    found = first_fault(text)
    return Fault(*found, "YAML") if found else None


def _is_plain(text: str) -> bool:
    return len(text) <= LONGEST_PARSED and text.count("[") + text.count("{") <= MOST_BRACKETS


def _is_plain_toml(text: str) -> bool:
    return all(line.count(".") <= MOST_DOTS for line in _QUOTED.sub("", text).split("\n"))
