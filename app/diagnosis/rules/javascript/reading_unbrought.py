"""Why the image has no tool that a package brings: not asked for, left out, in another stage, or not in what runs."""

from __future__ import annotations

import re

from app.diagnosis.instructions import failing_dockerfile, find_instruction
from app.diagnosis.javascript.packages import package
from app.diagnosis.javascript.workspaces import not_at_install
from app.diagnosis.rule import Hit
from app.diagnosis.transcript import Kind
from app.dockerfile import Dockerfile, Instruction

_INSTALLS = re.compile(r"\b(?:npm|pnpm|yarn|bun)\b[^&|;]*\b(?:ci|i|install|add)\b|^yarn(?: --[\w-]+)*$")


def not_brought(hit: Hit, brings: str, group: str, omits: bool) -> tuple[str, str]:
    """Why a tool's package is not in the image, and what to do; `omits`: its group was not installed."""
    if omits:
        return (
            "it is a development dependency that was not installed",
            f"{brings} is in devDependencies, which this install leaves out: install them for the build (npm ci --include=dev), or move {brings} to dependencies.",
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
