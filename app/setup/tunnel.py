"""A tunnel for a trial without a host of one's own: what a relay received from GitHub is handed to the local door.

The relay speaks as smee does: an event stream whose messages are one JSON object each, with the request's headers, and
its body as the JSON that it was. The body's bytes are taken from there as they stand, so that GitHub's signature still
fits; a relay that orders or spells JSON anew breaks it, and the door then refuses what comes. Forms are not carried.
https://github.com/probot/smee.io
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import httpx
import msgspec

from app.trusted import authorities

# What GitHub says about a delivery; a relay adds headers of its own way to it.
PREFIXES = ("x-github-", "x-hub-signature", "content-type", "user-agent")
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
# A relay sends a sign of life twice a minute: https://github.com/probot/smee.io
SILENCE_SECONDS = 90.0
DOOR_SECONDS = 10.0
WARNING = (
    "Deliveries come through {relay}: whoever runs it, or knows this address, can read all that GitHub sends. "
    "They cannot forge any, as each signature is verified here. For a trial only."
)


@dataclass(frozen=True)
class Delivered:
    """A delivery as GitHub sent it to the relay."""

    headers: Mapping[str, str]
    body: bytes


def messages(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The data of each message of an event stream; signs of life, which have a name, are left out.

    Only CR and LF end a line; within JSON other line ends of Unicode stand as they are.
    https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
    """
    data: list[bytes] = []
    name = b""
    for line in _lines(chunks):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value
        elif not line:
            if data and name in (b"", b"message"):
                yield b"\n".join(data)
            data, name = [], b""


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line.removesuffix(b"\r") for line in whole)


def delivered(message: bytes) -> Delivered | None:
    """The delivery in a message; None for what holds none."""
    try:
        told = msgspec.json.decode(message, type=dict[str, msgspec.Raw])
        headers = {name.lower(): text for name, raw in told.items() if (text := _text(raw)) is not None}
    except msgspec.DecodeError:
        return None
    whole = headers.get("rawbody", "")
    if not whole and "body" not in told:
        return None
    kept = {name: text for name, text in headers.items() if name.startswith(PREFIXES)}
    return Delivered(kept, whole.encode() if whole else bytes(told["body"]))


def _text(raw: msgspec.Raw) -> str | None:
    found = msgspec.json.decode(raw)
    return found if isinstance(found, str) else None


def hand_on(relay: str, door: str, tell: Callable[[str], None], stopped: threading.Event) -> None:
    """Until stopped: hand on what the relay gives, and come back to a relay that was lost."""
    tell(WARNING.format(relay=relay))
    wait = FIRST_WAIT
    while not stopped.is_set():
        try:
            for message in _stream(relay):
                wait = FIRST_WAIT
                tell(_handed(message, door))
            lost = "it ended the stream"
        except httpx.HTTPError as error:
            lost = f"{type(error).__name__} {error}".strip()
        tell(f"The tunnel to {relay} was lost: {lost}. Again in {wait:.0f} s.")
        stopped.wait(wait)
        wait = min(2 * wait, LONGEST_WAIT)


def _stream(relay: str) -> Iterator[bytes]:
    patience = httpx.Timeout(DOOR_SECONDS, read=SILENCE_SECONDS)
    headers = {"accept": "text/event-stream"}
    with httpx.stream(
        "GET", relay, headers=headers, timeout=patience, follow_redirects=True, verify=authorities()
    ) as answer:
        answer.raise_for_status()
        yield from messages(answer.iter_bytes())


def _handed(message: bytes, door: str) -> str:
    """Give one message to the door, once; what came of it, in a line."""
    found = delivered(message)
    if found is None:
        return "The tunnel brought a message that holds no delivery."
    event = found.headers.get("x-github-event", "an event without a name")
    try:
        with httpx.Client(trust_env=False, timeout=DOOR_SECONDS, verify=authorities()) as client:
            answer = client.post(door, content=found.body, headers=dict(found.headers))
    except httpx.HTTPError as error:
        return f"The tunnel brought {event}, and the door did not answer: {type(error).__name__}."
    refused = f" {answer.text[:200]}" if answer.status_code >= 400 else ""
    return f"The tunnel brought {event}: {answer.status_code}.{refused}"
