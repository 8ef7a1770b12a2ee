"""What carried the words away, what they were about kept: raw log text becomes Sections of bare lines.

One place knows Cloud Build's prefixes, BuildKit's, the classic builder's and kaniko's layouts, the buildpacks' phases,
Cloud Logging's JSON, terminal colours and progress bars. Everything behind it sees only what a tool printed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

# A log is hostile input: what is beyond this is not looked at, the middle is given up first.
MOST_CHARACTERS = 24_000_000
FIRST_CHARACTERS = 4_000_000
LONGEST_LINE = 8_000


class Kind(StrEnum):
    """Who printed a Section."""

    STEP = "step"  # a build step's own output, or a plain log
    INSTRUCTION = "instruction"  # one Dockerfile instruction
    VERDICT = "verdict"  # what the builder itself says in the end
    CONTAINER = "container"  # a revision's own log


@dataclass(frozen=True)
class Section:
    """The bare lines of one thing that ran, in order. `instruction` is the Dockerfile's text as the builder has it."""

    kind: Kind
    lines: tuple[str, ...]
    step: str = ""
    instruction: str = ""
    stage: str = ""
    failed: bool = False


@dataclass(frozen=True)
class Transcript:
    """A whole log. `dockerfile_line` is where the builder itself pointed; 0 when it did not.

    `answers` keeps what was once found out about the whole of it, so that no rule reads it again for each line.
    """

    sections: tuple[Section, ...]
    dockerfile: str = ""
    dockerfile_line: int = 0
    dockerfile_end: int = 0
    failed_instruction: str = ""
    failed_stage: str = ""
    answers: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def started(self) -> bool:
        """Whether a container's own log is here: what was built, started."""
        return any(section.kind is Kind.CONTAINER for section in self.sections)


def open_envelope(text: str | bytes) -> Transcript:
    """Read a log of any of the known layouts; a plain one is one Section."""
    reader = _Reader()
    for line in _lines(text):
        reader.read(line)
    return reader.transcript()


_ESCAPES = re.compile(
    r"\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_()][0-9A-B]?"
)
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127, 0xFEFF])
_ESCAPED_COLOUR = re.compile(r"(?:\\u001b|\\x1b|\^\[|␛)\[[0-9;]*m")


def _lines(text: str | bytes) -> Iterator[str]:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    if len(words) > MOST_CHARACTERS:
        words = words[:FIRST_CHARACTERS] + "\n" + words[FIRST_CHARACTERS - MOST_CHARACTERS :]
    if "\x1b" in words:
        words = _ESCAPES.sub("", words)
    if "[" in words and ("\\u001b" in words or "\\x1b" in words or "^[[" in words):
        words = _ESCAPED_COLOUR.sub("", words)
    words = words.replace("\r\n", "\n")
    stripped = words.lstrip()
    if stripped.startswith("[") and (entries := _json_array(stripped)) is not None:
        yield from _entries(entries)
        return
    for line in words.split("\n"):
        if len(line) > LONGEST_LINE:
            line = line[:LONGEST_LINE]
        if "\r" in line:
            line = next((part for part in reversed(line.split("\r")) if part.strip()), "")
        if line.startswith("{") and (entry := _json_entry(line)) is not None:
            yield from _entries([entry])
            continue
        yield line.translate(_CONTROL) if not line.isprintable() else line


def _json_array(words: str) -> list[object] | None:
    try:
        found = json.loads(words)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) and all(isinstance(each, dict) for each in found) else None


def _json_entry(line: str) -> dict[str, object] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if (
        isinstance(found, dict)
        and {"textPayload", "jsonPayload", "protoPayload", "message", "msg"} & found.keys()
    ):
        return found
    return None


def _entries(entries: Iterable[object]) -> Iterator[str]:
    """Cloud Logging's entries, or a program's own JSON lines, as the lines that they carry."""
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        resource = entry.get("resource")
        kind = resource.get("type", "") if isinstance(resource, dict) else ""
        if kind == "cloud_run_revision":
            yield REVISION_LOG
        yield from _entry_text(entry).split("\n")


def _entry_text(entry: dict[str, object]) -> str:
    if isinstance(text := entry.get("textPayload"), str):
        return text
    payload = entry.get("jsonPayload")
    told = payload if isinstance(payload, dict) else entry
    if isinstance(proto := entry.get("protoPayload"), dict):
        status = proto.get("status")
        return str(status.get("message", "")) if isinstance(status, dict) else ""
    parts = [
        str(told[name])
        for name in ("message", "msg", "error", "err", "stack", "stack_trace", "exc_info")
        if told.get(name)
    ]
    return "\n".join(dict.fromkeys(parts))


