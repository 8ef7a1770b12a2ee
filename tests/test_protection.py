"""What GitHub's environments ask before a deployment: a table, and the same at the wire."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.conversation.buttons import decide
from app.conversation.outcome import Pardon
from app.model import Button, Ending, Person
from app.trust.protection import (
    AWAITS_REVIEW,
    AWAITS_TIME,
    Protection,
    Sought,
    held,
    may_approve,
    waited_out,
)
from app.verdict import verdict_of
from sandbox.github.state import FOUNDER
from sandbox.world import Sandbox
from tests.conftest import OWNER, House, eventually
from tests.test_buttons import REPORT, RUN, begun, pressed
from tests.test_orders import OLD, lane
from tests.test_previews import SAMPLE, remark, services

NOW = 1_790_000_000.0
FREE = Protection("production")
SEEN = Sought("main", protected=False, since=NOW - 60)
TAGGED = replace(SEEN, tag="v1")
REVIEWED = replace(FREE, reviewers=(Person(1, "Ada"),))


@pytest.mark.parametrize(
    ("rules", "sought", "codes"),
    [
        (FREE, SEEN, []),
        (replace(FREE, branches=("main",)), SEEN, []),
        (replace(FREE, branches=("release/*", "main")), SEEN, []),
        (replace(FREE, branches=("release/*",)), replace(SEEN, branch="release/1"), []),
        (replace(FREE, branches=("release/*",)), replace(SEEN, branch="release/1/x"), ["branch-not-allowed"]),
        (replace(FREE, branches=("release/*",)), SEEN, ["branch-not-allowed"]),
        (replace(FREE, branches=()), SEEN, ["branch-not-allowed"]),
        (replace(FREE, protected_branches=True), SEEN, ["branch-not-allowed"]),
        (replace(FREE, protected_branches=True), replace(SEEN, protected=True), []),
        (replace(FREE, wait=1), SEEN, []),
        (replace(FREE, wait=2), SEEN, [AWAITS_TIME]),
        (REVIEWED, SEEN, [AWAITS_REVIEW]),
        (REVIEWED, replace(SEEN, approved_by="ada"), []),
        (replace(REVIEWED, wait=2), SEEN, [AWAITS_TIME, AWAITS_REVIEW]),
        (replace(REVIEWED, branches=("x",)), SEEN, ["branch-not-allowed"]),
        (replace(FREE, teams=("leads",)), SEEN, [AWAITS_REVIEW]),
        (FREE, TAGGED, []),
        (replace(FREE, branches=("main",), tags=("v*",)), TAGGED, []),
        (replace(FREE, branches=("main",), tags=("r*",)), TAGGED, ["tag-not-allowed"]),
        (replace(FREE, branches=("main",), tags=()), TAGGED, ["tag-not-allowed"]),
        (replace(FREE, protected_branches=True), replace(TAGGED, protected=True), ["tag-not-allowed"]),
    ],
)
def test_a_deployment_is_held_by_its_environment(rules: Protection, sought: Sought, codes: list[str]) -> None:
    """A branch that may not is refused; time and review are waited for."""
    found = held(rules, sought, NOW)
    assert [finding.code for finding in found] == codes
    if found:
        verdict = verdict_of(found)
        waits = not codes[0].endswith("-not-allowed")
        assert verdict.ending is (Ending.AWAITING if waits else Ending.FAILED)
        assert verdict.buttons == ((Button.APPROVE if AWAITS_REVIEW in codes else Button.RETRY),)


@pytest.mark.parametrize(
    ("rules", "who", "operator", "refused"),
    [
        (REVIEWED, "ADA", False, ""),
        (REVIEWED, "bob", False, "production is approved by Ada"),
        (REVIEWED, "bob", True, "production is approved by Ada"),
        (
            replace(REVIEWED, no_self_review=True),
            "ada",
            False,
            "production takes the review of somebody else",
        ),
        (replace(REVIEWED, reviewers=(Person(0, "bob"),), no_self_review=True), "bob", False, ""),
        (replace(FREE, teams=("leads",)), "bob", False, "an operator of this ServerGem for the team leads"),
        (replace(FREE, teams=("leads",)), "bob", True, ""),
    ],
)
def test_a_listed_reviewer_approves(rules: Protection, who: str, operator: bool, refused: str) -> None:
    """Whoever is named there, whoever it is that asked, unless the environment wants somebody else."""
    told = may_approve(rules, Person(0, who), [Person(1, "Ada")], operator=operator)
    assert refused in told if refused else told == ""


def test_an_approval_is_for_one_attempt() -> None:
    """It begins the deployment again in the reviewer's name; a Retry after it asks again."""
    waiting = replace(REPORT, ending=Ending.AWAITING)
    outcome = decide(pressed("approve", report=waiting, rules=REVIEWED))
    assert outcome.words == f"ada approved {OLD[:7]} for production"
    assert begun(outcome) == {"deployments": ["run-1-again-d"]}
    assert outcome.wishes == (Pardon(lane("api"), OLD),)
    (run,) = outcome.deployments
    assert run.approved_by == "ada"
    (again,) = decide(
        pressed("retry", attempts=(replace(pressed("retry").attempts[0], run=run),))
    ).deployments
    assert again.approved_by == ""
    strange = decide(
        pressed("approve", report=waiting, rules=replace(REVIEWED, reviewers=(Person(0, "bob"),)))
    )
    assert strange.words == "ada pressed Approve, but production is approved by bob"
    assert begun(strange) == {}
    own = replace(REVIEWED, no_self_review=True)
    mine = decide(pressed("approve", report=waiting, rules=own, run=replace(RUN, pusher="ada")))
    assert begun(mine) == {}


