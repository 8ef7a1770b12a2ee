"""Whose a service is: a table of labels, and what a repository tries with another one's service at the wire."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner

from app import config
from app.cli.commands import main
from app.model import Commit, Preview, Repository, ServiceConfig, Target
from app.trust.ownership import claim, is_ours, not_ours
from sandbox.world import PROJECT
from tests.conftest import OWNER, House, Work, answer_of, eventually
from tests.test_conversation import say
from tests.test_previews import live, opened, services

APP, REGION = "4711", "europe-west1"
COMMIT = Commit(Repository(7, "acme", "toy", 42, "main"), "a" * 40, "main")
TARGET = Target("p", REGION, "production", ServiceConfig("api"), owner=7)
PREVIEW = replace(TARGET, service=ServiceConfig("api-pr-1"), preview=Preview(1))


@pytest.mark.parametrize(
    ("labels", "target", "ours"),
    [
        (claim(APP, 7), TARGET, True),
        (claim(APP, 7) | {"team": "shop"}, TARGET, True),
        (claim(APP, 8), TARGET, False),
        (claim("4712", 7), TARGET, False),
        ({}, TARGET, False),
        ({"repository-id": "7", "github-app": APP}, TARGET, False),
        (claim(APP, 7, 1), TARGET, False),
        (claim(APP, 7, 1), PREVIEW, True),
        (claim(APP, 7, 2), PREVIEW, False),
        (claim(APP, 7), PREVIEW, False),
        (claim(APP, 8, 1), PREVIEW, False),
    ],
)
def test_a_service_is_ours_by_its_labels(labels: dict[str, str], target: Target, ours: bool) -> None:
    """Only with this App's mark, this repository's id, and, for a preview, its pull request's number."""
    assert is_ours(labels, APP, 7, target) is ours


def test_the_refusal_says_whose_it_is_and_how_it_is_handed_over() -> None:
    """The owner's id, the preview's number or nobody at all, and the command with everything in it."""
    other = not_ours(claim(APP, 8, 3), COMMIT, TARGET)
    assert "the preview of pull request 3 of the repository with the id 8" in other.message
    assert "ServerGem did not make it" in not_ours({}, COMMIT, TARGET).message
    assert "servergem adopt api --repository acme/toy --project p --region europe-west1" in other.fix


def test_two_repositories_never_share_a_lane() -> None:
    """The same service in the same place has a lane of its own for each repository."""
    read = config.read("services: {api: {}}", repository_name="toy")
    lanes = {
        config.targets(read, branch="main", project="p", region=REGION, default_branch="main", owner=owner)[
            0
        ].lane
        for owner in (7, 8)
    }
    assert len(lanes) == 2


PAYMENTS = "services: {hello-python: {}}\n"


def test_another_repositorys_service_is_left_as_it_is(house: House) -> None:
    """A push, a lock, a rollback and a status of another repository change and tell nothing; `adopt` hands it over."""
    victim = live(house)
    before = house.deployments()[0]
    first = answer_of(before["url"]).text
    thief = house.repository("hello-python", "toy")
    sha = thief.push("Mine now", **{"servergem.yml": PAYMENTS, "main.py": HIJACK})
    run = house.check_run("toy", sha)
    assert run["conclusion"] == "failure"
    assert run["output"]["title"] == "The service hello-python is not this repository's"
    assert house.world.google.calls["CloudBuild.CreateBuild"] == 1, "nothing was built for it"
    number, _ = opened(house, thief)
    say(house, thief, number, "/lock hello-python mine\n/rollback hello-python\n/status")
    answer = eventually(
        lambda: next(
            (
                each["body"]
                for each in house.world.github.comments_on(f"{OWNER}/toy", number)
                if "is at it" not in each["body"] and "/status" in each["body"]
            ),
            None,
        ),
        "an answer",
        house.log_tail,
    )
    assert before["sha"][:7] not in answer
    assert answer_of(before["url"]).text == first
    assert house.ended(victim.push("Go on", **{"n.txt": "1"}))["ending"] == "live", house.log_tail()
    say(house, thief, number, "/unlock hello-python")
    environment = house.world.settings(house.folder / "adopting")
    words = ["adopt", "hello-python", "--repository", f"{OWNER}/toy", "--project", PROJECT]
    adopted = CliRunner().invoke(main, words, env=environment)
    assert adopted.exit_code == 0, adopted.output
    assert "acme/toy's now" in adopted.output
    assert house.ended(thief.push("Mine by right", **{"n.txt": "2"}), "hello-python")["ending"] == "live"
    refused = house.check_run(victim.name, victim.push("And back", **{"n.txt": "3"}))
    assert refused["conclusion"] == "failure"


def test_a_preview_never_meets_a_service(house: House) -> None:
    """A preview that would take the name of another repository's service leaves it alone, also at its end."""
    victim = house.repository("hello-python", "payments")
    first = victim.push("Serve", **{"servergem.yml": "services: {toy-pr-1: {}}\n"})
    assert house.ended(first)["ending"] == "live", house.log_tail()
    thief = live_named(house, "toy")
    number, head = opened(house, thief, **{"main.py": HIJACK})
    assert number == 1
    assert house.check_run("toy", head, "ServerGem / toy (preview)")["conclusion"] == "failure"
    house.world.github.close_pull_request(f"{OWNER}/toy", number)
    again = house.ended(victim.push("Serve on", **{"n.txt": "1"}))
    assert again["ending"] == "live", house.log_tail()
    assert "toy-pr-1" in services(house)


def live_named(house: House, name: str) -> Work:
    work = house.repository("hello-python", name)
    assert house.ended(work.push("Say hello"), name)["ending"] == "live", house.log_tail()
    return work


HIJACK = """import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"taken over")


HTTPServer(("0.0.0.0", int(os.environ["PORT"])), Hello).serve_forever()
"""
