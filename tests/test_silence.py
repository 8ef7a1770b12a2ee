"""Where a log has no line: each kind of deployment says why, on its page, in the API and at the terminal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.model import Commit, Ending, Report, Repository, Row, RowState
from app.report import silence
from app.store import Store
from sandbox.world import Sandbox
from tests.test_pages import LANE, site

COMMIT = Commit(Repository(7, "acme", "shop", 1), "a" * 40, "main", "A change")
NEW = Report(COMMIT, "ServerGem / shop (production)")
SOURCE = "not built: the source runs on Google's python314"


def building(state: RowState, started: float = 0.0, note: str = "", log_url: str = "") -> Report:
    row = Row("Build image", state, started, started and started + 4, (note,) if note else ())
    return replace(NEW, rows=(Row("Read configuration", RowState.DONE, 1.0, 2.0), row), log_url=log_url)


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (NEW, "Nothing was printed yet."),
        (building(RowState.WAITING), "Nothing was printed yet."),
        (building(RowState.RUNNING, 3.0), "Nothing was printed yet."),
        (replace(NEW, ending=Ending.SKIPPED), "ended before anything was built"),
        (replace(NEW, ending=Ending.AWAITING), "before a person approves"),
        (building(RowState.SKIPPED), "ended before anything was built"),
        (building(RowState.SKIPPED, 3.0), "ended before a build began"),
        (building(RowState.FAILED, 3.0, "attempt 2 of 3"), "ended before a build began"),
        (building(RowState.FAILED, 3.0, log_url="https://x.example"), "The build printed nothing."),
        (building(RowState.DONE, 3.0, SOURCE), f"there is no log of one. N{SOURCE[1:]}."),
        (replace(NEW, rows=(Row("Move traffic", RowState.DONE),)), "This builds nothing"),
        (replace(building(RowState.DONE, 3.0), log_tail=("a line",)), "not kept any more"),
    ],
)
def test_each_silence_has_its_reason(report: Report, said: str) -> None:
    """Nothing is left empty without a word, and a retry is not given as what was taken instead of a build."""
    assert said in silence(report) and "attempt" not in silence(report)


def a_kind_each(store: Store, shop: Repository) -> None:
    """What waits for an approval, what was superseded while it was built, and a copy that is gone."""
    commit = replace(COMMIT, repository=shop)
    merge = ("`shop` in production is deployed",)
    for id_, report in {
        "waits": replace(NEW, ending=Ending.AWAITING, ending_note="Waits"),
        "over": replace(building(RowState.SKIPPED, 3.0), ending=Ending.SUPERSEDED, ending_note="Superseded"),
        "gone": replace(NEW, ending=Ending.LIVE, gone="Preview removed", merge=merge),
    }.items():
        report = replace(report, commit=commit, deployment_id=id_)
        store.deployments.opened(id_, report, f"{shop.id}{LANE}")
        store.deployments.ended(id_, report)


def test_a_page_of_each_kind_says_how_it_is(world: Sandbox, tmp_path: Path) -> None:
    """Stages that were never begun, one that was stopped, a copy that was live; commands stand as code."""
    with site(world, tmp_path, a_kind_each, PAGES="open") as pages:
        waits, over, gone = (
            pages.browser().get(f"/deployments/{each}").text for each in ("waits", "over", "gone")
        )
    assert "None has begun." in waits and "worked for" not in waits and "console.cloud" not in waits
    assert "before a person approves" in waits
    assert "Stopped after 4.0 s" in over and "Google Cloud console" in over
    assert "Removed" in gone and ">Live<" not in gone and "<code>shop</code> in production" in gone