@pytest.mark.parametrize(
    ("rules", "later", "over"),
    [
        (replace(FREE, wait=2), 119.0, False),
        (replace(FREE, wait=2), 120.0, True),
        (replace(REVIEWED, wait=2), 120.0, False),
        (replace(FREE, branches=()), 120.0, False),
        (FREE, 120.0, False),
    ],
)
def test_time_alone_ends_a_wait_for_time_alone(rules: Protection, later: float, over: bool) -> None:
    """Not before its end, and not where a person is waited for too."""
    assert waited_out(held(rules, SEEN, SEEN.since), SEEN.since + later) is over


# At the wire


@pytest.mark.long
def test_a_wait_timer_is_waited_for(world: Sandbox, tmp_path: Path) -> None:
    """Nothing is built in the first minute; then the deployment goes on by itself, once, and the check run says why."""
    house = House(world, tmp_path, settings={"OPEN_CHECKS_SECONDS": "1"})
    house.start()
    try:
        work, production = house.repository(SAMPLE), f"ServerGem / {SAMPLE} (production)"
        world.github.protect_environment(f"{OWNER}/{work.name}", "production", wait=1)
        sha = work.push("Say hello")
        held_back = house.check_run(work.name, sha, production)
        assert held_back["output"]["title"].startswith("production waits 1 minutes, until")
        assert world.google.calls["CloudBuild.CreateBuild"] == 0

        def newest() -> dict[str, Any]:
            return house.check_run(work.name, sha, production)

        eventually(lambda: newest()["conclusion"] == "success", "it to go on", house.log_tail)
        run = newest()
        assert run["id"] != held_back["id"]
        assert "The wait timer of production is over" in run["output"]["summary"]
        assert world.google.calls["CloudBuild.CreateBuild"] == 1
    finally:
        house.stop()


def test_an_environment_is_obeyed(world: Sandbox, tmp_path: Path) -> None:
    """Nothing is built before a listed reviewer has said so, and a branch that may not deploy is refused."""
    house = House(world, tmp_path)
    house.start()
    try:
        work, production = house.repository(SAMPLE), f"ServerGem / {SAMPLE} (production)"
        name = f"{OWNER}/{work.name}"
        world.github.set_permission(name, "rita", "write")
        world.github.protect_environment(name, "production", reviewers=["rita"], no_self_review=True)
        sha = work.push("Say hello")
        run = house.check_run(work.name, sha, production)
        assert run["conclusion"] == "action_required", run["output"]
        assert services(house) == set()
        assert world.google.calls["CloudBuild.CreateBuild"] == 0
        world.github.press_button(run["id"], "approve", sender=FOUNDER)
        eventually(
            lambda: remark(house, work, sha, "but production", production), "an answer", house.log_tail
        )
        world.github.press_button(run["id"], "approve", sender="rita")
        eventually(lambda: services(house) == {SAMPLE}, "the service", house.log_tail)
        world.github.protect_environment(name, "production", branches=["release/*"])
        refused = house.check_run(work.name, work.push("More", **{"n.txt": "1"}), production)
        assert refused["conclusion"] == "failure"
        assert refused["output"]["title"] == "The environment production takes nothing from main"
    finally:
        house.stop()
