"""PHP's messages whose words tell what to do, whichever file they come from."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.rule import Rule
from app.diagnosis.rules.php.reading_sayings import SAYINGS
from app.diagnosis.sayings import hearing, pattern_of

RULES: tuple[Rule, ...] = (
    Rule(
        code="php-says",
        pattern=pattern_of(SAYINGS),
        read=hearing(SAYINGS),
        place=failing_instruction,
        title="{title}",
        message="{said}",
        fix="{advice}.",
    ),
)