REVISION_LOG = "--- logs of revision ---"
_REVISION = re.compile(
    r"-{2,}\s*(?:container )?logs? (?:of|for|from) (?:the )?(?:revision|container|service)\b", re.IGNORECASE
)
_STEP = re.compile(r"(?:(?:Starting|Finished) )?Step #(\d+)(?: - \"([^\"]*)\")?(?:: ?|$)")
_STAMP_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d) ")
_STAMP = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:[.,]\d+)?"
    r"(?: (?:UTC|GMT|BST|[CEW]ES?T|[IJK]ST|[ECMP][SD]T|A[CEW][SD]T)\b| ?[+-]\d{4})? ?(?=\S|\s|$)"
)
_COMPOSE = re.compile(r"[a-z][\w.-]{0,60}[-_]\d{1,3}\s{1,20}\| ")
_PHASE = re.compile(r"\[(?:builder|detector|analyzer|exporter|creator|restorer|build|lifecycle)\] ?")
_VERTEX = re.compile(r"#(\d+) (?:(\d+\.\d+|\d+m\d+s) ?)?(.*)$")
_VERTEX_NOISE = re.compile(
    r"sha256:|DONE |CACHED$|CANCELED$|resolve |transferring |\.\.\.$|\s+(?:digest|name|started|completed|duration): "
)
_CLASSIC = re.compile(r"Step (\d+)/(\d+) : (.*)$")
_CLASSIC_END = re.compile(r"The command '(.*)' returned a non-zero code: (\d+)")
_KANIKO = re.compile(r"(?:INFO|WARN|WARNING|ERRO|ERROR|FATA|DEBU)\[\d+\]\s?(.*)$")
_KANIKO_RUN = re.compile(r"(?:RUN|COPY|ADD|FROM|WORKDIR|ENV|CMD|USER) \S")
_PODMAN = re.compile(r"STEP (\d+)(?:/(\d+))?: (.*)$")
_REPLAY = re.compile(r" > (?:\[(?P<tag>[^\]]{1,200})\] )?(?P<words>.*?):?$")
_SNIPPET_HEAD = re.compile(r"([\w./-]*[Dd]ockerfile[\w./-]*|[\w./-]+\.dockerfile):(\d+)$")
_SNIPPET_LINE = re.compile(r"\s{0,8}(\d+)\s*\|(\s*>>>)?")
_SOLVE = re.compile(
    r"(?:ERROR: )?(?:failed to solve|failed to build|executor failed running|failed to compute cache key|process \"|"
    r"error building image|Error: buildah|error building at STEP)"
)


@dataclass
class _Open:
    """A Section while it is read."""

    kind: Kind
    step: str = ""
    instruction: str = ""
    stage: str = ""
    failed: bool = False
    lines: list[str] = field(default_factory=list)


