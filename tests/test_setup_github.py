"""`servergem setup github` against the sandbox's GitHub: from the form to a delivery that comes back signed."""

from __future__ import annotations

import html
import json
import re
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from app.github import GitHub
from app.github.registration import api_url, form_url
from app.retry import Policy
from app.setup import github_app, registering, round_trip, settings_file
from app.setup.app_manifest import Wanted, as_json, events
from app.setup.github_app import Plan
from app.signs import Sign
from sandbox.ports import free_port
from sandbox.world import PROJECT, Options, Sandbox
from tests.conftest import keep_traffic
from tests.test_sandbox_github import Receiver
from tests.warm import servergem

QUICK = Policy(attempts=1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox whose GitHub has no App."""
    record = tmp_path / "github.jsonl"
    with Sandbox(tmp_path / "sandbox", Options(record=record, with_app=False)) as world:
        world.google.project(PROJECT)
        yield world
    keep_traffic(record)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


def plan_for(world: Sandbox, folder: Path, host: str) -> Plan:
    into = folder / "servergem.env"
    return Plan(host, world.github.url, "acme", "ServerGem of Acme", into, False, 0, 0.0)


def fields(page: str) -> dict[str, str]:
    """What the form of a page sends."""
    found = re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def through_github(address: str, **changes: str) -> httpx.Response:
    """A person's way: the page on this machine, GitHub's page, its button, and back."""
    first = httpx.get(address).text
    action = html.unescape(re.findall(r'action="([^"]+)"', first)[0])
    asked = httpx.post(action, data=fields(first))
    github = action.partition("/organizations")[0].partition("/settings")[0]
    back = httpx.post(f"{github}/settings/apps", data=fields(asked.text) | changes)
    return httpx.get(back.headers["location"])


class Person:
    """Does what the command asks for."""

    def __init__(self, **changes: str) -> None:
        self.heard: list[str] = []
        self.changes = changes
        self.answers: list[httpx.Response] = []

    def __call__(self, words: str) -> None:
        self.heard.append(words)
        if found := re.search(r"Open (\S+)", words):
            threading.Thread(target=self._go, args=(found[1],)).start()

    def _go(self, address: str) -> None:
        self.answers.append(through_github(address, **self.changes))


def wrong(signs: list[Sign]) -> dict[str, str]:
    return {sign.title: sign.wrong for sign in signs if sign.wrong}


def test_the_manifest_is_whole() -> None:
    """Everything of app.yml, and this ServerGem's webhook, sign-in and way back."""
    yml = round_trip.APP_YML.read_text()
    told = json.loads(as_json(yml, Wanted("https://sg.example", "Mine", "http://127.0.0.1:1/registered")))
    assert told == yaml.safe_load(yml) | {
        "name": "Mine",
        "hook_attributes": {"url": "https://sg.example/webhook", "active": True},
        "redirect_url": "http://127.0.0.1:1/registered",
        "callback_urls": ["https://sg.example/sign-in/callback"],
    }
    assert set(events(yml)) == set(told["default_events"])


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("https://github.com", "https://api.github.com"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com"),
        ("https://ghe.acme.example", "https://ghe.acme.example/api/v3"),
    ],
)
def test_the_api_is_beside_the_pages(url: str, api: str) -> None:
    """At a host of its own for github.com and GHE.com, below /api/v3 of an Enterprise Server."""
    assert api_url(url) == api


def test_the_form_goes_to_whose_app_it_will_be() -> None:
    """A person's settings, or an organization's."""
    assert form_url("https://github.com", "", "s") == "https://github.com/settings/apps/new?state=s"
    assert form_url("https://ghe.example", "acme", "s") == (
        "https://ghe.example/organizations/acme/settings/apps/new?state=s"
    )


