"""What carried the words away, what they were about kept: raw log text becomes Sections of bare lines.

One place knows Cloud Build's prefixes, BuildKit's, the classic builder's and kaniko's layouts, the buildpacks' phases,
Cloud Logging's JSON, terminal colours and progress bars. Everything behind it sees only what a tool printed."""

from __future__ import annotations

from itertools import chain, islice

from app.diagnosis import layouts
from app.diagnosis.buildkit import Replays, Snippet, named, process
from app.diagnosis.open_sections import (
    OpenSection,
    blame_last_instruction,
    know_a_container,
    know_an_instruction,
    take_the_seconds_off,
)
from app.diagnosis.printed import REVISION_LOG, lines, unwrapped
from app.diagnosis.runners import take_the_runner_off
from app.diagnosis.transcript import Kind, Section, Transcript

# As many as show how a log is stamped.
FIRST_LINES = 40


def open_envelope(text: str | bytes) -> Transcript:
    """Read a log of any of the known layouts; a plain one is one Section."""
    reader = _Reader()
    printed = iter(lines(text))
    begun = list(islice(printed, FIRST_LINES))
    reader.says_container(_all_stamped(begun))
    for line in chain(begun, printed):
        reader.read(line)
    return reader.transcript()


def _all_stamped(begun: list[str]) -> bool:
    """Whether it is what `gcloud run services logs read` prints: a time before each line, and no builder's layout."""
    spoken = [line for line in begun if line.strip()]
    stamps = [layouts.STAMP.match(line) for line in spoken]
    return len(spoken) > 1 and all(
        match and not layouts.LAYOUT.match(line[match.end() :])
        for line, match in zip(spoken, stamps, strict=True)
    )


class _Reader:
    """Reads line by line; each line belongs to the vertex, instruction or step that printed it."""

    def __init__(self) -> None:
        self._sections: dict[tuple[str, str], OpenSection] = {}
        self._step, self._prefix = "", ""
        self._bare: list[str] | None = None  # where a line goes that shows no layout, while that is settled
        self._spoken: list[str] | None = None  # what the container says
        self._now: dict[str, str] = {}  # step -> its instruction, in layouts that have one at a time
        self._container = False
        self._replays, self._snippet = Replays(self._keep_replay), Snippet()
        self._failed_instruction, self._failed_stage = "", ""

    def says_container(self, told: bool) -> None:
        """Everything from here on is a container's, until a build step begins."""
        self._container = told

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
        self._spoken += unwrapped(line)

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
        if first in "S[" and (
            (match := layouts.CLASSIC.match(line)) or (match := layouts.PODMAN.match(line))
        ):
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
        if self._replays.read(self._step, line) or self._snippet.read(line):
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
        repeats = line.startswith("#0 ") and self._replays.began(self._step)
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
                section.instruction, section.stage = named(words)
                return
        if timed:
            section.lines.append(words)
        elif words.startswith("ERROR"):
            section.failed, section.instruction = True, section.instruction or process(words)
            self._failed_instruction, self._failed_stage = section.instruction, section.stage
            section.lines.append(words)
        elif words.startswith("[") and (name := named(words))[0]:
            section.instruction, section.stage = name
        elif layouts.VERTEX_DONE.match(words):
            section.done = True
        elif not layouts.VERTEX_NOISE.match(words):
            section.lines.append(words)

    def _keep_replay(self, step: str, head: str, lines: list[str]) -> None:
        """Only where the vertex itself was not shown."""
        self._step = step
        instruction, stage = named(head.removeprefix(" > ").removesuffix(":"))
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

    def _current(self) -> OpenSection:
        if key := self._now.get(self._step):
            return self._sections[self._step, key]
        return self._section(Kind.STEP, "")

    def _section(self, kind: Kind, key: str) -> OpenSection:
        name = self._step, key if kind is Kind.INSTRUCTION else kind.value + key
        found = self._sections.get(name)
        if found is None:
            found = self._sections[name] = OpenSection(kind, self._step)
        return found

    def transcript(self) -> Transcript:
        self._replays.finish()
        ordered = list(self._sections.values())
        blame_last_instruction(ordered)
        know_a_container(ordered)
        timed = [each for each in ordered if take_the_seconds_off(each)]
        for each in ordered:
            take_the_runner_off(each)
        if not self._failed_instruction:
            failed = [each for each in ordered if each.failed and each.instruction]
            if failed:
                self._failed_instruction, self._failed_stage = failed[-1].instruction, failed[-1].stage
            else:
                said = "\n".join(x for each in ordered if each.kind is Kind.VERDICT for x in each.lines)
                self._failed_instruction = self._snippet.words or process(said)
                know_an_instruction(ordered, self._failed_instruction, timed=bool(timed))
        return Transcript(
            tuple(
                Section(s.kind, tuple(s.lines), s.step, s.instruction, s.stage, s.failed, s.done)
                for s in ordered
            ),
            self._snippet.path,
            self._snippet.line,
            max(self._snippet.end, self._snippet.line),
            self._failed_instruction,
            self._failed_stage,
        )
