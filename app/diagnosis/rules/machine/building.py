"""What is built from source: a tool's own last word where no line of a file is named."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.rule import Rule
from app.diagnosis.rules.machine.reading_sayings import BUILDING
from app.diagnosis.sayings import hearing, pattern_of

RULES: tuple[Rule, ...] = (
    Rule(
        code="build-says",
        pattern=pattern_of(BUILDING),
        read=hearing(BUILDING),
        place=failing_instruction,
        title="{title}",
        message="{said}",
        fix="{advice}.",
    ),
)
