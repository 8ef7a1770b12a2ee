"""Where a rollback gives the traffic back to, and how that is said: a table, and no process."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from app.model import Stop, Traffic
from app.stages.roll_back import Return, destination
from app.store.traffic import Shift

OLD, NEW, BAD = ("aaaaaaa" + "0" * 33, "bbbbbbb" + "0" * 33, "ccccccc" + "0" * 33)
SPLIT = (Traffic("r-new", 60), Traffic("r-old", 40))


def shift(sha: str, revision: str, *before: Traffic) -> Shift:
    return Shift(f"run-{revision}", "lane", sha, revision, "https://api.example", before)


FIRST, SECOND = shift(OLD, "r-old"), shift(NEW, "r-new", Traffic("r-old", 100))


@dataclass(frozen=True)
class Case:
    """The newest shift of a lane with what it replaced, the commit that is asked for, and what is said."""

    newest: Shift
    to: str
    told: str
    sha: str


CASES = {
    "the one before": Case(shift(BAD, "r-bad", Traffic("r-new", 100)), "", "bbbbbbb serves", NEW),
    "both of a split, with their shares": Case(
        shift(BAD, "r-bad", *SPLIT), "", "bbbbbbb with 60 % and aaaaaaa with 40 % serve", NEW
    ),
    "a split with what is not ours": Case(
        shift(BAD, "r-bad", Traffic("by-hand", 50), Traffic("r-new", 30), Traffic("r-old", 20)),
        "",
        "by-hand with 50 %, bbbbbbb with 30 % and aaaaaaa with 20 % serve",
        "",
    ),
    "a tag without traffic is no share": Case(
        shift(BAD, "r-bad", Traffic("r-new", 100), Traffic("r-old", 0, "old")), "", "bbbbbbb serves", NEW
    ),
    "the commit that is named": Case(shift(BAD, "r-bad", *SPLIT), "AAAAAAA", "aaaaaaa serves", OLD),
    "what was not ours": Case(shift(BAD, "r-bad", Traffic("by-hand", 100)), "", "by-hand serves", ""),
}


@pytest.mark.parametrize("claim", CASES)
def test_a_rollback_says_what_serves_then(claim: str) -> None:
    """Each row: what served, what is asked for, and the words."""
    case = CASES[claim]
    back = destination([case.newest, SECOND, FIRST], case.to)
    assert (back.told, back.sha) == (case.told, case.sha)


def test_what_the_journal_kept_before_is_said_as_before() -> None:
    """A return that was written down without its words has its commit."""
    assert Return((Traffic("r-new", 100),), NEW, "100 % r-new").told == "bbbbbbb serves"


def test_nothing_to_go_back_to_stops() -> None:
    """A first deployment, a commit that never served, and a lane where nothing was deployed."""
    for shifts, to in (([], ""), ([FIRST], ""), ([SECOND, FIRST], "1234567")):
        with pytest.raises(Stop):
            destination(shifts, to)
