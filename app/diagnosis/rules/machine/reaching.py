"""Names, certificates and proxies: what stands between the program or the build and another machine."""

from __future__ import annotations

from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.machine.reading_sayings import REACHING
from app.model import Blame

RULES: tuple[Rule, ...] = (
    Rule(
        code="unreachable",
        pattern=REACHING.pattern,
        read=REACHING.read,
        blame=Blame.UNKNOWN,
        rank=Rank.CAUSE,
        title="{title}",
        message="{told}.",
        fix="{advice}",
    ),
)
