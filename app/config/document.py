"""servergem.yml as values, each scalar as its owner wrote it, and the line of every key; bounded, whatever it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from app.config.bare import unquoted
from app.config.faults import duplicate_key, fault, not_read, not_yaml
from app.model import Finding, Stop
from app.source.text import is_utf16
from app.text.titles import fitting

# A person writes a page; what is larger than these is an attack or a mistake.
MAX_CHARACTERS = 256_000
MAX_NODES = 20_000
MAX_DEPTH = 20
MAX_FAULTS = 30

# What a YAML stream may hold: https://yaml.org/spec/1.2.2/#51-character-set
NOT_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# https://yaml.org/spec/1.2.2/#103-core-schema: `yes`, `0o17` as `017`, dates and 12:30 are no more than text there.
NULL = frozenset({"", "~", "null", "Null", "NULL"})
BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
# What ends a line for libyaml: https://yaml.org/spec/1.1/#b-line-feed
LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
AS_UTF8 = "Save the file as UTF-8."
OWN_TAG = "tag:yaml.org,2002:"
AS_TEXT = f"{OWN_TAG}str"


class Scalar(str):
    """Text as it is written in the file. `value` is what YAML's core schema makes of it, for what wants no text."""

    value: object

    @classmethod
    def of(cls, text: str, *, plain: bool) -> Scalar:
        scalar = cls(text)
        scalar.value = _core(text) if plain else text
        return scalar


def _core(text: str) -> object:
    if text in BOOLEAN:
        return BOOLEAN[text]
    if INTEGER.fullmatch(text):
        return int(text)
    return float(text) if len(text) < 40 and FLOAT.fullmatch(text) else text


@dataclass(frozen=True)
class Document:
    """The file's values (dict, list, Scalar, None) and the line of each dotted key."""

    value: dict[str, Any]
    lines: dict[str, int]
    path: str

    @classmethod
    def parse(cls, text: str, path: str) -> Document:
        """Stop with every fault that YAML itself has, on its line."""
        if is_utf16(text) or "\0" in text[:2]:
            raise Stop((_utf16(path),))
        text = text.removeprefix("\ufeff")
        if len(text) > MAX_CHARACTERS:
            raise Stop((fault(path, 1, f"{path} has more than {MAX_CHARACTERS} characters", "Shorten it."),))
        if strange := NOT_TEXT.search(text):
            raise Stop((_not_text(path, text.count("\n", 0, strange.start()) + 1, strange[0]),))
        reading = _Reading(text, path)
        try:
            value = reading.whole()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, problem = (mark.line + 1) if mark else 1, error.problem or "cannot be read"
            raise Stop((_as_finding(line, problem, text, path),)) from error
        except _Unreadable as error:
            finding = _as_finding(error.line, error.problem, text, path)
            if error.fix:
                finding = not_read(path, error.line, error.problem, error.fix)
            raise Stop((finding,)) from error
        if reading.faults:
            raise Stop(tuple(reading.faults))
        if not isinstance(value, dict):
            raise Stop((not_yaml(path, 1, "the top of the file is not a list of `key: value`"),))
        return cls(value, reading.lines, path)

    def line(self, key: str) -> int:
        """The line of a dotted key, or of its nearest parent."""
        parts = key.split(".")
        while parts:
            if (line := self.lines.get(".".join(parts))) is not None:
                return line
            parts.pop()
        return 1


