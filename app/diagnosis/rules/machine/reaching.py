"""Names, certificates and proxies: what stands between the program or the build and another machine."""

from __future__ import annotations

from app.diagnosis.rule import Rank, Rule, unless
from app.diagnosis.rules.machine.reading_sayings import REACHING
from app.diagnosis.rules.python.reading_servers import unfilled
from app.model import Blame

RULES: tuple[Rule, ...] = (
    Rule(
        code="unreachable",
        pattern=REACHING.pattern,
        read=unless(REACHING.read, unfilled, r"socket\.gaierror: \[Errno -[23]\] Name or service not known"),
        blame=Blame.UNKNOWN,
        rank=Rank.CAUSE,
        title="{title}",
        message="{told}.",
        fix="{advice}",
    ),
)
