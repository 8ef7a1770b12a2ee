"""What the journal and the rows hold under words of before is read by the code of today."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter

from app.conversation.outcome import Outcome
from app.model import LookAtPullRequest, PressButton, Repository
from app.start import Waited
from app.store.previews import PreviewRow
from app.store.traffic import Shift

HOME = Repository(1, "acme", "api", 7)
LOOK = LookAtPullRequest(HOME, 12, "d")
ROW = PreviewRow("lane", 1, "acme", "api", 7, 12, "api", "api-pr-12", "p", "r", False, "a" * 40)
CASES: dict[str, tuple[Any, dict[str, str]]] = {
    "a press": (
        PressButton(HOME, "a" * 40, "main", "retry", "ada", "d", deployment_id="run"),
        {"deployment_id": "run_id"},
    ),
    "a wait": (Waited("run", 7.0), {"deployment_id": "run_id"}),
    "a shift": (Shift("run", "lane", "a" * 40, "api-1", "", ()), {"deployment_id": "run_id"}),
    "an outcome": (Outcome("w", looks=(LOOK,)), {"looks": "reviews"}),
    "a preview": (replace(ROW, deployment_id="run"), {"deployment_id": "run_id"}),
}


@pytest.mark.parametrize("claim", CASES)
def test_the_words_of_before_are_read(claim: str) -> None:
    """Each is what it was, under either word."""
    wanted, before = CASES[claim]
    adapter = TypeAdapter(type(wanted))
    written = adapter.dump_python(wanted, mode="json")
    assert adapter.validate_python(written) == wanted
    old = {before.get(name, name): value for name, value in written.items()}
    assert old != written and adapter.validate_python(old) == wanted
