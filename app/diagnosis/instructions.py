"""The Dockerfile that a log was built from, and the instruction of it that was running."""

from __future__ import annotations

import re

import re2

from app.diagnosis.rule import Find, Hit, once_per_log
from app.dockerfile import Dockerfile, Instruction, Stage
from app.model import Place


def linear(expression: str) -> re2._Regexp[str] | None:
    """An expression that a repository had a hand in, in RE2; None for one that is too large for it."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(expression, options=options)
    except re2.error:
        return None


@once_per_log
def failing_dockerfile(hit: Hit) -> tuple[str, Dockerfile] | None:
    """The Dockerfile that this log was built from: the one that has the instructions that the log shows."""
    dockerfiles = hit.files.dockerfiles
    if not dockerfiles:
        return None
    shown = {_plain(each.instruction) for each in hit.transcript.sections if each.instruction}
    named = hit.transcript.dockerfile

    def score(path: str) -> tuple[int, bool, int, int]:
        own = {_plain(f"{each.keyword} {each.value}") for each in dockerfiles[path].instructions}
        suits = sum(any(_same(one, other) for other in own) for one in shown)
        mentioned = _service_words(hit)
        fits = sum(part in mentioned for part in path.lower().split("/")[:-1])
        return (suits, path == named or path.endswith("/" + named), fits, -path.count("/"))

    best = max(dockerfiles, key=score)
    return best, dockerfiles[best]


def _service_words(hit: Hit) -> frozenset[str]:
    """Names that the log itself uses for what it builds: a step's id, a service, a path."""
    words: set[str] = set()
    for section in hit.transcript.sections:
        words.update(re.split(r"\W+", section.step.lower()))
        for line in section.lines[:200]:
            if "service" in line or "Revision" in line or "/" in line:
                words.update(re.split(r"[^\w.-]+", line.lower()[:300]))
    return frozenset(words)


def _plain(words: str) -> str:
    return " ".join(words.replace('"', "").replace("'", "").replace("\\", "").split()).lower()


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    return len(one) > 12 and (
        one.startswith(other) or other.startswith(one.removesuffix("…").removesuffix("..."))
    )


def failing_instruction(hit: Hit) -> Place | None:
    """The Dockerfile line that was running, or that the builder pointed at."""
    found = failing_dockerfile(hit)
    if found is None:
        return None
    path, parsed = found
    said = hit.transcript
    if said.dockerfile_line and (each := parsed.at(said.dockerfile_line)):
        return hit.files.place(path, each.line, each.end)
    wanted, stage = hit.section.instruction or said.failed_instruction, hit.section.stage or said.failed_stage
    if not wanted and said.dockerfile_line:
        return hit.files.place(path, said.dockerfile_line)
    each_found = find_instruction(parsed, wanted, stage)
    return hit.files.place(path, each_found.line, each_found.end) if each_found else None


def find_instruction(parsed: Dockerfile, words: str, stage: str = "") -> Instruction | None:
    """The instruction that a builder shows as `words`; its stage decides between equal ones."""
    plain = _plain(words)
    if not plain:
        return None
    same = [each for each in parsed.instructions if _same(plain, _plain(f"{each.keyword} {each.value}"))]
    if not same:
        keyword = plain.split(" ")[0].upper()
        of_kind = [each for each in parsed.instructions if each.keyword == keyword]
        same = (
            of_kind
            if len(of_kind) == 1
            else [e for e in of_kind if _alike(plain, _plain(f"{e.keyword} {e.value}"))]
        )
    if not same:
        return None
    named = [each for each in same if stage and each.stage_name.lower() == stage.lower()]
    return (named or same)[0]


def _alike(one: str, other: str) -> bool:
    """The same but for what arguments were filled in."""
    if "$" not in other:
        return False
    pattern = linear(".*".join(map(re2.escape, re.split(r"\$\{?\w+[^}\s]*\}?", other))))
    return pattern is not None and pattern.fullmatch(one) is not None


