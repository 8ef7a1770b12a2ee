"""Packages of the repository itself, which no registry has: what an install, or a start, lacks of them."""

from __future__ import annotations

import re

from app.diagnosis.instructions import failing_dockerfile, find_instruction
from app.diagnosis.javascript.packages import Package, packages
from app.diagnosis.left_out import LeftOut, left_out
from app.diagnosis.rule import Hit
from app.dockerfile import Instruction

_INSTALLS = re.compile(r"\b(?:npm|pnpm|yarn|bun)\b[^&|;]*\b(?:ci|i|install)\b|^yarn$")


def own(hit: Hit, named: str) -> Package | None:
    """The package of this repository with this name, or in this folder; never the one at the root."""
    named = named.removeprefix("./").rstrip("/")
    return next((each for each in packages(hit) if each.folder and named in (each.name, each.folder)), None)


def not_at_install(hit: Hit, each: Package) -> LeftOut | None:
    """Why the install did not see this package: its package.json is not in the image by then."""
    return left_out(hit, each.path, _install(hit))


def _install(hit: Hit) -> Instruction | None:
    """The first instruction that installs, in the stage of what failed."""
    found = failing_dockerfile(hit)
    if found is None:
        return None
    ran = find_instruction(
        found[1], hit.section.instruction or hit.transcript.failed_instruction, hit.section.stage
    )
    return next(
        (
            each
            for each in found[1].of("RUN")
            if _INSTALLS.search(each.value) and (ran is None or each.stage == ran.stage)
        ),
        None,
    )
