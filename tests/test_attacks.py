"""Attacks: who tries what at the wire, and that nothing changed; one house bears many rows, one after another.

What a page, the door, a comment or an owner of another service must not do stands beside what they may: test_pages,
test_siege, test_talk, test_ownership, test_forks. Here are those that stand between them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from sandbox.github.state import FOUNDER
from tests.conftest import OWNER, House, Work, answer_of, eventually, web
from tests.test_previews import live, opened, preview, services

STRANGER = "eve"
VICTIM, TOY = "hello-python", "toy"


@dataclass(frozen=True)
class State:
    """What an attacker would change: what runs and serves, and what ServerGem says."""

    services: frozenset[str]
    traffic: tuple[tuple[str, str], ...]
    answer: str
    builds: int
    comments: tuple[str, ...]
    runs: int


def state(house: House, victim: Work, number: int, url: str) -> State:
    running = services(house)
    return State(
        frozenset(running),
        tuple((name, str(house.world.runner.traffic(name))) for name in sorted(running)),
        answer_of(url).text,
        house.world.google.calls["CloudBuild.CreateBuild"],
        tuple(each["body"] for each in house.world.github.comments_on(f"{OWNER}/{victim.name}", number)),
        len(house.world.github.check_runs(f"{OWNER}/{victim.name}", victim.git("rev-parse", "main"))),
    )


def deliver(
    house: House, event: str, payload: dict[str, Any], *, secret: str | None = None, **headers: str
) -> Any:
    """A webhook that GitHub did not send; signed with the App's secret, as whoever stole a delivery has it."""
    body = json.dumps(payload).encode()
    key = house.world.webhook_secret if secret is None else secret
    signature = "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    told = {
        "content-type": "application/json",
        "x-github-event": event,
        "x-github-delivery": str(uuid4()),
        "x-hub-signature-256": signature,
    }
    return web.post(f"{house.address}/webhook", content=body, headers=told | headers)


def last(house: House, event: str, action: str | None = None) -> dict[str, Any]:
    """The newest delivery of its kind, as GitHub sent it."""
    found = [
        each.event.payload
        for each in house.world.github.deliveries.attempts()
        if each.event.name == event and action in (None, each.event.action)
    ]
    payload: dict[str, Any] = json.loads(found[0])
    return payload


def settled(house: House) -> None:
    """Whatever was delivered has been answered and has ended."""
    house.world.github.deliveries.settle()
    eventually(
        lambda: not [d for d in house.deployments() if not d["ending"]], "the end of all", house.log_tail
    )


