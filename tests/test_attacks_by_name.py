"""Attacks by name: a login that somebody had, and has no more, opens nothing for whoever takes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app import config
from app.conversation.buttons import decide
from app.model import Ending, Person, Stop
from sandbox.world import Sandbox
from tests.conftest import OWNER, House, eventually
from tests.test_attacks import deliver, last, settled
from tests.test_buttons import REPORT, RUN, pressed
from tests.test_conversation import STAGING, answer, say
from tests.test_pages import site
from tests.test_previews import SAMPLE, opened, preview, remark, services

LEAD, CHIEF = "lead", "chief"


@pytest.fixture
def operated(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    house = House(world, tmp_path, settings={"OPERATORS": LEAD})
    house.start()
    yield house
    house.stop()


def test_an_operators_old_login_is_no_operator(operated: House) -> None:
    """Whoever takes it gets what a writer gets, and a command under it whose author is another is no writer's."""
    house, github = operated, operated.world.github
    work = house.repository(SAMPLE)
    name = f"{OWNER}/{work.name}"
    (work.path / "servergem.yml").write_text(STAGING.format(name=SAMPLE))
    assert house.ended(work.push("Say hello"))["ending"] == "live", house.log_tail()
    github.set_permission(name, LEAD, "write")
    number, sha = opened(house, work)
    say(house, work, number, f"/deploy staging {sha}", author=LEAD)
    staging = f"ServerGem / {SAMPLE} (staging)"
    assert preview(house, work, sha, staging)["conclusion"] == "success", house.log_tail()
    github.rename_account(LEAD, CHIEF)
    github.set_permission(name, LEAD, "write")
    newer = work.push("Nobody looked", branch=work.git("branch", "--show-current"), **{"evil.txt": "1"})
    say(house, work, number, "/deploy staging", author=LEAD)
    assert answer(house, work, number, f"staging takes what is on develop, and {newer[:7]} is not there")
    settled(house)
    said = json.loads(json.dumps(last(house, "issue_comment", "created")))
    author = {"login": LEAD, "id": github.hub.logins.id_of(LEAD), "type": "User"}
    github.rename_account(LEAD, "gone")
    github.set_permission(name, LEAD, "write")
    before = services(house)
    said["comment"] |= {"id": 990_001, "body": "/preview off", "user": author}
    assert deliver(house, "issue_comment", said).status_code == 202
    assert answer(house, work, number, "takes write permission")
    settled(house)
    assert services(house) == before


def test_a_taken_login_sees_no_page(world: Sandbox, tmp_path: Path) -> None:
    """The operator is who came with it first, or has the id that the settings name; and no login is an id."""
    id_ = world.github.hub.logins.id_of("olga")
    with site(world, tmp_path, OPERATORS=f"Olga, {world.github.hub.logins.id_of('ida')}") as pages:
        for login in ("olga", "ida"):
            operator = pages.browser(login)
            assert len(operator.get("/deployments.json").json()) == 2
            assert set(operator.get("/readyz").json()) == {"ready", "store", "github", "google"}
        world.github.rename_account("olga", "olga-2")
        world.github.rename_account("ida", "ida-2")
        assert world.github.hub.logins.id_of("olga") != id_
        for login in ("olga", "ida", str(world.github.hub.logins.id_of("ida-2"))):
            browser = pages.browser(login)
            assert browser.get("/deployments.json").json() == [], login
            assert set(browser.get("/readyz").json()) == {"ready"}, login
        assert len(pages.browser("ida-2").get("/deployments.json").json()) == 2


def test_another_login_makes_nobody_another_reviewer(world: Sandbox, tmp_path: Path) -> None:
    """An environment that wants somebody else's review is not satisfied by a requester who is called otherwise now."""
    house = House(world, tmp_path)
    house.start()
    try:
        work, production = house.repository(SAMPLE), f"ServerGem / {SAMPLE} (production)"
        name = f"{OWNER}/{work.name}"
        for each in ("rita", "rob"):
            world.github.set_permission(name, each, "write")
        world.github.protect_environment(name, "production", reviewers=["rita"], no_self_review=True)
        sha = work.push("Say hello")
        run = house.check_run(work.name, sha, production)
        world.github.rerequest(run["id"], sender="rita")
        eventually(
            lambda: house.check_run(work.name, sha, production)["id"] != run["id"], "again", house.log_tail
        )
        run = house.check_run(work.name, sha, production)
        assert run["conclusion"] == "action_required", run["output"]
        world.github.rename_account("rita", "rita-2")
        world.github.protect_environment(name, "production", reviewers=["rita-2"], no_self_review=True)
        world.github.press_button(run["id"], "approve", sender="rita-2")
        eventually(
            lambda: remark(house, work, sha, "but production takes the review", production),
            "a refusal",
            house.log_tail,
        )
        settled(house)
        assert services(house) == set()
    finally:
        house.stop()


def test_what_has_ended_waits_anew() -> None:
    """Re-run of a commit of long ago is a new wish: the environment's wait timer runs from now."""
    (found,) = pressed("retry").attempts
    for ending, since in ((Ending.AWAITING, 50.0), (Ending.LIVE, 0.0), (Ending.FAILED, 0.0)):
        old = replace(found, report=replace(REPORT, ending=ending), run=replace(RUN, since=50.0))
        (again,) = decide(pressed("retry", attempts=(old,))).deployments
        assert again.since == since, ending


def test_a_person_is_an_id() -> None:
    """Two ids are two people under one login, and one id is one person under two."""
    assert Person(1, "ada").is_same(Person(1, "eve"))
    assert not Person(1, "ada").is_same(Person(2, "ada"))
    assert Person(0, "Ada").is_same(Person(2, "ada"))


CONFUSABLE = (
    "Production",
    "PRODUCTION",
    "pr\u043eduction",
    "\uff50roduction",
    "production ",
    "production\\u200b",
    "\\u202eproduction",
    "production\\0",
    "-",
    "pr-1",
)


@pytest.mark.parametrize("name", CONFUSABLE, ids=ascii)
def test_a_name_that_looks_like_productions_is_another_or_none(name: str) -> None:
    """Cases, other alphabets, and signs that nobody sees: it is refused, or has a service of its own."""
    text = (
        f'services: {{api: {{}}}}\nenvironments: {{production: {{branch: main}}, "{name}": {{branch: x}}}}\n'
    )
    try:
        found = config.read(text, repository_name="shop", default_branch="main")
    except Stop as stop:
        assert stop.finding.place is not None
        return
    [ours] = config.targets_at_home(found, "main", project="p", region="r")
    [theirs] = config.targets_there(found, name, "main", project="p", region="r")
    assert (ours.name, ours.environment) == ("api", "production") and theirs.name != ours.name
    for branch in ("Main", "ma\u0131n", "main\u200b", "refs/heads/main"):
        assert config.environment_of(config.environments(found, "main"), branch) is None
