"""The loopback port on which Cloud Storage answers, with faults and latency as they are planned."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import struct
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc

from sandbox.faults import Faults, PlannedFault
from sandbox.google.calls import Calls
from sandbox.google.errors import HTTP_STATUS
from sandbox.google.storage import Answer, Asked, Storage, error_answer

_CHUNK = 1 << 20


class StorageServer:
    """One thread for each connection; started and stopped with the sandbox."""

    def __init__(self, storage: Storage, faults: Faults, calls: Calls, latency: Callable[[], float]) -> None:
        self._storage = storage
        self._faults = faults
        self._calls = calls
        self._latency = latency
        self._server: ThreadingHTTPServer | None = None
        self.url = ""

    def start(self, port: int = 0) -> str:
        outer = self

        class Connection(_Connection):
            desk = outer

        self._server = _Server(("127.0.0.1", port), Connection)
        self.url = self._storage.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), name="storage", daemon=True).start()
        return self.url

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def answer(self, asked: Asked) -> Answer | None:
        """The answer; None if the connection is to be lost."""
        method = self._storage.method(asked)
        with self._calls.spans.of(method):
            return self._answered(method, asked)

    def _answered(self, method: str, asked: Asked) -> Answer | None:
        started = time.perf_counter()
        self._calls.arrived(method)
        fault = self._faults.take(method)
        time.sleep(self._latency() + (fault.seconds if fault else 0.0))
        answer = self._under(fault, asked)
        self._calls.answered(
            method,
            {"path": asked.path, "query": asked.query, "verb": asked.method},
            str(answer.status) if answer else "connection reset",
            time.perf_counter() - started,
        )
        return answer

    def _under(self, fault: PlannedFault | None, asked: Asked) -> Answer | None:
        if fault is None or fault.kind == "delay":
            return self._storage.answer(asked)
        if fault.kind == "drop":
            return None
        if fault.kind == "drop_after":
            self._storage.answer(asked)
            return None
        for _ in asked.body():  # the connection is used again, so the body has to be read
            pass
        status = int(fault.status) if fault.status.isdigit() else HTTP_STATUS[grpc.StatusCode[fault.status]]
        return error_answer(status, "backendError", fault.message or "Backend Error")


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
    desk: StorageServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *_: object) -> None:
        """Calls are counted, not printed."""

    def _serve(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        repeated = urllib.parse.parse_qs(url.query)
        answer = self.desk.answer(
            Asked(
                method=self.command,
                path=urllib.parse.unquote(url.path),
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
        length = answer.file.stat().st_size if answer.file else len(raw)
        self.send_response(answer.status)
        for key, value in answer.headers.items():
            self.send_header(key, value)
        if answer.json is not None:
            self.send_header("Content-Type", "application/json; charset=UTF-8")
        if answer.status != 204:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(raw)
        if answer.file:
            with answer.file.open("rb") as file:
                shutil.copyfileobj(file, self.wfile)
        self.wfile.flush()

    def _reset(self) -> None:
        """Close so that the client sees "connection reset by peer"."""
        self.close_connection = True
        with contextlib.suppress(OSError):  # the client may be gone already
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
