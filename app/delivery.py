"""Headers and bytes become a Delivery, or are Refused with a status and a reason; nothing unsigned is read."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qs

import msgspec

from app.model import Delivery

# GitHub does not deliver a larger event at all:
# https://docs.github.com/webhooks/webhook-events-and-payloads#payload-cap
MAX_BODY_BYTES = 25 * 1024 * 1024
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")
DELIVERY_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
EVENT = re.compile(r"[a-z_]{1,64}")


class Refused(Exception):  # noqa: N818 - an answer to the sender, not a fault of ours
    """This is not a delivery of GitHub's that we can read: the 4xx to answer, and why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class _Named(msgspec.Struct):
    # A database's integer holds no more, and GitHub's ids are far below.
    id: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] = 0


class _Envelope(msgspec.Struct):
    action: str | None = None


class _WithParty(_Envelope):
    installation: _Named | None = None
    repository: _Named | None = None


_ENVELOPE, _WITH_PARTY = msgspec.json.Decoder(_Envelope), msgspec.json.Decoder(_WithParty)


@dataclass(frozen=True)
class Heading:
    """What a delivery's headers say, in GitHub's form; not yet believed."""

    signature: str
    event: str
    delivery_id: str
    content_type: str


def heading(headers: Mapping[str, str]) -> Heading:
    """The Heading in `headers` (lower-case names), signature first; Refused before a byte of the body is read."""
    signature = _signature(headers.get("x-hub-signature-256", ""))
    event = _required(headers, "x-github-event", EVENT)
    delivery_id = _required(headers, "x-github-delivery", DELIVERY_ID)
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (JSON, FORM):
        raise Refused(415, f"The content type is {kind or 'missing'}; {JSON} and {FORM} are read.")
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > MAX_BODY_BYTES:
        raise too_large()
    return Heading(signature, event, delivery_id, kind)


def too_large() -> Refused:
    """What a body of more than MAX_BODY_BYTES is told."""
    return Refused(413, f"The body has more than {MAX_BODY_BYTES} bytes, which GitHub never sends.")


def verify(told: Heading, body: bytes, secret: str) -> Delivery:
    """The Delivery that a Heading and a body are."""
    if len(body) > MAX_BODY_BYTES:
        raise too_large()
    _check_signature(told.signature, body, secret)
    payload = body if told.content_type == JSON else _field(body)
    found = _envelope(payload)
    installation, repository = found.installation or _Named(), found.repository or _Named()
    return Delivery(
        told.delivery_id,
        told.event,
        found.action,
        payload,
        told.signature,
        installation.id,
        repository.id,
    )


def _signature(given: str) -> str:
    # https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
    if not given:
        raise Refused(
            401, "The header X-Hub-Signature-256 is missing; set the webhook secret at the GitHub App."
        )
    if not SIGNATURE.fullmatch(given):
        raise Refused(401, "The header X-Hub-Signature-256 is not `sha256=` and 64 hexadecimal digits.")
    return given


def _check_signature(given: str, body: bytes, secret: str) -> None:
    # `digest` is one call that keeps the GIL. Releasing it for each body would hand it to the thread that stores.
    wanted = "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()
    if not hmac.compare_digest(wanted, given):
        raise Refused(
            401, "The signature does not match; GITHUB_WEBHOOK_SECRET differs from the GitHub App's."
        )


def _required(headers: Mapping[str, str], name: str, form: re.Pattern[str]) -> str:
    value = headers.get(name, "")
    if not value:
        raise Refused(400, f"The header {name} is missing.")
    if not form.fullmatch(value):
        raise Refused(400, f"The header {name} is not of GitHub's form.")
    return value


def _field(body: bytes) -> bytes:
    """The one field of a form, which is GitHub's default content type."""
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=1)
    except ValueError as error:
        raise Refused(400, "The form is not one URL-encoded field.") from error
    if "payload" not in fields:
        raise Refused(400, "The form has no field `payload`.")
    return fields["payload"][0].encode()


def _envelope(payload: bytes) -> _WithParty:
    try:
        payload.decode()  # msgspec skips what we do not read, and with it bytes that are not text
        return _read(payload)
    except UnicodeDecodeError as error:
        raise Refused(400, "The payload is not UTF-8.") from error
    except RecursionError as error:
        raise Refused(400, "The payload is nested too deeply.") from error
    except msgspec.ValidationError as error:
        raise Refused(400, f"The payload is not a webhook's: {error}.") from error
    except msgspec.DecodeError as error:
        raise Refused(400, f"The payload is not JSON: {error}.") from error


def _read(payload: bytes) -> _WithParty:
    """The payload's action and whose it is; where it says that in an unknown form its handler will judge it."""
    try:
        return _WITH_PARTY.decode(payload)
    except msgspec.ValidationError:
        return _WithParty(_ENVELOPE.decode(payload).action)
