"""Attacks from beside: names that others have, and installations and repositories that do not fit together."""

from __future__ import annotations

import json
from typing import Any

from gcp.cloud import Google
from sandbox.github.state import FOUNDER
from sandbox.world import PROJECT
from tests.conftest import OWNER, House, eventually
from tests.test_attacks import VICTIM, deliver, last, settled, state, unchanged
from tests.test_previews import live, opened, preview

STRANGERS, TOY = "mallory-inc", "toy"
# Farewells to the victim: two kinds list it in each mix, two are about it where the id is its.
NOT_TRUE = 10
FILE = """services:
  hello-python: {region: us-east1}
  web: {}
jobs:
  nightly-staging: {from: %s, command: [python, report.py], schedule: "0 3 * * *"}
%s
environments:
  production: {branch: main}
  staging: {branch: develop}
"""
NIGHTLY = f"projects/{PROJECT}/locations/us-east1/jobs/nightly-staging"


def test_a_branch_does_not_replace_productions_job_by_moving_it(house: House) -> None:
    """Its own file has production's job elsewhere, so that the name there would be free for one of its own."""
    work, google = house.repository(VICTIM), Google(house.world.google.grpc_address)
    file = FILE % (VICTIM, "")
    sha = work.push("Say what runs", **{"servergem.yml": file, "report.py": "print(1)\n"})
    assert house.ended(sha, VICTIM)["ending"] == "live", house.log_tail()
    made = google.jobs.get_job(name=NIGHTLY)
    assert made.labels["commit"] == sha
    moved = FILE % ("web", "  nightly: {from: hello-python}")
    run = house.check_run(work.name, work.push("Make room", branch="develop", **{"servergem.yml": moved}))
    assert run["conclusion"] == "failure" and "would both" in run["output"]["title"], run["output"]
    assert google.jobs.get_job(name=NIGHTLY).generation == made.generation


def test_what_does_not_fit_together_changes_nothing(house: House) -> None:
    """Each kind of webhook, with another's installation, another's id under this name, and this id under another's."""
    victim = live(house, VICTIM)
    url = house.deployments()[0]["url"]
    number, sha = opened(house, victim)
    assert preview(house, victim, sha)["conclusion"] == "success", house.log_tail()
    github, home = house.world.github, f"{OWNER}/{VICTIM}"
    github.create_repository(STRANGERS, TOY)
    theirs = github.hub.of(f"{STRANGERS}/{TOY}")
    installation = github.hub.installed(STRANGERS)
    assert installation is not None
    settled(house)
    push, pulled = last(house, "push"), last(house, "pull_request")
    production = house.ended(victim.git("rev-parse", "main"))["id"]
    mine: dict[str, Any] = push["repository"]
    foreign = {"installation": {"id": installation.id}}
    mixes: dict[str, dict[str, Any]] = {
        "another's installation": {"repository": mine, **foreign},
        "another's id under this name": {"repository": mine | {"id": theirs.id}, **foreign},
        "this id under another's name": {
            "repository": mine | {"full_name": theirs.full_name, "name": TOY},
            **foreign,
        },
    }

    def pressed(button: str) -> dict[str, Any]:
        return {
            "action": "requested_action" if button else "rerequested",
            "requested_action": {"identifier": button} if button else None,
            "check_run": {
                "name": f"ServerGem / {VICTIM} (production)",
                "head_sha": victim.git("rev-parse", "main"),
                "external_id": production,
                "check_suite": {"head_branch": "main"},
            },
            "sender": {"login": FOUNDER, "id": github.hub.logins.id_of(FOUNDER)},
        }

    def said(words: str) -> dict[str, Any]:
        author = {"login": FOUNDER, "id": github.hub.logins.id_of(FOUNDER), "type": "User"}
        return {
            "action": "created",
            "issue": {"number": number, "pull_request": {}},
            "comment": {
                "id": 800_000 + len(words),
                "body": words,
                "user": author,
                "created_at": "2026-11-29T09:00:00Z",
            },
        }

    sender = {"login": FOUNDER}
    suite = {"head_sha": victim.git("rev-parse", "main"), "head_branch": "main"}
    gone = {"action": "removed", "repositories_added": []}
    at_home, dispatch = {"id": mine["id"], "full_name": home}, {"environment": "production"}
    events: dict[str, tuple[str, dict[str, Any]]] = {
        "Roll back": ("check_run", pressed("roll-back")),
        "Lock": ("check_run", pressed("lock")),
        "Re-run": ("check_run", pressed("")),
        "Re-run all": ("check_suite", {"action": "rerequested", "check_suite": suite, "sender": sender}),
        "/rollback": ("issue_comment", said("/rollback")),
        "/preview off": ("issue_comment", said("/preview off")),
        "a closed pull request": ("pull_request", pulled | {"action": "closed"}),
        "a dispatch": (
            "repository_dispatch",
            {"action": "deploy", "client_payload": dispatch, "sender": sender, "branch": "main"},
        ),
        "a farewell": ("installation_repositories", gone | {"repositories_removed": [at_home]}),
        "the end of an installation": ("installation", {"action": "deleted", "repositories": [at_home]}),
        "an archive": ("repository", {"action": "archived"}),
        "a deletion": ("repository", {"action": "deleted"}),
    }
    before = state(house, victim, number, url)
    for mix, words in mixes.items():
        for what, (event, made) in events.items():
            told = json.loads(json.dumps(made | words))
            if "comment" in told:  # one that was obeyed is not heard again, whatever it is about
                told["comment"]["id"] += 1000 * len(mix)
            assert deliver(house, event, told).status_code < 500, (mix, what)
        settled(house)
        assert unchanged(before, state(house, victim, number, url)), (mix, house.log_tail())
    log = house.folder / "servergem.log"
    eventually(
        lambda: log.read_text().count("farewell.not_true") >= NOT_TRUE, "all farewells", house.log_tail
    )
    settled(house)
    assert unchanged(before, state(house, victim, number, url)), house.log_tail()
