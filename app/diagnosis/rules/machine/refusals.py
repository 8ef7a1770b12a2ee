"""A database, a cache or a queue that does not serve the program: what it answered, whoever printed that."""

from __future__ import annotations

from app.diagnosis.rule import Rule
from app.diagnosis.rules.machine.reading_refusals import REFUSALS

RULES: tuple[Rule, ...] = (
    Rule(
        code="server-refused",
        pattern=REFUSALS.pattern,
        read=REFUSALS.read,
        nowhere=True,
        title="{title}",
        message="{told}.",
        fix="{advice}",
        link="https://cloud.google.com/run/docs/configuring/services/environment-variables",
    ),
)