class _Reader:
    """Reads line by line; each line belongs to the vertex, instruction or step that printed it."""

    def __init__(self) -> None:
        self._sections: dict[tuple[str, str], _Open] = {}
        self._step = ""
        self._now: dict[
            str, str
        ] = {}  # step -> the instruction under way, in layouts that have one at a time
        self._container = False
        self._replaying: dict[str, tuple[str, list[str]]] = {}
        self._snippet = False
        self._dockerfile, self._line, self._end = "", 0, 0
        self._failed_instruction, self._failed_stage = "", ""

    def read(self, line: str) -> None:
        if line.startswith("20") and (match := _STAMP_ISO.match(line)):
            line = line[match.end() :]
        if line.startswith("---") and (line == REVISION_LOG or _REVISION.match(line)):
            self._container = True
            return
        if self._container:
            self._read_container(line)
            return
        step = ""
        if "Step #" in line[:20] and (match := _STEP.match(line)):
            step = f"{match[1]} {match[2] or ''}".strip()
            if line.startswith(("Starting", "Finished")):
                return
            line = line[match.end() :]
        self._step = step
        self._read_bare(line)

    def _read_container(self, line: str) -> None:
        if line.startswith(("Starting Step #", "Finished Step #", "Step #")):
            self._container = False
            self.read(line)
            return
        if match := _STAMP.match(line):
            line = line[match.end() :]
        self._section(Kind.CONTAINER, "").lines.append(line)

    def _read_bare(self, line: str) -> None:
        first = line[:1]
        if first == "#" and (match := _VERTEX.match(line)):
            self._read_vertex(match[1], bool(match[2]), match[3])
            return
        if first == "S" and ((match := _CLASSIC.match(line)) or (match := _PODMAN.match(line))):
            self._begin(f"at {match[1]}", match[3], "")
            return
        if first in "IWEFD" and (match := _KANIKO.match(line)):
            words = match[1]
            if _KANIKO_RUN.match(words):
                self._begin(words, words, "")
                return
            line = words
        prefix = _PHASE if first == "[" else _COMPOSE
        if match := prefix.match(line):
            line = line[match.end() :]
        if self._read_replay(line) or self._read_snippet(line):
            return
        if first == "T" and (match := _CLASSIC_END.match(line)):
            self._fail_now()
        if _SOLVE.match(line):
            self._section(Kind.VERDICT, "verdict").lines.append(line)
            return
        if line.startswith("ERROR: build step "):
            self._section(Kind.VERDICT, "end").lines.append(line)
            return
        self._current().lines.append(line)

    # BuildKit

    def _read_vertex(self, number: str, timed: bool, words: str) -> None:
        key = f"#{number}"
        section = self._sections.get((self._step, key))
        if section is None:
            section = self._section(Kind.INSTRUCTION, key)
            if not timed and not words.startswith("ERROR"):
                section.instruction, section.stage = _named(words)
                return
        if timed:
            section.lines.append(words)
        elif words.startswith("ERROR"):
            section.failed = True
            self._failed_instruction, self._failed_stage = section.instruction, section.stage
            section.lines.append(words)
        elif words.startswith("[") and (name := _named(words))[0]:
            section.instruction, section.stage = name
        elif not _VERTEX_NOISE.match(words):
            section.lines.append(words)

    def _read_replay(self, line: str) -> bool:
        """The block that repeats a failed vertex's last lines: kept only where the vertex itself was not shown."""
        if line == "------" or line == "-----":
            if (held := self._replaying.pop(self._step, None)) and held[1]:
                self._keep_replay(*held)
            else:
                self._replaying[self._step] = ("", [])
            return True
        if self._step not in self._replaying:
            if line.startswith(" > ") and (match := _REPLAY.match(line)) and match["words"]:
                self._replaying[self._step] = (line, [])
                return True
            return False
        head, lines = self._replaying[self._step]
        if not head:
            if line.startswith(" > "):
                self._replaying[self._step] = (line, lines)
                return True
            del self._replaying[self._step]
            return False
        match = re.match(r"(?:#\d+ )?\d+\.\d+ ?", line)
        lines.append(line[match.end() :] if match else line)
        return True

    def _keep_replay(self, head: str, lines: list[str]) -> None:
        instruction, stage = _named(head.removeprefix(" > ").removesuffix(":"))
        self._failed_instruction, self._failed_stage = instruction, stage
        shown = next(
            (
                s
                for s in self._sections.values()
                if s.instruction == instruction and s.stage == stage and s.kind is Kind.INSTRUCTION
            ),
            None,
        )
        if shown is None or not any(line.strip() and not line.startswith("ERROR") for line in shown.lines):
            section = self._section(Kind.INSTRUCTION, f"replay {head}")
            section.instruction, section.stage, section.failed = instruction, stage, True
            section.lines.extend(lines)

    def _read_snippet(self, line: str) -> bool:
        if (match := _SNIPPET_HEAD.match(line)) is not None:
            self._dockerfile, self._line, self._end, self._snippet = match[1], int(match[2]), 0, True
            return True
        if not self._snippet:
            return False
        if re.match(r"-{5,}$", line.strip()):
            return True
        match = _SNIPPET_LINE.match(line)
        if match is None:
            self._snippet = False
            return False
        if match[2]:
            self._end = int(match[1])
        return True

    # Layouts with one instruction at a time

    def _begin(self, key: str, words: str, stage: str) -> None:
        key = f"{key} {len(self._sections)}"
        self._now[self._step] = key
        section = self._section(Kind.INSTRUCTION, key)
        section.instruction, section.stage = words.strip(), stage

    def _fail_now(self) -> None:
        section = self._current()
        section.failed = True
        self._failed_instruction = section.instruction

    def _current(self) -> _Open:
        if key := self._now.get(self._step):
            return self._sections[self._step, key]
        return self._section(Kind.STEP, "")

    def _section(self, kind: Kind, key: str) -> _Open:
        found = self._sections.get((self._step, f"{kind}{key}" if kind is not Kind.INSTRUCTION else key))
        if found is None:
            found = _Open(kind, self._step)
            self._sections[self._step, f"{kind}{key}" if kind is not Kind.INSTRUCTION else key] = found
        return found

    def transcript(self) -> Transcript:
        for step, held in list(self._replaying.items()):
            if held[0] and held[1]:
                self._step = step
                self._keep_replay(*held)
        ordered = list(self._sections.values())
        _blame_last_instruction(ordered)
        if not self._failed_instruction:
            failed = [each for each in ordered if each.failed and each.instruction]
            if failed:
                self._failed_instruction, self._failed_stage = failed[-1].instruction, failed[-1].stage
        return Transcript(
            tuple(Section(s.kind, tuple(s.lines), s.step, s.instruction, s.stage, s.failed) for s in ordered),
            self._dockerfile,
            self._line,
            max(self._end, self._line),
            self._failed_instruction,
            self._failed_stage,
        )


def _blame_last_instruction(sections: list[_Open]) -> None:
    """In layouts with one instruction at a time, the last one that began is the one that failed."""
    told = [each for each in sections if each.kind is Kind.INSTRUCTION]
    if told and not any(each.failed for each in told) and not any(s.kind is Kind.CONTAINER for s in sections):
        told[-1].failed = True


def _named(words: str) -> tuple[str, str]:
    """A vertex's title as (instruction, stage): `[builder 3/4] RUN npm ci` is ("RUN npm ci", "builder")."""
    match = re.match(r"\[([^\]]{1,200})\] ?(.*)$", words)
    if match is None:
        return (words, "") if words.split(" ")[0].isupper() else ("", "")
    tag = match[1].split()
    stage = tag[0] if len(tag) > 1 and "/" in tag[-1] else ""
    return ("" if tag[0] == "internal" else match[2]), stage
