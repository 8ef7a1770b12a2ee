"""Why the image has no tool that a package brings: not asked for, left out, in another stage, or not in what runs."""

from __future__ import annotations

import re

from app.diagnosis.instructions import failing_dockerfile, find_instruction
from app.diagnosis.javascript.packages import package
from app.diagnosis.javascript.stacks import bare
from app.diagnosis.javascript.workspaces import not_at_install
from app.diagnosis.left_out import LeftOut
from app.diagnosis.rule import Hit
from app.diagnosis.transcript import Kind
from app.dockerfile import Dockerfile, Instruction

_INSTALLS = re.compile(r"\b(?:npm|pnpm|yarn|bun)\b[^&|;]*\b(?:ci|i|install|add)\b|^yarn(?: --[\w-]+)*$")


def not_brought(hit: Hit, brings: str, group: str, omits: bool) -> tuple[str, str]:
    """Why a tool's package is not in the image, and what to do; `omits`: its group was not installed."""
    if omits:
        return (
            "it is a development dependency that was not installed",
            f"{brings} is in devDependencies, which this install leaves out: install them for the build (npm ci --include=dev), or move {brings} to dependencies (npm install --save-prod {brings}).",
        )
    if not group:
        return (
            f"package.json does not ask for {brings}",
            f"Run npm install --save-dev {brings} and commit package.json with its lock file.",
        )
    if hit.section.kind is Kind.CONTAINER or (hit.transcript.started and not hit.section.instruction):
        return (
            f"the image that runs has no {brings}",
            f"The last stage does not have it, or not on the PATH: RUN npm install -g {brings} there, or COPY --from=… node_modules and start it as npx {brings}; or run that step before the deployment (release: in servergem.yml).",
        )
    if (running := package(hit)).folder and (lacking := not_at_install(hit, running)):
        return (
            f"{running.folder} was not installed",
            f"The install above does not know {running.folder}: {lacking.advice}. Where COPY . . stands below the install, it brings no node_modules.",
        )
    if stage := _installed_in(hit):
        return (
            f"node_modules has no {brings}",
            f"The stage {stage} installs, and this one has not got its node_modules: write COPY --from={stage} /app/node_modules ./node_modules (with that stage's WORKDIR) before this instruction.",
        )
    return (
        f"node_modules has no {brings}",
        f"Run the install (npm ci) before this instruction, and keep node_modules in .dockerignore so that COPY does not replace it; {brings} is in {group}.",
    )


_HOOK = re.compile(r"^> \S+ (prepare|preinstall|install|postinstall|prepublish)\b")


def of_hook(hit: Hit, name: str, brings: str, omits: bool) -> tuple[str, str] | None:
    """A script that the install itself runs, and that calls what this install leaves out."""
    hooks = (match[1] for line in hit.before(60) if (match := _HOOK.match(bare(line).strip())))
    hook = next(hooks, "") if omits else ""
    return (
        (
            f"the {hook} script runs it at every install, and this one leaves out {brings}",
            f"Install here with --ignore-scripts beside --omit=dev ({hook} then runs only where development dependencies are installed), or take {name} out of {hook}; what it builds comes from the stage that builds.",
        )
        if hook
        else None
    )


def of_start(hit: Hit, name: str, brings: str, group: str, omits: bool) -> tuple[str, str] | None:
    """A start script that calls a development dependency, in an image of several stages that shows no more of itself."""
    start = package(hit).scripts.get("start", "")
    found = failing_dockerfile(hit)
    ran = hit.section.instruction or hit.transcript.failed_instruction
    if ran or omits or group != "devDependencies" or found is None or name not in start.split():
        return None
    if len(found[1].stages) < 2 or not any(start in line for line in hit.before(20)):
        return None
    instead = "; ENV in the Dockerfile sets what cross-env does" if name == "cross-env" else ""
    return (
        "it is a development dependency, which the stage that runs does not have",
        f"Move {brings} from devDependencies to dependencies (npm install --save-prod {brings}), or take it out of the start script{instead}.",
    )


def _installed_in(hit: Hit) -> str:
    """The earlier stage that installs, where the failing one, and those that it is built on, do not."""
    found = failing_dockerfile(hit)
    ran = (
        find_instruction(
            found[1], hit.section.instruction or hit.transcript.failed_instruction, hit.section.stage
        )
        if found
        else None
    )
    if found is None or ran is None:
        return ""
    parsed = found[1]
    own = _lineage(parsed, ran.stage)
    if any(each.stage in own and each.line < ran.line and _fills(each) for each in parsed.instructions):
        return ""
    others = [each.stage for each in parsed.of("RUN") if each.stage not in own and _fills(each)]
    earlier = [number for number in others if number < ran.stage and parsed.stages[number].name]
    return parsed.stages[earlier[-1]].name if earlier else ""


def _fills(each: Instruction) -> bool:
    """Whether it fills node_modules: an install, or a COPY of them out of another stage."""
    if each.keyword == "RUN":
        return bool(_INSTALLS.search(each.value))
    return each.keyword == "COPY" and "from" in each.flags


def _lineage(parsed: Dockerfile, stage: int) -> set[int]:
    """The stage and those that it begins FROM."""
    names = {each.name: number for number, each in enumerate(parsed.stages) if each.name}
    line = {stage}
    while (under := names.get(parsed.stages[stage].image)) is not None and under not in line:
        line.add(under)
        stage = under
    return line


def bare_last_stage(hit: Hit) -> LeftOut | None:
    """The last COPY of the stage that runs, where neither an install nor a COPY brings that stage any node_modules."""
    found = failing_dockerfile(hit)
    if found is None or hit.section.instruction or len(found[1].stages) < 2:
        return None
    path, parsed = found
    last = len(parsed.stages) - 1
    own = _lineage(parsed, last)
    copied = [each for each in parsed.of("COPY", "ADD") if each.stage == last]
    if not copied or any(each.stage in own and _fills_whole(parsed, each) for each in parsed.instructions):
        return None
    fills = [each for each in parsed.of("RUN") if each.stage not in own and _INSTALLS.search(each.value)]
    place = hit.files.place(path, copied[-1].line, copied[-1].end)
    if not fills or place is None or not (stage := parsed.stages[fills[-1].stage].name):
        return None
    whence = parsed.workdir_at(fills[-1]).rstrip("/")
    return LeftOut(
        place,
        f"The stage that runs has no node_modules: write COPY --from={stage} {whence}/node_modules ./node_modules in it, or RUN npm ci --omit=dev with package.json and its lock file",
    )


def _fills_whole(parsed: Dockerfile, each: Instruction) -> bool:
    """Whether it fills node_modules, or may: an install, a variable, all that another stage has, or what holds its own."""
    if each.keyword == "RUN":
        return bool(_INSTALLS.search(each.value))
    if each.keyword not in ("COPY", "ADD"):
        return False
    whole = {"", *(other.rest.strip("\"'/") for other in parsed.of("WORKDIR"))}
    return any(
        set("$*") & set(source)
        or re.search(r"node_modules|standalone|\.output|\bout\b|deploy|prod", source)
        or source.strip("./") in whole
        for source in each.sources
    )
