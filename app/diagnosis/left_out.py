"""What the repository has and the image has not: the line of .dockerignore, or the COPY, that leaves a file out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatch

from app.diagnosis.instructions import failing_dockerfile, find_instruction
from app.diagnosis.paths import copies, repository_path
from app.diagnosis.rule import Hit
from app.dockerfile import Dockerfile, Ignored, Instruction, Unreadable
from app.model import Place
from app.source.build_context import context_of

MOST_PATTERNS = 300  # more than anybody writes by hand: each is tried by itself


@dataclass(frozen=True)
class LeftOut:
    """Where a file was left behind, and what to write there."""

    place: Place
    advice: str


def left_out(hit: Hit, path: str, ran: Instruction | None = None) -> LeftOut | None:
    """Why this file of the repository is not in the image when an instruction runs; None when it may be.

    It is the failing one, unless `ran` is another of the same Dockerfile.
    """
    found = failing_dockerfile(hit)
    if found is None or path not in hit.files.paths:
        return None
    where, parsed = found
    context = context_of(hit.files, where, parsed)
    inside = path[len(context) + 1 :] if context else path
    if context and not path.startswith(f"{context}/"):
        return None
    if (hidden := _hidden(hit, where, context, inside)) is not None:
        return hidden
    ran = ran or find_instruction(
        parsed, hit.section.instruction or hit.transcript.failed_instruction, hit.section.stage
    )
    before = _copied_before(parsed, ran)
    if not before or any(_brings(hit, parsed, each, context, path) for each in before):
        return None
    near = _nearest(before, inside)
    place = hit.files.place(where, near.line, near.end)
    at = f" before line {ran.line}" if ran else ""
    return LeftOut(place, f"COPY {inside} into the image{at}: no COPY above brings it") if place else None


def _nearest(copied: list[Instruction], inside: str) -> Instruction:
    """The COPY to which a file belongs: one that brings its like (tsconfig.json); else the last."""
    folder, _, name = inside.rpartition("/")
    stem = name.partition(".")[0]
    like = (
        copy
        for copy in reversed(copied)
        for above, _, each in (source.removeprefix("./").rpartition("/") for source in copy.sources)
        if above == folder and stem and each.startswith(f"{stem}.") and each.endswith(name[name.rfind(".") :])
    )
    return next(like, copied[-1])


_NOT_THERE = re.compile(
    r"(?i)not found|no such file|cannot (?:read|find|open)|can't open|ENOENT|does not exist"
)


def said_missing(hit: Hit, told: str) -> LeftOut | None:
    """What brings a file of the repository that a line says is not there: such a file is no place to write in."""
    if not _NOT_THERE.search(told):
        return None
    for named in re.findall(r"/?(?:[\w@.-]+/)*[\w@.-]+\.\w+", told):
        path = repository_path(hit.files, named, hit)
        if path and (lacking := left_out(hit, path)):
            return lacking
    return None


def hidden_by(hit: Hit, bare: str) -> LeftOut | None:
    """The line of .dockerignore that hides a file, or the first one of a folder; None where none does."""
    inside = (each for each in sorted(hit.files.paths) if each == bare or each.startswith(f"{bare}/"))
    found = next(inside, "")
    lacking = left_out(hit, found) if found and bare else None
    return lacking if lacking and lacking.place.path.endswith(".dockerignore") else None


def _hidden(hit: Hit, dockerfile: str, context: str, inside: str) -> LeftOut | None:
    """The last pattern that fits decides, as Docker has it."""
    beside = f"{dockerfile}.dockerignore"
    path = beside if beside in hit.files.paths else f"{context}/.dockerignore".lstrip("/")
    lines = hit.files.lines(path)
    if len(lines) > MOST_PATTERNS or not _hides("\n".join(lines), inside):
        return None
    for number in range(len(lines), 0, -1):
        pattern = lines[number - 1].strip()
        if _hides(pattern, inside):
            place = hit.files.place(path, number)
            advice = f"Take {pattern} out of {path}, or write !{inside} as its last line"
            return LeftOut(place, advice) if place else None
    return None


def _hides(text: str, path: str) -> bool:
    try:
        return Ignored(text).hides(path)
    except Unreadable:
        return False


def _copied_before(parsed: Dockerfile, ran: Instruction | None) -> list[Instruction]:
    """The COPYs from the context that stand above an instruction, in its stage or the stages under it."""
    if ran is None or ran.keyword != "RUN":
        return []
    copied = [each for each in parsed.of("COPY", "ADD") if each.line < ran.line]
    own = [each for each in copied if each.stage == ran.stage]
    stages = {stage.name.lower() for stage in parsed.stages if stage.name}
    made = [each.flags["from"].lower() for each in own if "from" in each.flags]
    if (
        any(each in stages or each.isdecimal() for each in made)
        or any(each.heredoc for each in own)
        or "type=bind" in ran.value
    ):
        return []
    base = next((s for s in parsed.stages[: ran.stage] if s.name == parsed.stages[ran.stage].image), None)
    return [] if base else [each for each in own if "from" not in each.flags]


def _brings(hit: Hit, parsed: Dockerfile, copy: Instruction, context: str, path: str) -> bool:
    if any("$" in source for source in copy.sources):
        return True
    return any(
        source == path or (is_folder and path.startswith(f"{source}/".lstrip("/")))
        for source, _, is_folder in copies(hit.files, parsed, copy, context)
    )


def not_brought_beside(hit: Hit, path: str, beside: str) -> LeftOut | None:
    """The COPY of the stage that runs which brings one file of the repository, and no COPY brings the other."""
    found = failing_dockerfile(hit)
    if found is None or not {path, beside} <= hit.files.paths or not found[1].stages:
        return None
    where, parsed = found
    last = len(parsed.stages) - 1
    copied = [each for each in parsed.of("COPY", "ADD") if each.stage == last]
    below = {each.name.lower() for each in parsed.stages if each.name}
    if parsed.stages[last].image.lower() in below or any("$" in each.value for each in copied):
        return None
    brought = {
        each: [copy for copy in copied if any(_names(parsed, copy, source, each) for source in copy.sources)]
        for each in (path, beside)
    }
    if brought[path] or not brought[beside]:
        return None
    near = brought[beside][-1]
    place = hit.files.place(where, near.line, near.end)
    part = path.partition("/")[0]
    return LeftOut(place, f"COPY {part} into that stage as well (beside line {near.line})") if place else None


def in_stage(hit: Hit, path: str) -> bool:
    """Whether a COPY of the stage that failed, or that runs, names this file or a folder above it.

    A COPY of everything, also out of another stage, brings it.
    """
    found = failing_dockerfile(hit)
    if found is None:
        return False
    parsed = found[1]
    ran = find_instruction(
        parsed, hit.section.instruction or hit.transcript.failed_instruction, hit.section.stage
    )
    stage = ran.stage if ran else len(parsed.stages) - 1
    copied = [
        each
        for each in parsed.of("COPY", "ADD")
        if each.stage == stage and (ran is None or each.line < ran.line)
    ]
    return any(_names(parsed, each, source, path) for each in copied for source in each.sources)


def _names(parsed: Dockerfile, copy: Instruction, source: str, path: str) -> bool:
    """Whether the source of a COPY is the file, a folder above it, or the folder that another stage worked in."""
    whole = {"", "."}
    if "from" in copy.flags:
        whole |= {each.rest.strip("\"'/") for each in parsed.of("WORKDIR")}
    bare = source.removeprefix("./").strip("/")
    parts = path.split("/")
    above = {"/".join(parts[:count]) for count in range(1, len(parts) + 1)}
    if "*" in bare and any(fnmatch(each, bare) for each in above):
        return True
    return bare in whole | above or (
        "from" in copy.flags and any(bare.endswith(f"/{each}") for each in above)
    )
