"""How long, and how many, connections may wait for their requests, and what they may send beside bodies.

uvicorn's one time limit begins after an answer, and its parser keeps headers of any length.
"""

from __future__ import annotations

import asyncio
import resource
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# For a request's headers, and then for its body: a little more than the door, whose answer says why.
HEADERS_SECONDS = 10.0
BODY_SECONDS = 12.0
MOST_CONNECTIONS = 1000
# Of a request beside its body: the address, headers, trailers, and what is said of chunks. As uvicorn with h11.
MOST_BESIDE_BODY = 64 * 1024
# A chunk's own size and two ends of line, for any size that is sent: https://www.rfc-editor.org/rfc/rfc9112#section-7.1
CHUNK_BYTES = 12
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


def most_connections() -> int:
    """How many may be open at once: half of the files that this process may open, which needs some for itself."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(16, min(MOST_CONNECTIONS, soft // 2)) if soft > 0 else MOST_CONNECTIONS


class Connection(HttpToolsProtocol):
    """A connection that is cut when its request is late or has no end, or when newer ones need its place."""

    _open: dict[Connection, None] = {}  # noqa: RUF012 - of all connections of the process, the oldest first
    _most = most_connections()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._late: asyncio.TimerHandle | None = None
        self._beside_body = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        if len(self._open) >= self._most and not self._make_room():
            transport.abort()
            return
        self._open[self] = None
        self._expect(HEADERS_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.pop(self, None)
        self._expect_nothing()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The server stops: a stream of events has no end of its own, and the browser comes again."""
        super().shutdown()
        if self.cycle is not None and self.cycle.scope.get("state", {}).get("stream"):
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        self._beside_body += len(data)
        super().data_received(data)
        if self._beside_body > MOST_BESIDE_BODY and not self.transport.is_closing():
            if self.cycle is None or self.cycle.response_complete:
                self.transport.write(TOO_LARGE)
                self.transport.close()
            else:
                self.transport.abort()

    def on_body(self, body: bytes) -> None:
        self._beside_body -= len(body)
        super().on_body(body)

    def on_chunk_complete(self) -> None:
        self._beside_body -= CHUNK_BYTES

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._late is None:  # the next request of a connection that was kept
            self._expect(HEADERS_SECONDS)

    def on_headers_complete(self) -> None:
        self._expect(BODY_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._expect_nothing()
        self._beside_body = 0
        super().on_message_complete()

    @property
    def is_served(self) -> bool:
        """Whether its request is here, whole, and not answered yet."""
        return self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body

    def _make_room(self) -> bool:
        """Cut the one that has been here for longest without being served; False when all are."""
        oldest = next((each for each in self._open if not each.is_served), None)
        if oldest is None:
            return False
        self._open.pop(oldest)
        oldest.transport.abort()
        return True

    def _expect(self, seconds: float) -> None:
        self._expect_nothing()
        self._late = self.loop.call_later(seconds, self.transport.abort)

    def _expect_nothing(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
