"""PHP's messages whose words tell what to do, whichever file they come from."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.rule import Rule
from app.diagnosis.rules.php.reading_sayings import SAYINGS

RULES: tuple[Rule, ...] = (
    Rule(
        code="php-says",
        pattern=SAYINGS.pattern,
        read=SAYINGS.read,
        place=failing_instruction,
        title="{title}",
        message="{told}.",
        fix="{advice}",
    ),
)
