"""Names, certificates and proxies: what stands between the program or the build and another machine."""

from __future__ import annotations

from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.machine.reading_sayings import REACHING
from app.diagnosis.sayings import hearing, pattern_of
from app.model import Blame

RULES: tuple[Rule, ...] = (
    Rule(
        code="unreachable",
        pattern=pattern_of(REACHING),
        read=hearing(REACHING),
        blame=Blame.UNKNOWN,
        rank=Rank.CAUSE,
        title="{title}",
        message="{said}",
        fix="{advice}.",
    ),
)
