"""Python's exceptions that come from no line of the repository: what packages and the servers behind them say."""

from __future__ import annotations

from app.diagnosis.dependencies import dependency
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.python.reading_errors import blamed_frame
from app.diagnosis.rules.python.reading_reports import REPORTS
from app.diagnosis.rules.python.reading_saying import raised, said_elsewhere, said_in_ours

RULES: tuple[Rule, ...] = (
    Rule(
        code="python-says",
        pattern=r"^(?P<kind>(?:\w+\.)*_?[A-Z]\w*(?:Error|Exception|Violation|Table|Privilege)): (?P<said>.+)",
        read=said_in_ours,
        place=blamed_frame,
        rank=Rank.ROOT,
        title="{said}",
        message="{kind}: {said}{where}.",
        fix="{advice}",
    ),
    Rule(
        code="python-says",
        pattern=r"^(?P<kind>(?:\w+\.)*_?[A-Z]\w*(?:Error|Exception|Required|Violation|Table|Privilege)): (?P<said>.+)",
        read=said_elsewhere,
        title="{said}",
        message="{kind}: {said}",
        fix="{advice}",
    ),
    Rule(
        code="python-raised",
        pattern=r"^(?P<kind>(?:\w+\.)*_?[A-Z]\w*(?:Error|Exception|Required|NotFound|Configured)): (?P<said>.+)",
        read=raised,
        place=dependency("python", "package"),
        rank=Rank.SYMPTOM,
        title="{kind}: {said}",
        message="{kind}: {said}",
        fix="{advice}",
    ),
    Rule(
        code="python-tool",
        pattern=REPORTS.pattern,
        read=REPORTS.read,
        title="{title}",
        message="{told}.",
        fix="{advice}",
    ),
)
