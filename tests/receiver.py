"""Who receives notices, on loopback: it keeps what came, and answers what a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Came:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """`answers` are the next statuses, 200 when there are none; a redirect leads to `/secret`."""

    came: list[Came] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    address: str = ""

    def at(self, path: str) -> list[Came]:
        return [each for each in list(self.came) if each.path == path]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver until the block ends."""
    receiver = Receiver()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"] or 0))
            told = {name.lower(): text for name, text in self.headers.items()}
            receiver.came.append(Came(self.path, told, body))
            self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
            self.send_header("location", f"{receiver.address}/secret")
            self.send_header("content-length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_words: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    receiver.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
