"""What carried the words away, what they were about kept: raw log text becomes Sections of bare lines.

One place knows Cloud Build's prefixes, BuildKit's, the classic builder's and kaniko's layouts, the buildpacks' phases,
Cloud Logging's JSON, terminal colours and progress bars. Everything behind it sees only what a tool printed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.diagnosis import layouts
from app.diagnosis.printed import REVISION_LOG, lines


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
    for line in lines(text):
        reader.read(line)
    return reader.transcript()


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
        self._step, self._prefix = "", ""
        self._bare: list[str] | None = None  # where a line goes that shows no layout, while that is settled
        self._spoken: list[str] | None = None  # what the container says
        self._now: dict[str, str] = {}  # step -> its instruction, in layouts that have one at a time
        self._container = False
        self._replaying: dict[str, tuple[str, list[str]]] = {}
        self._snippet = False
        self._dockerfile, self._line, self._end = "", 0, 0
        self._failed_instruction, self._failed_stage = "", ""

    def read(self, line: str) -> None:
        if line.startswith("20") and (match := layouts.STAMP_ISO.match(line)):
            line = line[match.end() :]
        first, prefix = line[:1], self._prefix
        if first == "-" and (line == REVISION_LOG or layouts.REVISION.match(line)):
            self._container, self._spoken = True, None
        elif self._container:
            self._read_container(line)
        elif prefix and line.startswith(prefix):
            self._read_bare(line[len(prefix) :])
        elif self._step or first in "SF":
            self._read_step(line)
        else:
            self._read_bare(line)

    def _read_step(self, line: str) -> None:
        """A line that does not begin as the one before: of no build step, or of another one."""
        step, prefix = "", ""
        if "Step #" in line[:20] and (match := layouts.STEP.match(line)):
            if line.startswith(("Starting", "Finished")):
                return
            step, prefix = f"{match[1]} {match[2] or ''}".strip(), match[0]
            line = line[match.end() :]
        if step != self._step:
            self._bare = None
        self._step, self._prefix = step, prefix if prefix.endswith(": ") else ""
        self._read_bare(line)

    def _read_container(self, line: str) -> None:
        if line.startswith(("Starting Step #", "Finished Step #", "Step #")):
            self._container = False
            self.read(line)
            return
        if line[:1].isdecimal() and (match := layouts.STAMP.match(line)):
            line = line[match.end() :]
        if self._spoken is None:
            self._spoken = self._section(Kind.CONTAINER, "").lines
        self._spoken.append(line)

    def _read_bare(self, line: str) -> None:
        if line[:1] == "#":
            self._read_numbered(line)
        elif self._bare is None or layouts.LAYOUT.match(line) or "| " in line or "ockerfile" in line:
            self._read_layout(line)
        else:
            self._bare.append(line)

    def _read_layout(self, line: str) -> None:
        first = line[:1]
        self._bare = None
        if first == "S" and ((match := layouts.CLASSIC.match(line)) or (match := layouts.PODMAN.match(line))):
            self._begin(f"at {match[1]}", match[3], "")
            return
        if first in "IWEFD" and (match := layouts.KANIKO.match(line)):
            words = match[1]
            if layouts.KANIKO_RUN.match(words):
                self._begin(words, words, "")
                return
            line = words
        prefix = layouts.PHASE if first == "[" else layouts.COMPOSE
        if match := prefix.match(line):
            line = line[match.end() :]
        if self._read_replay(line) or self._read_snippet(line):
            return
        if first == "T" and (match := layouts.CLASSIC_END.match(line)):
            self._fail_now()
        if layouts.SOLVE.match(line):
            self._section(Kind.VERDICT, "verdict").lines.append(line)
            return
        if line.startswith("ERROR: build step "):
            self._section(Kind.VERDICT, "end").lines.append(line)
            return
        self._bare = self._current().lines
        self._bare.append(line)

    # BuildKit

    def _read_numbered(self, line: str) -> None:
        # Older BuildKits number the lines of the block that repeats as vertex 0.
        repeats = line.startswith("#0 ") and bool(self._replaying.get(self._step, ("",))[0])
        if repeats or (match := layouts.VERTEX.match(line)) is None:
            self._read_layout(line)
        else:
            self._read_vertex(match[1], bool(match[2]), match[3])

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
        elif not layouts.VERTEX_NOISE.match(words):
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
            if line.startswith(" > ") and (match := layouts.REPLAY.match(line)) and match["words"]:
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
        if (match := layouts.SNIPPET_HEAD.match(line)) is not None:
            self._dockerfile, self._line, self._end, self._snippet = match[1], int(match[2]), 0, True
            return True
        if not self._snippet:
            return False
        if re.match(r"-{5,}$", line.strip()):
            return True
        match = layouts.SNIPPET_LINE.match(line)
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
        name = self._step, key if kind is Kind.INSTRUCTION else kind.value + key
        found = self._sections.get(name)
        if found is None:
            found = self._sections[name] = _Open(kind, self._step)
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
