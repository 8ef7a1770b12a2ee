"""JSON, TOML and YAML as repositories hold them: what a file says, or the line that no parser reads; pure and bounded.

What would cost more than its length is not read at all: what was not read is not judged.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from app.source_text import LONGEST_PARSED

MOST_BRACKETS, MOST_DOTS = 5_000, 20  # keys of many parts cost their square
MOST_ALIASES, MOST_KEYS = 100, 1_000  # merges of merges (`<<`) double with each line
LONGEST_PLAIN = 10_000  # letters; a number to base 60 costs their square
DEEPEST = 100  # the loader in C goes down without looking at the stack, and a thousand levels end the process
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
            return _yaml(text)
        return tomllib.loads(text) if _is_plain_toml(text) else None
    except (ValueError, RecursionError, yaml.YAMLError):
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
    """Syntax alone: several documents, tags and anchors are no business of ours."""
    if not _is_plain(text):
        return None
    try:
        for _ in _shallow(text):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return Fault(mark.line + 1 if mark else 1, error.problem or "it cannot be read", "YAML")
    except (yaml.YAMLError, RecursionError):
        return None
    return None


def _yaml(text: str) -> Any:
    """Raises ValueError or YAMLError; aliases are counted before any of them is followed."""
    aliases = 0
    for event in _shallow(text):
        aliases += isinstance(event, yaml.AliasEvent)
        if aliases > MOST_ALIASES:
            raise ValueError("more aliases than are read")
        if isinstance(event, yaml.ScalarEvent) and event.implicit[0] and len(event.value) > LONGEST_PLAIN:
            raise ValueError("a word that is longer than any number")
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - made of a safe one


def _shallow(text: str) -> Iterator[yaml.Event]:
    """The parser's events; YAMLError where they go deeper than anybody writes."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise yaml.YAMLError("deeper than is read")
        yield event


class _Loader(yaml.CSafeLoader):
    """Gives up where merging makes more keys than anybody writes."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        super().flatten_mapping(node)
        if len(node.value) > MOST_KEYS:
            raise yaml.YAMLError("more keys than are read")


def _is_plain(text: str) -> bool:
    return len(text) <= LONGEST_PARSED and text.count("[") + text.count("{") <= MOST_BRACKETS


def _is_plain_toml(text: str) -> bool:
    return all(line.count(".") <= MOST_DOTS for line in _QUOTED.sub("", text).split("\n"))
