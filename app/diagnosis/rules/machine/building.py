"""What is built from source: a tool's own last word where no line of a file is named."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.rule import Rule
from app.diagnosis.rules.machine.reading_sayings import BUILDING

RULES: tuple[Rule, ...] = (
    Rule(
        code="build-says",
        pattern=BUILDING.pattern,
        read=BUILDING.read,
        place=failing_instruction,
        title="{title}",
        message="{told}.",
        fix="{advice}",
    ),
)
