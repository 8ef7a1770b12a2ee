"""The token for private services: what is asked of Google for each kind of credentials."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from gcp import identity
from tests.sources import ROOT

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
        if url == "https://oauth2.googleapis.com/token":
            return Heard(200, {}, json.dumps({"access_token": "a person's", "expires_in": 3600}).encode())
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


def sent_to_iam(monkeypatch: pytest.MonkeyPatch) -> list[requests.PreparedRequest]:
    """What is asked of IAM from now on, which answers with a token."""
    sent: list[requests.PreparedRequest] = []

    def send(_: Any, request: requests.PreparedRequest, **__: Any) -> requests.Response:
        sent.append(request)
        answer = requests.Response()
        answer.status_code, answer._content = 200, json.dumps({"token": TOKEN}).encode()
        return answer

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    return sent


def test_a_federated_identity_has_iam_make_its_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the account that it stands for, with its address in it, and for this service alone."""
    federated(tmp_path, monkeypatch, account=True)
    sent = sent_to_iam(monkeypatch)
    assert identity.token(AUDIENCE, Google()) == TOKEN
    (asked,) = sent
    assert asked.url is not None
    assert asked.url.endswith(f"/{ACCOUNT}:generateIdToken")
    assert isinstance(asked.body, bytes)
    assert json.loads(asked.body) == {"audience": AUDIENCE, "delegates": None, "includeEmail": True}


def test_who_impersonates_an_account_has_its_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person's own login makes the token of the account that it stands in for, as `gcloud auth` writes it down."""
    host = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts"
    told = {
        "type": "impersonated_service_account",
        "service_account_impersonation_url": f"{host}/{ACCOUNT}:generateAccessToken",
        "source_credentials": {
            "type": "authorized_user",
            "client_id": "c",
            "client_secret": "hush",
            "refresh_token": "r",
        },
    }
    (tmp_path / "credentials.json").write_text(json.dumps(told))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "credentials.json"))
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo")
    sent = sent_to_iam(monkeypatch)
    assert identity.token(AUDIENCE, Google()) == TOKEN
    (asked,) = sent
    assert asked.url is not None and asked.url.endswith(f"/{ACCOUNT}:generateIdToken")
    assert isinstance(asked.body, bytes) and json.loads(asked.body)["audience"] == AUDIENCE


class MetadataServer(BaseHTTPRequestHandler):
    """What an instance of Google's asks about itself: https://cloud.google.com/compute/docs/metadata/overview."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if "/identity?" in self.path:
            said, kind = TOKEN, "text/html"
        elif self.path.endswith("/project/project-id"):
            said, kind = "demo", "text/plain"
        else:
            said, kind = (
                json.dumps({"email": ACCOUNT, "scopes": [], "aliases": ["default"]}),
                "application/json",
            )
        self.send_response(200)
        self.send_header("Metadata-Flavor", "Google")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        return


ASKING = f"""
from google.auth.transport.requests import Request
from gcp import identity
print(identity.token({AUDIENCE!r}, Request()))
"""


def test_an_attached_account_has_its_token_of_the_metadata_server(tmp_path: Path) -> None:
    """As on Cloud Run, where there is no file of credentials: for this service alone, and with the address in it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), MetadataServer)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    here = f"127.0.0.1:{server.server_address[1]}"
    environment = {name: text for name, text in os.environ.items() if not name.startswith("GOOGLE_")}
    environment |= {"GCE_METADATA_HOST": here, "GCE_METADATA_IP": here, "CLOUDSDK_CONFIG": str(tmp_path)}
    environment.pop("NO_GCE_CHECK", None)
    done = subprocess.run(
        [sys.executable, "-c", ASKING], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    server.shutdown()
    server.server_close()
    assert done.stdout.strip() == TOKEN, done.stderr
    (asked,) = (urlsplit(path) for path in MetadataServer.asked if "/identity?" in path)
    assert asked.path.endswith("/instance/service-accounts/default/identity")
    assert parse_qs(asked.query) == {"audience": [AUDIENCE], "format": ["full"]}


def test_who_stands_for_no_account_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A federated identity of its own is told so in a sentence, and nobody is asked in vain."""
    federated(tmp_path, monkeypatch, account=False)
    with pytest.raises(identity.NoIdentity, match="stand for no service account"):
        identity.token(AUDIENCE, Google())
