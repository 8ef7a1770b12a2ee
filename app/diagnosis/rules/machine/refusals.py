"""A database, a cache or a queue that does not serve the program: what it answered, whoever printed that."""

from __future__ import annotations

from app.diagnosis.rule import Rule
from app.diagnosis.rules.machine.reading_refusals import REFUSALS
from app.diagnosis.sayings import hearing, pattern_of

RULES: tuple[Rule, ...] = (
    Rule(
        code="server-refused",
        pattern=pattern_of(REFUSALS),
        read=hearing(REFUSALS),
        nowhere=True,
        title="{title}",
        message="{said}",
        fix="{advice}.",
        link="https://cloud.google.com/run/docs/configuring/services/environment-variables",
    ),
)