def test_what_is_secret_is_for_its_owner_alone(world: Sandbox, receiver: Receiver, tmp_path: Path) -> None:
    """Settings and key are in files that nobody else reads, and in nothing that is told."""
    plan, person = plan_for(world, tmp_path, receiver.url.removesuffix("/webhook")), Person()
    signs = list(github_app.run(plan, person))
    kept = settings_file.read(plan.into)
    for path in (plan.into, settings_file.key_beside(plan.into)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert kept["GITHUB_APP_ID"] == str(world.github.hub.app.id)
    said = "\n".join([*person.heard, *map(repr, signs)])
    assert kept["GITHUB_WEBHOOK_SECRET"] not in said and kept["GITHUB_CLIENT_SECRET"] not in said
    assert wrong(signs)["Installation"] == "the App is installed nowhere"


def test_it_is_not_registered_twice(world: Sandbox, receiver: Receiver, tmp_path: Path) -> None:
    """Run again, it says what is there and looks on."""
    plan = plan_for(world, tmp_path, receiver.url.removesuffix("/webhook"))
    list(github_app.run(plan, Person()))
    again = Person()
    list(github_app.run(plan, again))
    assert (
        again.heard[0].startswith(f"{plan.into} holds App {world.github.hub.app.id}.") and not again.answers
    )


def test_another_state_changes_nothing(world: Sandbox, tmp_path: Path) -> None:
    """Whoever comes back with a state that is not ours is sent away, and the code is not used."""
    calls: list[str] = []

    def convert(code: str) -> Any:
        calls.append(code)

    registration = registering.Registration(lambda state: state, lambda back: back, convert)
    assert registration.take("code", "forged")[0] == 400
    assert not calls and registration.once.acquire(blocking=False)


def test_the_page_is_read_on_this_machine_only(world: Sandbox, tmp_path: Path) -> None:
    """A name that somebody else's site lets lead here is refused: it would read the state."""
    statuses: list[int] = []

    def tell(words: str) -> None:
        if found := re.search(r"Open (\S+)", words):
            statuses.append(httpx.get(found[1], headers={"host": "evil.example"}).status_code)
            threading.Thread(target=through_github, args=(found[1],)).start()

    list(github_app.run(plan_for(world, tmp_path, "http://127.0.0.1:9"), tell))
    assert statuses == [400]


def test_a_place_that_cannot_be_written_is_told_before_anything(world: Sandbox, tmp_path: Path) -> None:
    """GitHub hands the secrets over once: no App is registered whose secrets nobody could keep."""
    plan = replace(plan_for(world, tmp_path, "http://127.0.0.1:9"), into=tmp_path / "missing" / "x.env")
    with pytest.raises(settings_file.Unusable, match="--into"):
        list(github_app.run(plan, Person()))
    assert not world.github.hub.app.id


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("DEBUG=1\n", "holds no App's settings"),
        ("NAME='open\n", "cannot be read"),
        (
            "GITHUB_APP_ID=1\nGITHUB_PRIVATE_KEY_FILE=/nowhere\nGITHUB_API_URL=http://x\n",
            "key in /nowhere cannot be read",
        ),
    ],
)
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, text: str, said: str) -> None:
    """What is there and is no settings file of ours is not written over, and not gone on from."""
    into = tmp_path / "servergem.env"
    into.write_text(text)
    plan = Plan("http://127.0.0.1:9", "http://127.0.0.1:9", "", "ServerGem", into, False, 0, 0.0)
    with pytest.raises(settings_file.Unusable, match=said):
        list(github_app.run(plan, Person()))
    assert into.read_text() == text


def test_what_cannot_be_kept_ends_the_registration() -> None:
    """A disk that is full when the secrets arrive is said, to the person in the browser and at the command."""

    def convert(_code: str) -> Any:
        raise OSError(28, "No space left on device")

    registration = registering.Registration(lambda state: state, lambda back: back, convert)
    status, words = registration.take("code", registration.state)
    assert status == 502 and "No space left" in words and "No space left" in registration.failed


BROKEN: list[tuple[str, Callable[[Sandbox], object], str]] = [
    ("App's permissions", lambda w: w.github.hub.app.permissions.pop("checks"), "does not ask for checks: write"),
    ("On acme", lambda w: w.github.hub.granted.pop("checks"), "not granted: checks: write"),
    ("On acme", lambda w: w.github.suspend("acme"), "the installation is suspended"),
    ("Installation", lambda w: w.github.uninstall("acme"), "the App is installed nowhere"),
    ("Webhook address", lambda w: setattr(w.github, "webhook_url", "https://other.example/hook"), "GitHub sends"),
    ("Round trip", lambda w: w.github.ping(), "answered 202, which is not what ServerGem says"),
    ("App", lambda w: w.github.tokens.trust(0, _another_key()), "does not know this App by this key"),
]  # fmt: skip


def _another_key() -> str:
    from tests.test_sandbox_github import PUBLIC

    return PUBLIC


def test_each_broken_thing_is_said(world: Sandbox, receiver: Receiver, tmp_path: Path) -> None:
    """One after the other, each with its title and its reason."""
    host = receiver.url.removesuffix("/webhook")
    world.github.create_repository("acme", "hello")
    plan = plan_for(world, tmp_path, host)
    list(github_app.run(plan, Person()))
    kept = settings_file.read(plan.into)
    key = settings_file.key_beside(plan.into).read_text()
    github = GitHub(kept["GITHUB_APP_ID"], key, kept["GITHUB_API_URL"], QUICK)
    world.github.deliveries.settle()
    moved = wrong(list(round_trip.signs(github, "https://elsewhere.example")))
    assert "none has come to https://elsewhere.example/webhook yet" in moved.get("Round trip", ""), moved
    whole, granted = dict(world.github.hub.app.permissions), dict(world.github.hub.granted)
    for title, break_it, said in BROKEN:
        world.github.webhook_url = receiver.url
        world.github.hub.app.permissions.update(whole)
        world.github.hub.granted.update(granted)
        world.github.install("acme")
        break_it(world)
        world.github.deliveries.settle()
        found = wrong(list(round_trip.signs(github, host)))
        assert said in found.get(title, ""), (title, found)
    github.close()


def test_the_whole_way(world: Sandbox, tmp_path: Path) -> None:
    """Registered, started with what was kept, installed: every sign is well, and the exit status would be 0."""
    world.github.create_repository("acme", "hello")
    port = free_port()
    plan, person = plan_for(world, tmp_path, f"http://127.0.0.1:{port}"), Person()
    before = wrong(list(github_app.run(plan, person)))
    assert "nobody answered" in before["Round trip"]
    world.github.install("acme")
    with servergem(world, tmp_path, PORT=str(port), **settings_file.read(plan.into)):
        after = list(github_app.run(plan, person))
        assert not wrong(after), wrong(after)
        assert after[-1].seen == "the installation of GitHub came, and its signature is right"
