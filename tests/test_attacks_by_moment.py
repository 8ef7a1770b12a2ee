"""Attacks by the moment: what is changed, taken back or said between a decision and its act."""

from __future__ import annotations

import pytest

from sandbox.github.state import FOUNDER
from tests.conftest import OWNER, House, Work, eventually
from tests.test_attacks import deliver, last, settled
from tests.test_conversation import PRODUCTION, answer, say
from tests.test_previews import SAMPLE, gone, live, opened, preview, remark, services, told_live

HOME = f"{OWNER}/{SAMPLE}"


def slow(house: House, method: str, seconds: float = 2.0) -> None:
    house.world.faults.add(method, 1, kind="delay", seconds=seconds)


def traffic(house: House) -> dict[str, int]:
    return dict(house.world.runner.traffic(SAMPLE))


def pushed_while_slow(house: House, work: Work, method: str, **files: str) -> str:
    """A push to main whose deployment is at this call now."""
    before = house.world.google.calls[method]
    slow(house, method)
    work.git("checkout", "-q", "main")
    sha = work.push("Newer", **(files or {"newer.txt": "1"}))
    eventually(lambda: house.world.google.calls[method] > before, f"its {method}", house.log_tail)
    return sha


def test_what_is_not_said_any_more_is_not_obeyed(house: House) -> None:
    """A comment that was deleted before it was heard, edited into a command, or brought again after a restart."""
    work = live(house)
    number, sha = opened(house, work)
    assert preview(house, work, sha)["conclusion"] == "success", house.log_tail()
    told_live(house, work, number)
    github, shown = house.world.github, f"{SAMPLE}-pr-{number}"
    github.deliveries.settle()
    github.deliveries.hold()
    github.delete_comment(say(house, work, number, "/preview off"))
    github.deliveries.release([])
    github.edit_comment(say(house, work, number, "/status"), "/preview off")
    answer(house, work, number, "| Service | Where")
    settled(house)
    assert shown in services(house)
    say(house, work, number, "/preview off")
    gone(house, shown)
    said = last(house, "issue_comment", "created")
    say(house, work, number, "/preview on")
    eventually(lambda: shown in services(house), "its return", house.log_tail)
    settled(house)
    house.stop()
    house.start()
    assert deliver(house, "issue_comment", said).status_code == 202
    assert deliver(house, "issue_comment", said | {"again": 1}).status_code == 202
    settled(house)
    assert shown in services(house)


def test_a_lock_holds_what_is_under_way(house: House) -> None:
    """Said while a commit is built, it holds that before anything serves it; `/unlock` lets it go."""
    work = live(house)
    number, head = opened(house, work)
    assert preview(house, work, head)["conclusion"] == "success", house.log_tail()
    told_live(house, work, number)
    before = traffic(house)
    sha = pushed_while_slow(house, work, "CloudBuild.GetBuild")
    say(house, work, number, "/lock sale")
    answer(house, work, number, "Locked")
    assert eventually(lambda: remark(house, work, sha, f"Locked by {FOUNDER}: sale", PRODUCTION), "its wait")
    assert traffic(house) == before
    say(house, work, number, "/unlock")
    assert house.ended(sha)["ending"] == "live", house.log_tail()


def test_a_rollback_while_traffic_moves_ends_as_it_says(house: House) -> None:
    """Said while a newer commit takes the traffic: what served before serves in the end, and the newer one gave way."""
    work = live(house)
    first = traffic(house)
    second = work.push("Second", **{"n.txt": "2"})
    assert house.ended(second)["ending"] == "live", house.log_tail()
    number, head = opened(house, work)
    assert preview(house, work, head)["conclusion"] == "success", house.log_tail()
    told_live(house, work, number)
    third = pushed_while_slow(house, work, "Services.UpdateService")
    say(house, work, number, "/rollback")
    answer(house, work, number, "serves again")
    settled(house)
    assert traffic(house) == first
    assert [each["ending"] for each in house.deployments() if each["sha"] == third] == ["superseded"]


@pytest.mark.parametrize("promoted", [False, True], ids=["asked for", "promoted"])
def test_what_a_branch_has_no_more_does_not_go_where_that_branch_decides(
    house: House, promoted: bool
) -> None:
    """Asked for while production's branch had it, and pushed away from there, unheard, before the traffic moved."""
    work = house.repository(SAMPLE)
    environments = "{production: {branch: main}, staging: {branch: develop}, other: {branch: other}}"
    first = work.push("Say hello", **{"servergem.yml": f"environments: {environments}\n"})
    assert house.ended(first, "production")["ending"] == "live", house.log_tail()
    before = traffic(house)
    work.git("push", "-q", "origin", "HEAD:other")
    sha = work.push("An idea", branch="develop", **{"idea.txt": "1"})
    assert house.ended(sha, "staging")["ending"] == "live", house.log_tail()
    number = house.world.github.open_pull_request(HOME, "develop", "other")
    assert house.ended(sha, "preview")["ending"] == "live", house.log_tail()
    work.push("Merge it [skip ci]")
    house.world.github.deliveries.settle()
    calls = house.world.google.calls["Services.UpdateService"]
    slow(house, "Services.UpdateService")
    if promoted:
        run = house.check_run(SAMPLE, sha, f"ServerGem / {SAMPLE} (staging)")
        house.world.github.press_button(run["id"], "promote")
    else:
        say(house, work, number, f"/deploy production {sha}")
    eventually(lambda: house.world.google.calls["Services.UpdateService"] > calls, "it", house.log_tail)
    work.git("reset", "-q", "--hard", first)
    work.git("commit", "-q", "--allow-empty", "-m", "Not that one [skip ci]")
    work.git("push", "-q", "--force", "origin", "HEAD:main")
    ended = house.ended(sha, "production")
    assert ended["title"].endswith(f"the branch main does not have {sha[:7]} any more"), house.log_tail()
    assert traffic(house) == before