class _Reading:
    """One walk along the events of a document. Events, because they come as they are read: nothing is built first."""

    def __init__(self, text: str, path: str) -> None:
        self.path = path
        self.lines: dict[str, int] = {}
        self.faults: list[Finding] = []
        self._anchors: dict[str, int] = {}
        self._nodes = 0
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.CSafeLoader)

    def whole(self) -> Any:
        value: Any = {}
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _wrong("there is a second document; one file is one configuration", event)
                value = self._value(next(self._events), "", 0)
        return {} if value is None else value

    def _value(self, event: yaml.Event, key: str, depth: int) -> Any:
        self._nodes += 1
        if depth > MAX_DEPTH:
            raise _wrong("it is nested too deeply", event)
        if self._nodes > MAX_NODES:
            raise _wrong(f"it has more than {MAX_NODES} values", event)
        if isinstance(event, yaml.AliasEvent):
            raise self._alias(event)
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            self._anchors[event.anchor] = _line(event)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(key, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(key, depth)
        assert isinstance(event, yaml.ScalarEvent), event
        return self._scalar(event)

    def _mapping(self, key: str, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _wrong("a key is not a word", event)
            name, line = str(self._scalar(event) or event.value), _line(event)
            dotted = f"{key}.{name}".lstrip(".")
            if name in found and len(self.faults) < MAX_FAULTS:
                self.faults.append(duplicate_key(self.path, line, dotted, name))
            self.lines[dotted] = line
            found[name] = self._value(next(self._events), dotted, depth + 1)
        return found

    def _sequence(self, key: str, depth: int) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            dotted = f"{key}.{len(found)}"
            self.lines[dotted] = _line(event)
            found.append(self._value(event, dotted, depth + 1))
        return found

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar | None:
        if event.tag not in (None, "!", AS_TEXT):
            raise _tagged(event)
        if "\0" in event.value:
            raise _wrong("a value holds a NUL character", event)
        if (
            "\ufffd" in event.value
        ):  # what a byte that is no UTF-8 has become: the value would not be what was meant
            raise _wrong(f"a letter of {fitting(event.value)} is not UTF-8", event, AS_UTF8)
        plain = event.style in (None, "") and event.tag is None
        return None if plain and event.value in NULL else Scalar.of(event.value, plain=plain)

    def _alias(self, event: yaml.AliasEvent) -> _Unreadable:
        """A word that begins with `*` and no anchor has is a pattern without its quotes."""
        begun = self._anchors.get(str(event.anchor))
        fix = f"Write what stands at &{event.anchor} (line {begun}) again instead of *{event.anchor}."
        return _wrong("aliases are not read here", event, fix if begun else "")


class _Unreadable(Exception):  # noqa: N818 - what the document is
    """YAML, but not as it is read here."""

    def __init__(self, line: int, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.line, self.problem, self.fix = line, problem, fix


def _wrong(problem: str, event: yaml.Event, fix: str = "") -> _Unreadable:
    return _Unreadable(_line(event), problem, fix)


def _tagged(event: yaml.ScalarEvent) -> _Unreadable:
    """`!docs` is a pattern without its quotes; `!!int` is YAML's own, and text is what each value is read from."""
    tag = str(event.tag)
    if tag.startswith(OWN_TAG):
        tag = tag.replace(OWN_TAG, "!!", 1)
        return _wrong(f"the tag {tag} is not read here", event, f"Remove {tag} from line {_line(event)}.")
    written = f"{tag} {event.value}".strip()
    fix = f"Write '{written}' in quotes on line {_line(event)}."
    return _wrong(
        f"{written} has to be in quotes, since ! begins a tag", event, "" if "'" in written else fix
    )


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _as_finding(line: int, problem: str, text: str, path: str) -> Finding:
    """The parser's fault on its line; what people forget most gets the words to type."""
    lines = LINE_BREAK.split(text, line)
    written = (
        lines[line - 1] if line <= len(lines) else ""
    )  # the parser counts the line after the last one too
    if re.match(r" *\t", written):
        return not_yaml(path, line, "a tab indents it", f"Indent line {line} with spaces.")
    if bare := unquoted(written):
        return not_yaml(path, line, problem, f"Write '{bare}' in quotes on line {line}.")
    return not_yaml(path, line, problem)


def _utf16(path: str) -> Finding:
    return not_yaml(
        path,
        1,
        "it is saved as UTF-16",
        f"Save {path} as UTF-8: `iconv -f UTF-16 -t UTF-8 {path} -o {path}.utf8`, then rename it.",
    )


def _not_text(path: str, line: int, letter: str) -> Finding:
    return not_yaml(
        path,
        line,
        f"U+{ord(letter):04X} is not a letter that a file may hold",
        f"Remove it from line {line}.",
    )
