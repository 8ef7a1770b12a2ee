"""A rollout that does not go well, at the wire: ill steps, conflicts, traffic that stays where it was, rollbacks."""

from __future__ import annotations

import pytest

from tests.conftest import House, Work, answer_of, eventually
from tests.test_conversation import answer, say
from tests.test_previews import opened

SAMPLE = "hello-python"
STEPS = "services:\n  hello-python:\n    rollout: [10, 100]\n"
PRIVATE = STEPS + "    public: false\n"
# Well while it is verified, and ill from then on: what a database connection that runs out looks like.
# As a virtual machine's first request: longer than a bad answer is waited for.
SLEEPS_ONCE = "__import__('time').sleep(1.5 if not asked else 0); asked += 1"
FALLS_ILL = """
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

asked = 0


class Fading(BaseHTTPRequestHandler):
    def do_GET(self):
        global asked
        asked += 1
        if asked > WELL:
            print("pool exhausted: no connection is free", flush=True)
            self.send_error(500, "no connection is free")
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"well")


HTTPServer(("0.0.0.0", int(os.environ["PORT"])), Fading).serve_forever()
"""


def served(house: House, config: str) -> tuple[Work, dict[str, str]]:
    """A service that is live, and its deployment."""
    work = house.repository(SAMPLE)
    deployment = house.ended(work.push("Say hello", **{"servergem.yml": config}))
    assert deployment["ending"] == "live", house.log_tail()
    return work, deployment


def still(good: dict[str, str]) -> str:
    """What a run that went wrong says of the deployment that people still reach: address, commit, revision."""
    return f"**[{good['url']}]({good['url']})** serves commit `{good['sha'][:7]}` as `{good['revision']}`."


@pytest.mark.parametrize("config", [STEPS, PRIVATE], ids=["public", "private"])
def test_a_revision_that_turns_ill_goes_back(house: House, config: str) -> None:
    """Ill with 10 % of the traffic: all of it goes back, and the check run says what it said and what serves."""
    work, good = served(house, config)
    sha = work.push("Use the pool up", **{"main.py": FALLS_ILL.replace("WELL", "3")})
    assert house.ended(sha)["ending"] == "failed"
    assert house.world.runner.traffic(SAMPLE) == {good["revision"]: 100}
    run = house.check_run(SAMPLE, sha)
    assert run["output"]["title"] == "hello-python gave HTTP 500 with 10 % of the traffic"
    summary = run["output"]["summary"]
    assert f"put back: 100 % {good['revision']}" in summary
    assert still(good) in summary
    assert "### Container log of hello-python-" in run["output"]["text"]
    assert "pool exhausted" in run["output"]["text"]


def test_one_bad_answer_is_no_illness(house: House) -> None:
    """Of several answers of a step one may be bad: a rollout is not given up for an accident."""
    work, _ = served(house, STEPS)
    once = FALLS_ILL.replace("asked > WELL", "asked == 4")
    sha = work.push("Stumble once", **{"main.py": once})
    assert house.ended(sha)["ending"] == "live", house.log_tail()


def test_a_change_by_somebody_else_is_read_again(house: House) -> None:
    """Cloud Run refuses what was decided on an old state; it is read again, and the deployment goes on."""
    work, _ = served(house, STEPS)
    # That it would be taken, and on a base image of Google's too.
    house.world.faults.add("Services.UpdateService", 2, "delay", seconds=0.01)
    house.world.faults.add("Services.UpdateService", 1, status="ABORTED")
    house.world.faults.add("Services.UpdateService", 1, "delay", seconds=0.01)
    house.world.faults.add("Services.UpdateService", 1, status="ABORTED")
    deployment = house.ended(work.push("Go on", **{"n.txt": "1"}))
    assert deployment["ending"] == "live", house.log_tail()
    assert house.world.runner.traffic(SAMPLE) == {deployment["revision"]: 100}


def test_traffic_that_stays_where_it_was_is_found_out(house: House) -> None:
    """A change that was accepted and not carried out is no success; it is Google's, and what serves is said."""
    work, good = served(house, "services:\n  hello-python: {}\n")
    house.world.google.behaviour.stuck_traffic = 1
    sha = work.push("Go on", **{"n.txt": "1"})
    assert house.ended(sha)["ending"] == "not-yours", house.log_tail()
    run = house.check_run(SAMPLE, sha)
    assert run["conclusion"] == "neutral"
    assert "Cloud Run does not send hello-python's traffic to" in run["output"]["title"]
    assert still(good) in run["output"]["summary"]
    assert house.world.runner.traffic(SAMPLE) == {good["revision"]: 100}


