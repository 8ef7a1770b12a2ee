"""What /readyz asks, and how long an answer is kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.process.readiness import Answer, NotYet, Readiness, Starting


def asked(*ends: Exception | None) -> tuple[Readiness, list[Answer]]:
    """One whose only question ends in these ways, one after the other; and the answers to two requests."""
    coming: Iterator[Exception | None] = iter(ends)

    def question() -> None:
        if (error := next(coming)) is not None:
            raise error

    readiness = Readiness(lambda: {"google": question})
    return readiness, [readiness.answers()["google"] for _ in range(2)]


def test_who_has_started_is_ready_at_once() -> None:
    """An answer from while it starts is kept for nobody."""
    assert asked(Starting(), None)[1] == [Answer(False, "ServerGem is starting", starting=True), Answer(True)]


@pytest.mark.parametrize("end", [None, NotYet("No worker is alive."), OSError("nobody answers")])
def test_any_other_answer_is_kept(end: Exception | None) -> None:
    """However many ask, the question is asked once."""
    first, second = asked(end)[1]
    assert first == second and first.ok == (end is None)
