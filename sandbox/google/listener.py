"""A loopback port for HTTP: it reads a request, lets somebody answer it, and writes the answer down the line."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sandbox.google.storage_words import Answer, Asked

# None: the connection is to be lost.
Answering = Callable[[Asked], Answer | None]
_CHUNK = 1 << 20


class Listener:
    """One thread for each connection, from `start` to `stop`; `url` is where it listens."""

    def __init__(self, name: str, answer: Answering) -> None:
        self._name = name
        self._answer = answer
        self._server: ThreadingHTTPServer | None = None
        self.url = ""

    def start(self, port: int = 0) -> None:
        """Port 0 is any free one."""
        answering = self._answer

        class Connection(_Connection):
            answer = staticmethod(answering)

        self._server = _Server(("127.0.0.1", port), Connection)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name=self._name, daemon=True
        ).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """No orderly goodbye before closing, so that a dropped connection is a reset."""
        self.close_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is no news; anything else is."""
        import sys

        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # typeshed is narrower


class _Connection(BaseHTTPRequestHandler):
    answer: Answering
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *_: object) -> None:
        """Calls are counted, not printed."""

    def _serve(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        repeated = urllib.parse.parse_qs(url.query)
        answer = type(self).answer(
            Asked(
                method=self.command,
                path=urllib.parse.unquote(url.path),
                written=url.path,
                host=url.netloc or self.headers.get("Host", ""),
                query={key: values[0] for key, values in repeated.items()},
                headers={key.lower(): value for key, value in self.headers.items()},
                body=self._body_once(),
                repeated=repeated,
            )
        )
        if answer is None:
            self._reset()
            return
        self._send(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - named by http.server

    def _body_once(self) -> Callable[[], Iterator[bytes]]:
        chunks = (
            self._chunked()
            if self.headers.get("Transfer-Encoding", "").lower() == "chunked"
            else self._plain()
        )
        return lambda: chunks

    def _plain(self) -> Iterator[bytes]:
        left = int(self.headers.get("Content-Length") or 0)
        while left:
            chunk = self.rfile.read(min(left, _CHUNK))
            if not chunk:
                raise ConnectionResetError("the client went away in the middle of a body")
            left -= len(chunk)
            yield chunk

    def _chunked(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            left = size
            while left:
                chunk = self.rfile.read(min(left, _CHUNK))
                if not chunk:
                    raise ConnectionResetError("the client went away in the middle of a chunk")
                left -= len(chunk)
                yield chunk
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def _send(self, answer: Answer) -> None:
        raw = json.dumps(answer.json).encode() if answer.json is not None else b""
        first, end = answer.extent or (0, answer.file.stat().st_size if answer.file else len(raw))
        self.send_response(answer.status)
        for key, value in answer.headers.items():
            self.send_header(key, value)
        if answer.json is not None:
            self.send_header("Content-Type", "application/json; charset=UTF-8")
        if answer.status != 204:
            self.send_header("Content-Length", str(end - first))
        self.end_headers()
        self.wfile.write(raw)
        if answer.file:
            with answer.file.open("rb") as file:
                file.seek(first)
                while first < end and (piece := file.read(min(_CHUNK, end - first))):
                    self.wfile.write(piece)
                    first += len(piece)
        self.wfile.flush()

    def _reset(self) -> None:
        """Close so that the client sees "connection reset by peer"."""
        self.close_connection = True
        with contextlib.suppress(OSError):  # the client may be gone already
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
