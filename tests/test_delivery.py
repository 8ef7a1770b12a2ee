"""What comes through the door: signed deliveries whole, everything else with a clear 4xx."""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.delivery import MAX_BODY_BYTES, Refused, heading, verify

SECRET = "It's a Secret to Everybody"
GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"


def sign(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def headers(body: bytes, **changes: str | None) -> dict[str, str]:
    """GitHub's headers for `body`; a change to None leaves that header out."""
    given: dict[str, str | None] = {
        "content-type": "application/json",
        "x-github-event": "push",
        "x-github-delivery": GUID,
        "x-hub-signature-256": sign(body),
    }
    given |= {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in given.items() if value is not None}


def refused(body: bytes, given: dict[str, str]) -> Refused:
    with pytest.raises(Refused) as caught:
        verify(heading(given), body, SECRET)
    return caught.value


def test_githubs_own_example_is_signed() -> None:
    """The signature of GitHub's documentation is the one we expect: the body, not the signature, is refused."""
    known = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert sign(b"Hello, World!") == known
    assert refused(b"Hello, World!", headers(b"", x_hub_signature_256=known)).status == 400


def test_a_signed_delivery_is_read() -> None:
    """Id, event and action are GitHub's; the payload is the signed text, whole."""
    body = b'{"action": "opened",  "number": 7}'
    delivery = verify(heading(headers(body, x_github_event="pull_request")), body, SECRET)
    assert (delivery.id, delivery.event, delivery.action, delivery.payload) == (
        GUID,
        "pull_request",
        "opened",
        body,
    )


@pytest.mark.parametrize(
    ("told", "installation", "repository"),
    [
        ({"installation": {"id": 8}, "repository": {"id": 7}}, 8, 7),
        ({"installation": None, "repository": {"id": 7}}, 0, 7),
        ({"installation": {"id": "8"}, "repository": {"id": 7}}, 0, 0),
        ({"installation": {"id": 2**63}}, 0, 0),
        ({"repository": [7]}, 0, 0),
    ],
)
def test_a_delivery_says_whose_it_is(told: dict[str, object], installation: int, repository: int) -> None:
    """With whom it takes turns is read leniently: what is in another form is nobody's, and is refused by no door."""
    body = json.dumps(told | {"action": "opened"}).encode()
    delivery = verify(heading(headers(body)), body, SECRET)
    assert (delivery.installation, delivery.repository) == (installation, repository)
    assert delivery.action == "opened"


def test_a_form_is_read() -> None:
    """GitHub's default content type is a form: signed as a form, its one field is the payload."""
    text = json.dumps({"action": None, "wörd": "ö & ="}, ensure_ascii=False)
    body = urlencode({"payload": text}).encode()
    delivery = verify(heading(headers(body, content_type="application/x-www-form-urlencoded")), body, SECRET)
    assert (delivery.action, delivery.payload.decode()) == (None, text)


def test_the_charset_of_a_content_type_does_not_matter() -> None:
    """`application/json; charset=utf-8` is JSON."""
    assert (
        verify(heading(headers(b"{}", content_type="Application/JSON; charset=utf-8")), b"{}", SECRET).action
        is None
    )


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"x_hub_signature_256": None}, 401, "X-Hub-Signature-256 is missing"),
        ({"x_hub_signature_256": "sha256=" + "0" * 64}, 401, "does not match"),
        ({"x_hub_signature_256": sign(b"{}", "another")}, 401, "does not match"),
        ({"x_hub_signature_256": sign(b"{}").removeprefix("sha256=")}, 401, "64 hexadecimal"),
        ({"x_hub_signature_256": "sha256=é"}, 401, "64 hexadecimal"),
        ({"x_hub_signature_256": sign(b"{}") + "\n"}, 401, "64 hexadecimal"),
        ({"x_hub_signature_256": None, "x_hub_signature": "sha1=" + "0" * 40}, 401, "-256 is missing"),
        ({"x_github_event": None}, 400, "x-github-event is missing"),
        ({"x_github_event": "../push"}, 400, "x-github-event is not"),
        ({"x_github_delivery": None}, 400, "x-github-delivery is missing"),
        ({"x_github_delivery": "a" * 65}, 400, "x-github-delivery is not"),
        ({"content_type": None}, 415, "content type is missing"),
        ({"content_type": "text/plain"}, 415, "text/plain"),
        ({"content_type": "application/x-www-form-urlencoded"}, 400, "form"),
    ],
)
def test_bad_headers_are_refused(changes: dict[str, str | None], status: int, words: str) -> None:
    """Each missing or odd header has its own status and says which it is."""
    refusal = refused(b"{}", headers(b"{}", **changes))
    assert refusal.status == status
    assert words in refusal.reason


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"{} {}", "not JSON"),
        (b"[]", "not a webhook's"),
        (b"null", "not a webhook's"),
        (b'{"action": 3}', "not a webhook's"),
        (b'{"x": "\xff"}', "not UTF-8"),
        (b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested"),
    ],
)
def test_signed_nonsense_is_refused(body: bytes, words: str) -> None:
    """A signature does not make a payload of what is none."""
    refusal = refused(body, headers(body))
    assert refusal.status == 400
    assert words in refusal.reason


@pytest.mark.parametrize("body", [b"other=1", b"payload=%7B%7D&more=1", "payload=ö".encode(), b""])
def test_an_odd_form_is_refused(body: bytes) -> None:
    """A form has one field, `payload`, URL-encoded."""
    assert refused(body, headers(body, content_type="application/x-www-form-urlencoded")).status == 400


def test_what_github_never_sends_is_not_read() -> None:
    """More than 25 MB is refused before its signature is looked at."""
    body = bytes(MAX_BODY_BYTES + 1)
    assert refused(body, headers(b"")).status == 413


def test_the_signature_comes_first() -> None:
    """A stranger learns nothing about the other headers."""
    assert refused(b"nonsense", {}).status == 401


@given(st.binary(max_size=200), st.sampled_from(["application/json", "application/x-www-form-urlencoded"]))
def test_any_bytes_are_read_or_refused(body: bytes, content_type: str) -> None:
    """Whatever is signed ends in a Delivery or in a 400, never in a crash."""
    try:
        verify(heading(headers(body, content_type=content_type)), body, SECRET)
    except Refused as refusal:
        assert refusal.status == 400