def test_googles_trouble_is_no_red_cross_on_a_branch(house: House) -> None:
    """After its retries a push that Google would not build is neutral, and says what still serves."""
    work, good = served(house, "services:\n  hello-python: {}\n")
    house.world.faults.add("CloudBuild.CreateBuild", 50)
    sha = work.push("Go on", **{"n.txt": "1"})
    assert house.ended(sha)["ending"] == "not-yours", house.log_tail()
    run = house.check_run(SAMPLE, sha)
    assert run["conclusion"] == "neutral"
    assert still(good) in run["output"]["summary"]
    assert answer_of(good["url"]).status_code == 200


def test_a_health_check_that_fails_shows_what_the_container_said(house: House) -> None:
    """The revision answers 500: its own log is shown as its own, and the line that raised is annotated."""
    house.settings["VERIFY_DEADLINE"] = "3"
    house.stop()
    house.start()
    work = house.repository(SAMPLE)
    broken = FALLS_ILL.replace('print("pool exhausted: no connection is free", flush=True)', "int('x')")
    sha = work.push("Break", **{"main.py": broken.replace("WELL", "0")})
    assert house.ended(sha)["ending"] == "failed"
    run = house.check_run(SAMPLE, sha)
    assert run["output"]["title"].startswith("main.py line 13: ValueError"), run["output"]["title"]
    assert " at /. The new revision started" in run["output"]["summary"], run["output"]["summary"][:900]
    assert "### Container log of" in run["output"]["text"]
    assert "Build log" not in run["output"]["text"]
    notes = house.world.github.annotations(run["id"])
    assert ("main.py", 13) in [(note["path"], note["start_line"]) for note in notes], run["output"]


def test_a_slow_start_is_waited_for(house: House) -> None:
    """The first answer may take as long as an instance may take to start; only what answers badly has less time."""
    house.settings["VERIFY_DEADLINE"] = "0.5"
    house.stop()
    house.start()
    slow = FALLS_ILL.replace("asked > WELL", "False").replace("asked += 1", SLEEPS_ONCE)
    sha = house.repository(SAMPLE).push("Start slowly", **{"main.py": slow})
    assert house.ended(sha)["ending"] == "live", house.log_tail()


def test_a_bad_commit_does_not_come_again_by_itself(house: House) -> None:
    """After a rollback another push of the same commit deploys nothing; Re-run deploys it after all."""
    work, good = served(house, "services:\n  hello-python: {}\n")
    bad = work.push("Worse", **{"n.txt": "2"})
    assert house.ended(bad)["ending"] == "live", house.log_tail()
    run = house.check_run(SAMPLE, bad)
    house.world.github.press_button(run["id"], "roll-back")
    old = {good["revision"]: 100}
    eventually(lambda: house.world.runner.traffic(SAMPLE) == old, "the old traffic", house.log_tail)
    first = work.git("rev-parse", "HEAD~1")
    # The branch goes back and comes again: a new delivery of the very commit that was taken back.
    work.git("push", "-q", "--force", "origin", f"{first}:main")
    eventually(
        lambda: len([d for d in house.deployments() if d["sha"] == first and d["ending"]]) > 1,
        "the push of the commit before",
        house.log_tail,
    )
    work.git("push", "-q", "origin", f"{bad}:main")
    eventually(
        lambda: next((d for d in house.deployments() if d["sha"] == bad and d["ending"] == "skipped"), None),
        "a run that is skipped",
        house.log_tail,
    )
    assert bad[:7] not in "".join(house.world.runner.traffic(SAMPLE))


def test_a_rollback_does_not_wait_behind_a_lock(house: House) -> None:
    """Whoever locked a service to look into it can still take the bad commit back; what waits says why it ended."""
    work, good = served(house, "services:\n  hello-python: {}\n")
    bad = work.push("Worse", **{"n.txt": "2"})
    live = house.ended(bad)
    assert live["ending"] == "live", house.log_tail()
    run = house.check_run(SAMPLE, bad)
    number, _ = opened(house, work)
    say(house, work, number, "/lock looking into it")
    answer(house, work, number, "Locked")
    work.git("checkout", "-q", "main")

    def locked() -> bool:
        return "Locked by" in str(house.deployments())

    waiting = work.push("Wait", **{"n.txt": "3"})
    eventually(locked, "a run that waits for the lock", house.log_tail)
    house.world.github.press_button(run["id"], "roll-back")
    old = {good["revision"]: 100}
    eventually(lambda: house.world.runner.traffic(SAMPLE) == old, "the old traffic", house.log_tail)
    title = house.check_run(SAMPLE, waiting, f"ServerGem / {SAMPLE} (production)")["output"]["title"]
    assert title.startswith("Stopped before it took traffic: ") and title.endswith(f"rolled {SAMPLE} back")
