"""Go: tests that failed."""

from __future__ import annotations

from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.go.reading_packages import TRACE, at
from app.diagnosis.rules.go.reading_tests import test, test_alone, test_function

RULES: tuple[Rule, ...] = (
    Rule(
        code="go-test",
        pattern=r"^\s+(?P<path>[\w./-]+\.go):(?P<line>\d+):(?: (?P<said>.*))?$",
        read=test,
        place=at,
        many=True,
        rank=Rank.ROOT,
        title="{test}: {said}",
        message="{test} failed at {path}:{line}: {said}",
        fix="Correct the code so that {test} holds, or the test if it expects the wrong thing.",
    ),
    Rule(
        code="go-test",
        pattern=r"^\s*--- FAIL: (?P<test>\S+)",
        read=test_alone,
        place=test_function,
        rank=Rank.SYMPTOM,
        title="{test} failed",
        message="--- FAIL: {test} {said}",
        fix="Correct the code so that {test} holds, or the test.",
    ),
    Rule(
        code="go-race",
        pattern=r"^WARNING: DATA RACE",
        read=lambda hit: {} if TRACE.deepest(hit) else None,
        place=TRACE.deepest,
        rank=Rank.ROOT,
        title="DATA RACE: two goroutines use the same variable",
        message="WARNING: DATA RACE: race detected during execution.",
        fix="Guard the variable on this line with a sync.Mutex, or pass it through a channel.",
    ),
)
