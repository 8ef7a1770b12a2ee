"""Versions that do not go together: a tool, a library or a package is here in another one than is asked for."""

from __future__ import annotations

from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.machine.reading_versions import VERSIONS

RULES: tuple[Rule, ...] = (
    Rule(
        code="version-asked-for",
        pattern=VERSIONS.pattern,
        read=VERSIONS.read,
        place=VERSIONS.place,
        rank=Rank.ROOT,
        title="{title}",
        message="{told}.",
        fix="{advice}",
    ),
)
