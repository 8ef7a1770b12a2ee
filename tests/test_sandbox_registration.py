"""The sandbox's manifest flow, from the form to an installation, in GitHub's order and with GitHub's refusals."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from sandbox.github import registration
from tests.test_sandbox_github import Desk, desk_in

BACK = "http://127.0.0.1:1/registered"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path, "") as desk:
        yield desk


def manifest(desk: Desk, **changes: object) -> dict[str, Any]:
    told = {
        "name": "ServerGem of Acme",
        "url": "https://example.com",
        "hook_attributes": {"url": desk.receiver.url},
        "redirect_url": BACK,
        "callback_urls": ["https://example.com/sign-in/callback"],
        "default_permissions": {"contents": "read", "checks": "write", "merge_queues": "read"},
        "default_events": ["push", "merge_group"],
    }
    return told | changes


def asked(desk: Desk, told: dict[str, Any], organization: str = "") -> httpx.Response:
    at = f"/organizations/{organization}/settings/apps/new" if organization else "/settings/apps/new"
    return httpx.post(f"{desk.github.url}{at}?state=s", data={"manifest": json.dumps(told)})


def pressed(desk: Desk, told: dict[str, Any], organization: str = "") -> httpx.Response:
    form = {"manifest": json.dumps(told), "name": told["name"], "state": "s", "organization": organization}
    return httpx.post(f"{desk.github.url}/settings/apps", data=form)


def converted(desk: Desk, answer: httpx.Response) -> httpx.Response:
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    return httpx.post(f"{desk.github.url}/app-manifests/{code}/conversions")


def registered(desk: Desk) -> dict[str, Any]:
    told: dict[str, Any] = converted(desk, pressed(desk, manifest(desk), "acme")).json()
    return told


def client_of(desk: Desk, app: dict[str, Any], at: str = "") -> httpx.Client:
    claims = {"iat": int(time.time()) - 60, "exp": int(time.time()) + 500, "iss": str(app["id"])}
    token = jwt.encode(claims, app["pem"], algorithm="RS256")
    client = httpx.Client(base_url=desk.github.url + at, headers={"authorization": f"Bearer {token}"})
    desk.clients.append(client)
    return client


def test_the_page_makes_nothing_before_its_button(desk: Desk) -> None:
    """It names the App and whose it will be; the button sends the person back with a code and the state."""
    page = asked(desk, manifest(desk), "acme")
    assert "Create GitHub App for acme" in page.text and not desk.github.hub.app.id
    back = pressed(desk, manifest(desk), "acme").headers["location"]
    assert back.startswith(f"{BACK}?") and parse_qs(urlsplit(back).query)["state"] == ["s"]


def test_a_code_is_good_once(desk: Desk) -> None:
    """Its answer holds the App and all its secrets; a second time, there is no such code."""
    answer = pressed(desk, manifest(desk), "acme")
    app = converted(desk, answer)
    assert app.status_code == 201 and app.json()["owner"]["login"] == "acme"
    assert app.json()["slug"] == "servergem-of-acme" and app.json()["owner"]["type"] == "Organization"
    assert converted(desk, answer).status_code == 404


def test_a_code_runs_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its hour there is no such code."""
    monkeypatch.setattr(registration, "CODE_SECONDS", -1.0)
    assert converted(desk, pressed(desk, manifest(desk))).status_code == 404


def test_the_webhook_is_tried_with_the_new_secret(desk: Desk) -> None:
    """The ping arrives at the hook's address, signed with what the code was exchanged for, and is listed."""
    app = registered(desk)
    desk.github.deliveries.settle()
    [(headers, body)] = desk.receiver.came
    wanted = hmac.new(app["webhook_secret"].encode(), body, hashlib.sha256).hexdigest()
    assert headers["x-hub-signature-256"] == f"sha256={wanted}" and headers["x-github-event"] == "ping"
    client = client_of(desk, app)
    assert [each["event"] for each in client.get("/app/hook/deliveries").json()] == ["ping"]
    assert client.get("/app/hook/config").json()["url"] == desk.receiver.url


def test_the_hook_is_changed(desk: Desk) -> None:
    """Address and secret are the App's own to change."""
    client = client_of(desk, registered(desk))
    changed = client.patch("/app/hook/config", json={"url": "https://other.example/webhook", "secret": "new"})
    assert changed.json()["url"] == desk.github.deliveries.address == "https://other.example/webhook"


def test_it_answers_as_a_server_of_ones_own_too(desk: Desk) -> None:
    """Below /api/v3, where an Enterprise Server has its API."""
    assert client_of(desk, registered(desk), "/api/v3").get("/app").json()["name"] == "ServerGem of Acme"


@pytest.mark.parametrize(("selection", "reached"), [("all", True), ("selected", False)])
def test_it_is_installed_where_somebody_says(desk: Desk, selection: str, reached: bool) -> None:
    """Before, no repository is within reach; then all of them are, or the ticked ones alone; the App is told."""
    client = client_of(desk, registered(desk))
    assert client.get("/app/installations").json() == []
    page = f"{desk.github.url}/apps/servergem-of-acme/installations/new"
    assert "acme/hello" in httpx.get(page).text
    done = httpx.post(page, data={"owner": "acme", "selection": selection}, follow_redirects=True)
    assert done.status_code == 200 and ("acme/hello" in done.text) == reached
    [installation] = client.get("/app/installations").json()
    assert installation["repository_selection"] == selection
    assert (client.get("/repos/acme/hello/installation").status_code == 200) == reached
    desk.github.deliveries.settle()
    assert [each["action"] for each in desk.receiver.payloads[1:]] == ["created"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": None}, "url is not an address"),
        ({"redirect_url": "elsewhere"}, "redirect_url is not an address"),
        ({"hook_attributes": {"active": True}}, "hook_attributes.url is not"),
        ({"callback_urls": ["https://example.com"] * 11}, "10 entries at most"),
        ({"default_permissions": {"contents": "always"}}, "contents cannot be"),
        ({"default_events": ["issue_comment"]}, "issue_comment needs the permission issues"),
    ],
)
def test_a_manifest_that_github_would_refuse(desk: Desk, changes: dict[str, object], said: str) -> None:
    """Its page says what is wrong, and there is no button."""
    page = asked(desk, manifest(desk, **changes))
    assert page.status_code == 422 and said in page.text and "<button" not in page.text


def test_a_second_app_is_refused(desk: Desk) -> None:
    """The sandbox has one App at most, and says how to have none."""
    registered(desk)
    page = asked(desk, manifest(desk))
    assert page.status_code == 422 and "--without-app" in page.text