def workdir(hit: Hit) -> str:
    """The directory that the failing command ran in, as the container has it."""
    found = failing_dockerfile(hit)
    if found is None:
        return "/workspace"
    _, parsed = found
    words = hit.section.instruction or (
        hit.transcript.failed_instruction if not hit.transcript.started else ""
    )
    instruction = find_instruction(parsed, words, hit.section.stage or hit.transcript.failed_stage)
    if instruction is None and parsed.instructions:
        instruction = parsed.instructions[-1]
    return parsed.workdir_at(instruction) if instruction else "/"


def instruction(*keywords: str) -> Find:
    """The last instruction with one of these keywords in the Dockerfile of this log."""

    def find(hit: Hit) -> Place | None:
        if (found := failing_dockerfile(hit)) is None:
            return None
        path, parsed = found
        of_kind = list(parsed.of(*keywords))
        return hit.files.place(path, of_kind[-1].line, of_kind[-1].end) if of_kind else None

    return find


def base_image(hit: Hit) -> Place | None:
    """The FROM that names the image of the stage that failed, through the stages it is built on."""
    found = failing_dockerfile(hit)
    stage = _failing_stage(hit, found[1]) if found else None
    return hit.files.place(found[0], _lowest(found[1], stage).line) if found and stage else None


def stage_image(hit: Hit) -> str:
    """What the stage that failed begins with, through the stages it is built on; empty where that is not known."""
    found = failing_dockerfile(hit)
    stage = _failing_stage(hit, found[1]) if found else None
    return _lowest(found[1], stage).image if found and stage else ""


def _built_on(parsed: Dockerfile, stage: Stage) -> list[Stage]:
    """The stage and those that it begins with, down to the one whose FROM names an image."""
    above = {each.name.lower(): each for each in parsed.stages if each.name and each.line < stage.line}
    stages = [stage]
    while under := above.pop(stages[-1].image.lower(), None):
        stages.append(under)
    return stages


def _lowest(parsed: Dockerfile, stage: Stage) -> Stage:
    """The stage that this one begins with in the end: the one whose FROM names an image."""
    return _built_on(parsed, stage)[-1]


def _failing_stage(hit: Hit, parsed: Dockerfile) -> Stage | None:
    """The stage of what failed; the last one where that is not told."""
    failing = find_instruction(
        parsed, hit.section.instruction or hit.transcript.failed_instruction, hit.section.stage
    )
    stages = parsed.stages
    if not stages:
        return None
    return stages[failing.stage] if failing and 0 <= failing.stage < len(stages) else stages[-1]


# What puts packages of a distribution into an image, whatever stands between the program and its word.
_INSTALLS = re.compile(
    r"\b(?:(?:apt-get|apt|yum|dnf|microdnf|tdnf|zypper)\b[^&|;]*\binstall|apk\b[^&|;]*\badd)\b"
)


def packages_line(hit: Hit) -> Place | None:
    """Where a package of the distribution is to be added: the last RUN before the failing one that installs such.

    It is looked for in the stage that failed and in those it is built on; without one, it is what failed itself.
    """
    found = failing_dockerfile(hit)
    stage = _failing_stage(hit, found[1]) if found else None
    failed = failing_instruction(hit)
    if found is None or stage is None or failed is None:
        return failed
    path, parsed = found
    kin = {each.line for each in _built_on(parsed, stage)}
    of_kin = [
        each
        for each in parsed.of("RUN")
        if each.line < failed.line
        and 0 <= each.stage < len(parsed.stages)
        and parsed.stages[each.stage].line in kin
    ]
    last = next((each for each in reversed(of_kin) if _INSTALLS.search(each.value)), None)
    return hit.files.place(path, last.line, last.end) if last else failed


def final_image(hit: Hit) -> Place | None:
    """The FROM of the stage that runs at last."""
    found = failing_dockerfile(hit)
    return hit.files.place(found[0], found[1].stages[-1].line) if found and found[1].stages else None


def in_instruction(word: str) -> Find:
    """The very line of the failing instruction that names the word; the instruction when none does."""

    def find(hit: Hit) -> Place | None:
        place = failing_instruction(hit)
        if place is None or not hit[word]:
            return place
        for number in range(place.line, place.last_line + 1):
            if hit[word] in hit.files.lines(place.path)[number - 1]:
                return hit.files.place(place.path, number)
        return place

    return find