def test_nothing_that_others_try_reaches_a_repository(house: House) -> None:
    """Each row: who, and what they try at the wire; afterwards all runs, serves and says what it did before."""
    victim = live(house, VICTIM)
    url = house.deployments()[0]["url"]
    number, sha = opened(house, victim)
    assert preview(house, victim, sha)["conclusion"] == "success"
    toy = house.repository("hello-python", TOY)
    assert house.ended(toy.push("Mine"), TOY)["ending"] == "live", house.log_tail()
    github, home = house.world.github, f"{OWNER}/{VICTIM}"
    github.set_permission(home, STRANGER, "read")
    github.comment(home, number, FOUNDER, "/status")
    eventually(
        lambda: "| Service | Where" in str(github.comments_on(home, number)),
        "the answer to /status",
        house.log_tail,
    )
    deployment_id = house.ended(victim.git("rev-parse", "main"))["id"]
    push, said = last(house, "push"), last(house, "issue_comment", "created")
    settled(house)

    def pressed(
        button: str, *, repository: Any = None, run: str = deployment_id, sender: str = STRANGER
    ) -> dict[str, Any]:
        return {
            "action": "requested_action",
            "requested_action": {"identifier": button},
            "check_run": {
                "name": "ServerGem / hello-python (production)",
                "head_sha": sha,
                "external_id": run,
                "check_suite": {"head_branch": "main"},
            },
            "repository": repository or said["repository"],
            "sender": {"login": sender},
            "installation": said["installation"],
        }

    def comment(text: str, **more: Any) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(json.dumps(said))
        told["comment"] |= {"id": 900_000 + len(text), "body": text} | more
        return told

    stranger = {"login": STRANGER, "type": "User"}
    bot = {"login": "dependabot[bot]", "type": "Bot"}
    lost = {**said["repository"], "id": 987_654, "name": "nowhere", "full_name": f"{OWNER}/nowhere"}
    rows: dict[str, Callable[[], Any]] = {
        "nobody: a push signed with a guess": lambda: deliver(house, "push", push, secret="guess"),
        "nobody: a push without a signature": lambda: deliver(
            house, "push", push, **{"x-hub-signature-256": ""}
        ),
        "nobody: a signature of another kind": lambda: deliver(
            house, "push", push, **{"x-hub-signature-256": "sha1=" + "0" * 40}
        ),
        "who captured a delivery: the same under a new id": lambda: deliver(house, "issue_comment", said),
        "who captured a delivery: as another event": lambda: deliver(house, "workflow_run", said),
        "a reader: a command under a new comment": lambda: deliver(
            house, "issue_comment", comment("/rollback", user=stranger)
        ),
        "a reader: Re-run": lambda: deliver(
            house, "check_run", pressed("x") | {"action": "rerequested", "requested_action": None}
        ),
        "a reader: Roll back": lambda: deliver(house, "check_run", pressed("roll-back")),
        "a writer elsewhere: the run of this repository in a press of theirs": lambda: deliver(
            house,
            "check_run",
            pressed("roll-back", repository=last(house, "push")["repository"], sender=FOUNDER),
        ),
        "anybody: a button that there is not": lambda: deliver(
            house, "check_run", pressed("../../retry", sender=FOUNDER)
        ),
        "anybody: a run that there is not": lambda: deliver(
            house, "check_run", pressed("retry", run="x' OR 1=1 --", sender=FOUNDER)
        ),
        "anybody: another installation's id": lambda: deliver(
            house, "issue_comment", comment("/rollback now", user=stranger) | {"installation": {"id": 1}}
        ),
        "a repository that is not installed": lambda: deliver(
            house, "issue_comment", comment("/rollback there") | {"repository": lost}
        ),
        "a bot: a command": lambda: deliver(
            house, "issue_comment", comment("/rollback, said a bot", user=bot)
        ),
        "a reader: an edited comment": lambda: deliver(
            house, "issue_comment", comment("/rollback, edited") | {"action": "edited"}
        ),
        "a reader: hidden in a comment": lambda: github.comment(
            home, number, STRANGER, "<!--\n/rollback\n-->"
        ),
        "a writer: hidden in details": lambda: github.comment(
            home, number, FOUNDER, "<details>\n\n/rollback\n\n</details>"
        ),
        "a reader: a title that is a command": lambda: github.edit_pull_request(
            home, number, title="/rollback"
        ),
        "a reader: a label that is a command": lambda: github.label(home, number, "/preview off"),
        "anybody: an installation that is none": lambda: deliver(
            house, "push", push | {"installation": {"id": "1"}}
        ),
        "anybody: huge numbers": lambda: deliver(
            house,
            "issue_comment",
            comment("/rollback, huge") | {"issue": {"number": 10**400, "pull_request": {}}},
        ),
    }
    before = state(house, victim, number, url)
    for name, attempt in rows.items():
        answered = attempt()
        settled(house)
        assert getattr(answered, "status_code", 202) < 500, name
        assert unchanged(before, state(house, victim, number, url)), f"{name}\n{house.log_tail()}"
    github.comment(home, number, FOUNDER, "/explain")
    eventually(lambda: f"At {sha[:7]}" in str(github.comments_on(home, number)), "an answer", house.log_tail)
    after = state(house, victim, number, url)
    assert unchanged(before, after), house.log_tail()
    answers = [said for said in after.comments if said not in before.comments and "servergem:answer" in said]
    assert len([said for said in answers if f"@{STRANGER}" in said]) <= 1, answers
    assert len([said for said in answers if f"@{FOUNDER}" in said]) == 1, answers


def unchanged(before: State, after: State) -> bool:
    """All but what was said: answers are counted at the end, since they come when they are ready."""
    return replace(before, comments=()) == replace(after, comments=())


ODD_PATHS = ("../../etc", "/etc", "a/../../b", "..", "a\x00b")


def test_a_repository_cannot_reach_beyond_itself(house: House) -> None:
    """Its own files say what they like: every push ends on its commit, and production serves what it served."""
    victim = live(house, VICTIM)
    url = house.deployments()[0]["url"]
    before = answer_of(url).text

    def pushed(words: str) -> None:
        sha = victim.push("Odd", **{"servergem.yml": words})
        run = house.check_run(VICTIM, sha)
        assert run["conclusion"] == "failure", (words, run["output"])
        assert answer_of(url).text == before

    for path in ODD_PATHS:
        pushed(f"services: {{hello-python: {{path: {json.dumps(path)}}}}}\n")
    pushed('services: {hello-python: {build: {dockerfile: "../../Dockerfile"}}}\n')
    pushed(f"services: {{hello-python: {{port: {10**30}}}}}\n")
    pushed(f"previews: {{ttl: {'9' * 60}d}}\n")
    pushed("services: {hello-python: {concurrency: -1}}\n")
    pushed(f"services: {{hello-python: {{watch: [{'*/' * 400}]}}}}\n")
    (victim.path / "servergem.yml").unlink()
    (victim.path / "passwd").symlink_to("/etc/passwd")
    linked = victim.push("A link out of the repository")
    # Neutral: the sandbox refuses to unpack it, and that is not the repository's fault.
    assert house.check_run(VICTIM, linked)["conclusion"] in ("success", "failure", "neutral")
    assert "root:" not in answer_of(url).text
    other = victim.git("push", "-q", "origin", "HEAD:refs/heads/refs/heads/main")
    assert other == ""
    settled(house)
    assert {name.rpartition("/")[2] for name in services(house)} == {VICTIM}
