"""The token for private services: what is asked of Google for each kind of credentials."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from gcp import identity

AUDIENCE = "https://shop-abc-ew.a.run.app"
ACCOUNT = "servergem-deployer@demo.iam.gserviceaccount.com"
EXPIRES = base64.urlsafe_b64encode(json.dumps({"exp": 4_000_000_000}).encode()).decode().rstrip("=")
TOKEN = f"e30.{EXPIRES}.eHh4"


@dataclass
class Heard:
    """What Google answers with, and what it was asked for."""

    status: int
    headers: dict[str, str]
    data: bytes


@dataclass
class Google:
    """Google's token endpoints, as a transport of its own library; whatever else is asked is not there."""

    asked: list[str] = field(default_factory=list)

    def __call__(
        self, url: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any
    ) -> Heard:
        self.asked.append(url)
        if url == "https://sts.googleapis.com/v1/token":
            told = {"access_token": "federated", "expires_in": 3600, "token_type": "Bearer"}
            return Heard(
                200,
                {},
                json.dumps(
                    {**told, "issued_token_type": "urn:ietf:params:oauth:token-type:access_token"}
                ).encode(),
            )
        if url.endswith(":generateAccessToken"):
            return Heard(
                200, {}, json.dumps({"accessToken": "own", "expireTime": "2099-01-01T00:00:00Z"}).encode()
            )
        from google.auth.exceptions import TransportError

        raise TransportError("not there")  # type: ignore[no-untyped-call]  # the library has no types


def federated(folder: Path, monkeypatch: pytest.MonkeyPatch, *, account: bool) -> None:
    """Credentials as Workload Identity Federation writes them."""
    (folder / "token").write_text("from elsewhere")
    told = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": {"file": str(folder / "token")},
    }
    if account:
        host = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts"
        told["service_account_impersonation_url"] = f"{host}/{ACCOUNT}:generateAccessToken"
    (folder / "credentials.json").write_text(json.dumps(told))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(folder / "credentials.json"))
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo")
    monkeypatch.setenv("NO_GCE_CHECK", "true")


def test_a_federated_identity_has_iam_make_its_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the account that it stands for, with its address in it, and for this service alone."""
    federated(tmp_path, monkeypatch, account=True)
    sent: list[requests.PreparedRequest] = []

    def send(_: Any, request: requests.PreparedRequest, **__: Any) -> requests.Response:
        sent.append(request)
        answer = requests.Response()
        answer.status_code, answer._content = 200, json.dumps({"token": TOKEN}).encode()
        return answer

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    assert identity.token(AUDIENCE, Google()) == TOKEN
    (asked,) = sent
    assert asked.url is not None
    assert asked.url.endswith(f"/{ACCOUNT}:generateIdToken")
    assert isinstance(asked.body, bytes)
    assert json.loads(asked.body) == {"audience": AUDIENCE, "delegates": None, "includeEmail": True}


def test_who_stands_for_no_account_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A federated identity of its own is told so in a sentence, and nobody is asked in vain."""
    federated(tmp_path, monkeypatch, account=False)
    with pytest.raises(identity.NoIdentity, match="stand for no service account"):
        identity.token(AUDIENCE, Google())
