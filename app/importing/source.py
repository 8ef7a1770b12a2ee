"""A file of YAML, JSON or TOML with every value as the text that is written, and the line of each key; bounded."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from app.config.draft import Keys

LONGEST = 100_000  # letters: a person writes a page, and what they mean is found in the time that this takes
MOST_VALUES = 8_000  # with what aliases stand for, so that none of them doubles with each line
DEEPEST = 50
MOST_DOTS = 500  # of one line of TOML: a key of so many parts takes its parser the square of them
NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
MERGE = "<<"
TABLE = re.compile(r"\s*(\[\[?)\s*([^\[\]#]+?)\s*\]\]?\s*(?:#.*)?")
ASSIGNED = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")


class NotRead(Exception):  # noqa: N818 - what the file is
    """A file that is no YAML, JSON or TOML, or more than anybody writes; says which line."""


@dataclass(frozen=True)
class Source:
    """The values (dict, list, str, None) and the line of each."""

    value: Any
    lines: dict[Keys, int]

    def line(self, at: Keys) -> int:
        """The line of a key, or of its nearest parent."""
        while at and at not in self.lines:
            at = at[:-1]
        return self.lines.get(at, 1)


def parsed(text: str) -> Source:
    """Whatever of the three it is; NotRead where it is none."""
    text = text.removeprefix("\ufeff")
    if len(text) > LONGEST:
        raise NotRead(f"has more than {LONGEST} letters")
    if (found := _toml(text)) is not None:
        return Source(found, _with_parents(_toml_lines(text)))
    try:
        _insist_on_bounds(text)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise NotRead(f"line {line}: {error.problem}") from error
    except yaml.YAMLError as error:
        raise NotRead("is not text that a parser reads") from error
    reading = _Reading()
    return Source(reading.value(node, ()), reading.lines) if node else Source({}, {})


def _insist_on_bounds(text: str) -> None:
    """NotRead where it nests deeper, or holds more, than anybody writes.

    By its events, which come one by one: libyaml composes by recursion, and a deep document ends the process there.
    """
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=yaml.CSafeLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST or number > 2 * MOST_VALUES:
            raise _more_than_anybody_writes(event.start_mark)


def _more_than_anybody_writes(mark: Any) -> NotRead:
    return NotRead(f"line {mark.line + 1}: holds more than anybody writes")


class _Reading:
    """One walk along the nodes of a document, aliases and merges included."""

    def __init__(self) -> None:
        self.lines: dict[Keys, int] = {}
        self._values = self._merges = 0

    def value(self, node: yaml.Node, at: Keys) -> Any:
        self._count(node, len(at))
        self.lines.setdefault(at, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, at)
        if isinstance(node, yaml.SequenceNode):
            return [self._entry(each, at, number) for number, each in enumerate(node.value)]
        plain = getattr(node, "style", None) in (None, "")
        return None if plain and node.value in NOTHING else str(node.value)

    def _count(self, node: yaml.Node, depth: int) -> None:
        """What aliases and merges stand for counts as often as they do, so that none of them doubles with each line."""
        self._values += 1
        if self._values > MOST_VALUES or depth > DEEPEST:
            raise _more_than_anybody_writes(node.start_mark)

    def _entry(self, node: yaml.Node, at: Keys, number: int) -> Any:
        """One of a list; of NAME=VALUE the line is known by its name too."""
        found = self.value(node, (*at, str(number)))
        if isinstance(found, str):
            self.lines.setdefault((*at, found.partition("=")[0]), node.start_mark.line + 1)
        return found

    def _mapping(self, node: yaml.MappingNode, at: Keys) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value)
            if name == MERGE:
                merged = {**self._merged(value, at), **merged}
                continue
            self.lines[(*at, name)] = key.start_mark.line + 1
            found[name] = self.value(value, (*at, name))
        return {**merged, **found}

    def _merged(self, node: yaml.Node, at: Keys) -> dict[str, Any]:
        """`<<`: one mapping, or a list of them, of which the first counts most."""
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        found: dict[str, Any] = {}
        self._merges += 1
        for part in reversed(parts):
            self._count(part, len(at) + self._merges)
            if isinstance(part, yaml.MappingNode):
                found |= self._mapping(part, at)
        self._merges -= 1
        return found


# TOML, which its own parser gives without lines


def _toml(text: str) -> dict[str, Any] | None:
    """None where it is no TOML, or more than anybody writes: an integer may have too many digits to be read at all."""
    if any(line.count(".") > MOST_DOTS for line in text.split("\n")):
        return None
    try:
        found: dict[str, Any] = _as_text(tomllib.loads(text))
    except (ValueError, RecursionError):
        return None
    return found


def _as_text(value: Any) -> Any:
    match value:
        case dict():
            return {str(key): _as_text(each) for key, each in value.items()}
        case list():
            return [_as_text(each) for each in value]
        case bool():
            return "true" if value else "false"
    return str(value)


def _toml_lines(text: str) -> Iterator[tuple[Keys, int]]:
    """The lines of tables and keys; the entries of a list of tables are counted."""
    table: Keys = ()
    counted: dict[Keys, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if found := TABLE.fullmatch(line):
            table = _numbered(_dotted(found[2]), counted, is_entry=found[1] == "[[")
            yield table, number
        elif found := ASSIGNED.match(line):
            yield (*table, *_dotted(found[1])), number


def _with_parents(found: Iterator[tuple[Keys, int]]) -> dict[Keys, int]:
    """What has no line of its own stands where its first part does."""
    lines: dict[Keys, int] = {}
    for keys, number in found:
        for length in range(1, len(keys) + 1):
            lines.setdefault(keys[:length], number)
    return lines


def _numbered(name: Keys, counted: dict[Keys, int], *, is_entry: bool) -> Keys:
    """A table's way, with the number of the entry wherever it stands in a list of them."""
    if is_entry:
        counted[name] = counted.get(name, -1) + 1
    way: list[str] = []
    for length, part in enumerate(name, 1):
        way.append(part)
        if name[:length] in counted:
            way.append(str(counted[name[:length]]))
    return tuple(way)


def _dotted(name: str) -> Keys:
    return tuple(part.strip().strip("\"'") for part in name.split("."))
