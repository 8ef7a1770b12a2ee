"""An object that is sent to Cloud Storage part by part: a part that is lost goes again from where the server stands.

https://cloud.google.com/storage/docs/performing-resumable-uploads
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import requests

from gcp.cloud import TIMEOUT, Google
from gcp.errors import Denial, GoogleError
from gcp.later import later

if TYPE_CHECKING:
    from google.api_core import exceptions as api
else:
    api = later("google.api_core.exceptions")

# One part, and so the memory that an upload needs; a multiple of 256 KiB, which every part but the last must be.
# https://cloud.google.com/storage/docs/performing-resumable-uploads#chunked-upload
PART_BYTES = 8 * 1024 * 1024
INSERT = "storage.objects.insert"
DONE, UNFINISHED = (200, 201), 308


def parts_of(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """A stream in pieces of one part's size; the last one, and no other, is shorter, and may be empty."""
    waiting, size = list[bytes](), 0
    for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        while size >= PART_BYTES:
            whole = b"".join(waiting)
            waiting, size = [whole[PART_BYTES:]], size - PART_BYTES
            yield whole[:PART_BYTES]
    yield b"".join(waiting)


def send(google: Google, blob: Any, parts: Iterator[bytes], content_type: str) -> int:
    """Make a new object of these parts and give its generation.

    An object that is there already is a PreconditionFailed of the library at the start or, when somebody else
    was faster, a GoogleError FAILED_PRECONDITION at the end. GoogleError when a part cannot be sent.
    """
    address = blob.create_resumable_upload_session(
        content_type, if_generation_match=0, timeout=TIMEOUT, retry=None
    )
    with requests.Session() as line:
        upload = _Upload(google, line, address)
        for part in parts:
            upload.send(part)
    return upload.generation


def sent(google: Google, address: str) -> int:
    """The generation of what somebody else has sent to this address; 0 where it is not all there."""
    with requests.Session() as line:
        upload = _Upload(google, line, address)
        google.ask(INSERT, upload.look)
    return upload.generation


class _Upload:
    """One upload under way. The address that Google gave for it is its own authorisation."""

    def __init__(self, google: Google, line: requests.Session, address: str) -> None:
        self._google, self._line, self._address = google, line, address
        self._begun = 0  # bytes in the parts before this one
        self._stored = 0  # bytes that the server has
        self.generation = 0

    def send(self, part: bytes) -> None:
        """Send one part until the server has all of it; one that is not full is the last."""
        end = self._begun + len(part)
        total = "*" if len(part) == PART_BYTES else str(end)
        doubtful = False

        def attempt() -> None:
            nonlocal doubtful
            if doubtful:
                self.look()
            doubtful = True
            while not self.generation and (self._stored < end or total != "*"):
                before, rest = self._stored, part[self._stored - self._begun :]
                self._put(rest, f"{before}-{end - 1}/{total}" if rest else f"*/{total}")
                self._insist_on_progress(before)

        self._google.ask(INSERT, attempt)
        self._begun = end

    def look(self) -> None:
        """Ask how much of it has arrived: https://cloud.google.com/storage/docs/performing-resumable-uploads#status-check"""
        self._put(b"", "*/*")

    def _insist_on_progress(self, before: int) -> None:
        """What was stored stays stored, by Google's word; an upload that stands still is worth another try."""
        if not self.generation and self._stored <= before:
            words = f"Cloud Storage stays at byte {self._stored} of an upload"
            raise GoogleError(Denial("UNAVAILABLE", words, INSERT))

    def _put(self, body: bytes, extent: str) -> None:
        answer = self._line.put(
            self._address,
            data=body,
            headers={"Content-Range": f"bytes {extent}"},
            timeout=TIMEOUT,
            allow_redirects=False,
        )
        if answer.status_code in DONE:
            self.generation = int(answer.json()["generation"])
        elif answer.status_code == UNFINISHED:
            stored = re.fullmatch(r"bytes=0-(\d+)", answer.headers.get("Range", ""))
            self._stored = int(stored[1]) + 1 if stored else 0
        else:
            raise api.from_http_response(answer)  # type: ignore[no-untyped-call]  # it has no types
