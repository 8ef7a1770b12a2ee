"""Node's own error codes (ERR_… and the system's E…) that no other row knows."""

from __future__ import annotations

from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_node_codes import NODE
from app.diagnosis.transcript import Kind

RULES: tuple[Rule, ...] = (
    Rule(
        code="node-code",
        only=frozenset(Kind),
        pattern=NODE.pattern,
        read=NODE.read,
        place=NODE.place,
        rank=Rank.ROOT,
        title="{title}",
        message="{told}.",
        fix="{advice}",
        link="https://nodejs.org/api/errors.html",
    ),
)
