"""The sandbox's sign-in, as strict as GitHub's: what it refuses, in GitHub's words."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sandbox.github import sign_in
from tests.test_sandbox_github import Desk, desk_in

CALLBACK = "http://127.0.0.1:8080/sign-in/callback"
MANIFEST = f"name: ServerGem\nurl: https://example.com\ncallback_urls: [{CALLBACK}]\n"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path, MANIFEST) as desk:
        yield desk


def asked(desk: Desk, **changes: str) -> httpx.Response:
    query = {
        "client_id": desk.github.authorizations.client.id,
        "redirect_uri": CALLBACK,
        "state": "s",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return httpx.get(f"{desk.github.url}/login/oauth/authorize", params=query | changes)


def code_of(answer: httpx.Response) -> str:
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


def exchanged(desk: Desk, code: str, /, **changes: str) -> dict[str, object]:
    client = desk.github.authorizations.client
    form = {"client_id": client.id, "client_secret": client.secret, "code": code, "code_verifier": VERIFIER}
    answer = httpx.post(
        f"{desk.github.url}/login/oauth/access_token",
        data=form | changes,
        headers={"accept": "application/json"},
    )
    assert answer.status_code == 200
    told: dict[str, object] = answer.json()
    return told


@pytest.mark.parametrize("api", ["", "/api/v3"])
def test_a_token_says_whose_it_is_at_both_addresses_of_the_api(desk: Desk, api: str) -> None:
    """That of an Enterprise Server too, which `servergem setup github --url` writes down."""
    told = exchanged(desk, code_of(asked(desk)))
    bearer = {"authorization": f"Bearer {told['access_token']}"}
    assert httpx.get(f"{desk.github.url}{api}/user", headers=bearer).json()["login"] == "ada"


def test_a_code_becomes_a_token_once(desk: Desk) -> None:
    """The founder, who has authorized the App, comes back at once; the token says who they are."""
    back = asked(desk)
    assert back.headers["location"].startswith(f"{CALLBACK}?") and "state=s" in back.headers["location"]
    code = code_of(back)
    token = exchanged(desk, code)["access_token"]
    user = httpx.get(f"{desk.github.url}/user", headers={"authorization": f"Bearer {token}"}).json()
    assert user["login"] == "ada"
    assert exchanged(desk, code)["error"] == "bad_verification_code"
    assert httpx.get(f"{desk.github.url}/user").status_code == 401


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"client_id": "another"}, 404),
        ({"redirect_uri": "https://evil.example/sign-in/callback"}, 422),
        ({"redirect_uri": "http://127.0.0.1:8080/elsewhere"}, 422),
        ({"redirect_uri": "http://127.0.0.1:9999/sign-in/callback"}, 303),
        ({"code_challenge_method": "plain"}, 422),
        ({"prompt": "select_account"}, 200),
    ],
)
def test_who_is_sent_back_where(desk: Desk, changes: dict[str, str], status: int) -> None:
    """Only to a registered address, at loopback on any port; whoever wants to choose is asked."""
    assert asked(desk, **changes).status_code == status


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_secret": "wrong"}, "incorrect_client_credentials"),
        ({"code_verifier": "w" * 64}, "bad_verification_code"),
        ({"code": "none"}, "bad_verification_code"),
        ({"redirect_uri": "http://127.0.0.1:1/sign-in/callback"}, "redirect_uri_mismatch"),
    ],
)
def test_a_refusal_is_a_200(desk: Desk, changes: dict[str, str], error: str) -> None:
    """With its error in the body, as GitHub's are."""
    assert exchanged(desk, code_of(asked(desk)), **changes)["error"] == error


def test_a_code_runs_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time it is worth nothing."""
    monkeypatch.setattr(sign_in, "CODE_SECONDS", -1.0)
    assert exchanged(desk, code_of(asked(desk)))["error"] == "bad_verification_code"


def test_a_person_is_chosen(desk: Desk) -> None:
    """Somebody new authorizes the App by its button, and is who comes back."""
    address = f"{desk.github.url}/login/oauth/authorize"
    client = desk.github.authorizations.client
    page = asked(desk, **{"as": "grace"})
    assert page.status_code == 200 and "Authorize ServerGem" in page.text
    form = {"client_id": client.id, "redirect_uri": CALLBACK, "state": "s", "code_challenge": CHALLENGE}
    token = exchanged(desk, code_of(httpx.post(address, data=form | {"login": "grace"})))["access_token"]
    user = httpx.get(f"{desk.github.url}/user", headers={"authorization": f"Bearer {token}"}).json()
    assert user["login"] == "grace"


@pytest.mark.parametrize(
    ("scopes", "status"), [(("repo",), 200), (("public_repo",), 404), ((), 404)], ids=lambda each: str(each)
)
def test_a_classic_token_reaches_as_far_as_its_scopes(
    desk: Desk, scopes: tuple[str, ...], status: int
) -> None:
    """A private repository takes `repo`; GitHub names the scopes, and a person's token asks for nothing else here."""
    desk.github.create_repository("acme", "closed")
    bearer = {"authorization": f"Bearer {desk.github.personal_token('ada', *scopes)}"}
    answer = httpx.get(f"{desk.github.url}/repos/acme/closed", headers=bearer)
    assert answer.status_code == status
    user = httpx.get(f"{desk.github.url}/user", headers=bearer)
    assert (user.json()["login"], user.headers["x-oauth-scopes"]) == ("ada", ", ".join(scopes))
    assert httpx.get(f"{desk.github.url}/repos/acme/closed/branches", headers=bearer).status_code == 403
