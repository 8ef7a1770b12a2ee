"""The image of a JavaScript application: where it installs, copies and starts."""

from __future__ import annotations

import re
from fnmatch import fnmatch

from app.diagnosis.instructions import failing_dockerfile, failing_instruction, find_instruction
from app.diagnosis.javascript.managers import installs
from app.diagnosis.javascript.packages import script_place
from app.diagnosis.rule import Hit
from app.dockerfile import Dockerfile, Instruction
from app.model import Place


def start_place(hit: Hit) -> Place | None:
    """What starts the container: the start script when CMD calls it, or CMD itself."""
    found = failing_dockerfile(hit)
    if found:
        path, parsed = found
        starts = list(parsed.of("CMD", "ENTRYPOINT"))
        if starts and not re.search(r"\b(?:npm|yarn|pnpm)\b", starts[-1].value):
            return hit.files.place(path, starts[-1].line, starts[-1].end)
        if starts:
            return script_place(hit, "start") or hit.files.place(path, starts[-1].line)
    return script_place(hit, "start")


def install_without_dev(hit: Hit) -> Place | None:
    """The instruction that leaves development dependencies out."""
    found = failing_dockerfile(hit)
    if found is None:
        return None
    path, parsed = found
    for each in _of_stage(hit, parsed):
        if each.keyword == "RUN" and re.search(
            r"--omit[= ]dev|--only[= ]prod|--production|--prod\b|(?:npm|pnpm|yarn).*\s-P\b",
            each.value,
        ):
            return hit.files.place(path, each.line, each.end)
    for each in _of_stage(hit, parsed):
        if each.keyword in ("ENV", "ARG") and re.search(r"NODE_ENV[ =]\"?production", each.value):
            return hit.files.place(path, each.line, each.end)
    return None


def _of_stage(hit: Hit, parsed: Dockerfile) -> list[Instruction]:
    """The instructions of the stage that was running, up to the one that ran."""
    ran = find_instruction(
        parsed, hit.section.instruction or hit.transcript.failed_instruction, hit.section.stage
    )
    stage = ran.stage if ran else max((each.stage for each in parsed.instructions), default=0)
    return [
        each for each in parsed.instructions if each.stage == stage and (ran is None or each.line <= ran.line)
    ]


def copied_from(hit: Hit, name: str) -> Place | None:
    """The COPY that brings a package.json without this file."""
    found = failing_dockerfile(hit)
    if found is None:
        return None
    path, parsed = found
    for each in _of_stage(hit, parsed):
        if each.keyword not in ("COPY", "ADD") or "from" in each.flags or not each.arguments:
            continue
        brought = [source.rstrip("/").rpartition("/")[2] for source in each.arguments[:-1]]
        if any(fnmatch("package.json", source) for source in brought if source != "*") and not any(
            fnmatch(name, source) for source in brought
        ):
            return hit.files.place(path, each.line, each.end)
    return None


def command_place(hit: Hit, words: str) -> Place | None:
    """The Dockerfile's line that says these words in what it runs."""
    found = failing_dockerfile(hit)
    if found is None or not words:
        return None
    path, parsed = found
    for each in parsed.of("RUN", "CMD", "ENTRYPOINT"):
        for number in range(each.line, each.end + 1):
            line = re.sub(r"[\"',\[\] ]+", " ", hit.files.lines(path)[number - 1])
            if re.search(rf"(?<![\w@/.-]){re.escape(words)}(?![\w/:-])", line):
                return hit.files.place(path, number)
    return None


def installing_place(hit: Hit) -> Place | None:
    """The last line of the Dockerfile that installs packages of npm."""
    if (found := failing_dockerfile(hit)) is None:
        return None
    path, parsed = found
    installs = [
        each
        for each in parsed.of("RUN")
        if re.search(r"\b(?:npm|pnpm|yarn|bun)\b[^&|;]*\b(?:ci|i|install)\b", each.value)
    ]
    return hit.files.place(path, installs[-1].line, installs[-1].end) if installs else None


def ran_place(hit: Hit) -> Place | None:
    """What was running: the failing instruction, or what starts the container."""
    return (
        failing_instruction(hit)
        if hit.section.instruction or not hit.transcript.started
        else start_place(hit)
    )


def not_installed(hit: Hit, owner: str, folder: str) -> tuple[str, str] | None:
    """Why a package that is asked for is not there, and what to do, where the Dockerfile installs none at all."""
    if failing_dockerfile(hit) is None or installs(hit):
        return None
    if any(f"node_modules/{owner}/" in line for line in hit.section.lines):
        return None
    where, inside = (f" --prefix {folder}", f"{folder}/") if folder else ("", "")
    return (
        "no instruction of the Dockerfile installs the packages of package.json",
        f"Write RUN npm ci{where} above this instruction (after a COPY of {inside}package.json and its lock file), "
        "in an image that has Node.",
    )


def uninstalled_copy(hit: Hit) -> Place | None:
    """The last COPY of a package.json into an image in which nothing ever installs what it asks for."""
    found = failing_dockerfile(hit)
    if found is None or installs(hit):
        return None
    path, parsed = found
    if any("node_modules" in each.value for each in parsed.of("COPY", "ADD")):
        return None
    if any(re.search(r"npm|yarn|bun|deno|node|make|\.sh\b", each.value) for each in parsed.of("RUN")):
        return None  # a script, or another tool, may install it
    brought = [
        each
        for each in parsed.of("COPY", "ADD")
        if "from" not in each.flags and any(fnmatch("package.json", part) for part in each.arguments[:-1])
    ]
    return hit.files.place(path, brought[-1].line, brought[-1].end) if brought else None
