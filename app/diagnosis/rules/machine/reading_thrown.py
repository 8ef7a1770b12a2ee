"""What an exception asks for that no row knows: from its own words and the lines that threw it, in any language."""

from __future__ import annotations

import re

from app.diagnosis.left_out import in_stage, left_out
from app.diagnosis.named import UNSET
from app.diagnosis.paths import repository_path
from app.diagnosis.rule import Hit
from app.diagnosis.rules.machine.reading_refusals import REFUSALS
from app.diagnosis.transcript import Kind
from app.diagnosis.unversioned import unversioned
from app.model import Place

CHECK_ABOVE = 3  # lines above a throw in which its condition stands
LONGEST = 400  # letters of a message or a line that are looked at
READ_ABOVE = 10  # lines above it in which a value is read that it checks

# How a program reads an environment variable, whatever its language.
_READS = re.compile(
    r"(?i:env)\w*!?(?:(?:\.|::)(?:get|fetch|var|require)\w*)?\s*[.(\[]\s*[\"']?([A-Z][A-Z0-9_]{2,})\b"
)

_NOTHING = re.compile(
    r"(?i)undefined|\bnull\b|\bnil\b|None\b|\bNaN\b|not set|missing|required|\bempty\b|invalid|\bmust\b|has to|have to|unset|not (?:configured|provided|given)"
)

_ABSENT = re.compile(
    r"(?i)no such file|enoent|(?:could not|cannot|can't|unable to|failed to) (?:find|load|open|read|locate)|does not exist|not found"
)

_PATH = re.compile(r"(?P<path>(?:\.{0,2}/)?[\w@+-][\w@.+-]*(?:/[\w@.+-]+)*\.[A-Za-z]\w{0,7})(?![\w/(])")

_DENIED = re.compile(r"(?i)permission denied|\bEACCES\b|access to the path")

_ABSOLUTE = re.compile(r"(?<![\w.])(?P<path>/[\w@.+/-]{2,})")

_THROWS = re.compile(r"\b(?:throw|raise|panic|abort|die|bail|fail|exit|fatal\w*)\b", re.IGNORECASE)

_CONDITION = re.compile(r"\b(?:if|unless|elif|elsif|guard|assert)\b.*|.*(?:\?\?|\|\||\bor\b)")


def asked_by(hit: Hit, error: str, place: Place | None) -> str:
    """What to type, without a full stop; empty where neither the words nor the code say it."""
    error, lines = error[:LONGEST], _above(hit, place) if place else []
    where = f"{place.path} line {place.line}" if place else "the program"
    return (
        _variable(hit, error, lines)
        or _refused(hit, error)
        or _absent(hit, error, where)
        or _denied(error)
        or _checked(lines, where)
    )


def _above(hit: Hit, place: Place) -> list[str]:
    """The line of a place, the last, with those above it that may say why it was reached."""
    reach = slice(max(0, place.line - 1 - READ_ABOVE), place.line)
    return [line[:LONGEST] for line in hit.files.lines(place.path)[reach]]


def given(hit: Hit, name: str) -> str:
    """How this phase gets an environment variable: a build has none of the service's."""
    if hit.section.kind is Kind.INSTRUCTION:
        return f"Write ARG {name} above this RUN and give it with --build-arg {name}=…: a build has none of the service's variables"
    return f"Set {name} for the service (gcloud run services update --update-env-vars {name}=…, a secret with --update-secrets), or give it a default"


def _variable(hit: Hit, error: str, lines: list[str]) -> str:
    """The variable that the words name, that the line reads, or that a check above it is about."""
    if unset := UNSET.search(error):
        return given(hit, unset["name"] or unset["name2"])
    thrown = bool(lines) and _THROWS.search(lines[-1]) is not None
    if not (thrown or _NOTHING.search(error)):
        return ""
    for line in lines[: -1 - (READ_ABOVE if thrown else 1) : -1]:
        if read := _READS.search(line):
            return given(hit, read[1])
    return ""


def _refused(hit: Hit, error: str) -> str:
    found = REFUSALS.read(hit, error)
    return found["advice"].rstrip(".") if found else ""


# Such words say that a file does not parse as often as that it is not there.
_UNREAD = re.compile(r"(?i)failed to (?:read|load|parse)\b")


def _absent(hit: Hit, error: str, where: str) -> str:
    if not (_ABSENT.search(error) and (named := _PATH.search(error))):
        return ""
    path = named["path"]
    same = hit.files.named(path.rpartition("/")[2])
    own = repository_path(hit.files, path, hit) or (same[0] if len(same) == 1 else "")
    if own and in_stage(hit, own) and _UNREAD.search(error):
        return f"Correct {own}, which a COPY brings: what is printed below names the line that does not parse"
    if own:
        lacking = left_out(hit, own)
        return (
            lacking.advice
            if lacking
            else f"The repository has {own}: COPY it to {path} in the final stage, or correct the path in {where}"
        )
    if ignored := unversioned(hit, path):
        return ignored.advice
    return (
        f"Bring {path} into the final stage (COPY, or have the build make it), or correct the path in {where}"
    )


def _denied(error: str) -> str:
    found = _ABSOLUTE.search(error) if _DENIED.search(error) else None
    if found is None:
        return ""
    return f"Let the container's user write {found['path']} (RUN mkdir -p and chown above USER, or COPY --chown), or write below /tmp"


def _checked(lines: list[str], where: str) -> str:
    """The program's own check that threw it."""
    if not (lines and _THROWS.search(lines[-1])):
        return ""
    for line in lines[: -2 - CHECK_ABOVE : -1]:
        if found := _CONDITION.search(line):
            condition = found[0].strip().rstrip("{:").strip()[:120]
            return f"The program checks it itself, in {where} (`{condition}`): give it what is asked there"
    return ""
