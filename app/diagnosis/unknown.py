"""What is said where no row knows the failure: the most telling lines as they are, and no guess whose fault it is."""

from __future__ import annotations

import re

from app.diagnosis.files import Files
from app.diagnosis.instructions import failing_instruction
from app.diagnosis.quoting import excerpt, quoted, short
from app.diagnosis.rule import Hit
from app.diagnosis.telling import most_telling
from app.diagnosis.transcript import Kind, Section, Transcript
from app.model import Blame, Finding
from app.redaction import redact
from app.text.titles import fitting

UNKNOWN = "unknown"
UNKNOWN_LINES, LINES_BEFORE = 15, 5


# `servergem`: what `docker buildx create` prints, the name of the builder.
_NOISE = re.compile(
    r"^\s*$|^[-=~ ]+$|^npm (?:ERR!|error) A complete log|^\s*at .*\(?node:internal|^Finished Step|^ERROR$|^PUSH$|"
    r"non-zero status|non-zero code|did not complete successfully|executor failed running|Container called exit|"
    r"^DONE$|^servergem$|probe failed|^\s*\d+(?:\.\d+)? ?[kMG]?B(?:/s)?",
)


# What a tool says of itself when something else went wrong: true of every failure, and so of no use in a title.
_EMPTY = re.compile(
    r"failed to solve|failed to build: exit|build step \d+ |exited? (?:with )?(?:code|status)|returned exit code|"
    r"^(?:error|failed|failure|fatal|traceback[^:]*)[:.!]*$|^BUILD FAILED|most recent call last|"
    r"Command failed with|npm (?:ERR!|error) (?:code|errno|command|path|Exit)\b|^make(?:\[\d+\])?: \*\*\*|"
    r"executing lifecycle: failed with status|error building (?:image|stage)|"
    r"failed to build: (?:\(error ID|exit status)|"
    r"see above for|for more (?:details|information)|re-run .* with",
    re.IGNORECASE,
)


def unknown(transcript: Transcript, files: Files) -> Finding:
    """The most telling lines as they are, the failing instruction annotated, and no guess whose fault it is."""
    section = _last_speaker(transcript)
    if section is None:
        return _silent(transcript, files)
    lines = _meant(section)
    at = most_telling(lines)
    title = fitting(redact(short(lines[at].strip()))) if lines else ""
    ran = section.instruction or transcript.failed_instruction
    return Finding(
        code=UNKNOWN,
        title=title or "It failed without saying why",
        message=redact(short(f"`{ran}` failed; these are the lines that say most."))
        if ran
        else "These are the lines that say most of what it printed before it failed.",
        fix="Read the lines below from the end upwards: the first one that says what is missing names what to change.",
        blame=Blame.UNKNOWN,
        place=failing_instruction(Hit(section, 0, {}, files, transcript))
        if section.kind is not Kind.CONTAINER
        else None,
        excerpt=_telling(lines, at),
    )


def _silent(transcript: Transcript, files: Files) -> Finding:
    """Nothing that failed printed a word: what ran, and the builder's own lines about it."""
    ran = redact(short(transcript.failed_instruction))
    heard = [s for s in transcript.sections if s.failed or s.kind is Kind.VERDICT]
    said = dict.fromkeys(line.strip() for section in heard for line in section.lines if line.strip())
    return Finding(
        code=UNKNOWN,
        title=fitting(f"{ran} failed and printed nothing") if ran else "It failed without saying why",
        message=f"`{ran}` ended with an error and no line of its own." if ran else "Nothing was printed.",
        fix="Run it on your machine, where it fails the same way; have it print what it does (`set -x` in a shell)."
        if ran
        else "Re-run this check; when it happens again, read the whole log.",
        blame=Blame.UNKNOWN,
        place=failing_instruction(Hit(heard[0], 0, {}, files, transcript)) if heard else None,
        excerpt=quoted([*said][-UNKNOWN_LINES:]),
    )


def told_with(hit: Hit) -> str:
    """The evidence of a rule that knows only that it failed: its own line, or what says more and stands elsewhere."""
    own = excerpt(hit)
    section = _last_speaker(hit.transcript)
    lines = _meant(section) if section else []
    if not lines:
        return own
    at = most_telling(lines)
    return own if quoted([lines[at]]) in own else _telling(lines, at)


def _meant(section: Section) -> list[str]:
    return [line for line in section.lines if not _NOISE.search(line)]


def _telling(lines: list[str], at: int) -> str:
    """The line `at` with what stands around it; to the end, where that is not far."""
    first = max(0, min(at - LINES_BEFORE, len(lines) - UNKNOWN_LINES))
    return quoted(lines[first : first + UNKNOWN_LINES])


def _last_speaker(transcript: Transcript) -> Section | None:
    """The last that said something of its own; who only says that it failed speaks when nobody else does."""
    silent = any(s.failed and s.instruction for s in transcript.sections)
    for empty_too in (False, True):
        for sections in transcript.by_relevance[: 1 if silent and not transcript.started else None]:
            speaking = [
                s
                for s in sections
                if not transcript.ended_well(s) and any(_speaks(line, empty_too) for line in s.lines)
            ]
            if speaking:
                return speaking[-1]
    return None


def _speaks(line: str, empty_too: bool) -> bool:
    return not _NOISE.search(line) and (empty_too or not _EMPTY.search(line.strip()))
