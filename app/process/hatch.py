"""The hatch between the halves of one `servergem serve`: what the door asks of the worker, over a socket of its user.

Deliveries do not go this way: the door stores them, the worker finds them, and neither waits for the other.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.model import PressButton

if TYPE_CHECKING:
    from app.github import GitHub
    from app.store import Store
    from app.world import World

# Nothing that is asked here takes the worker longer than a look into its journal, or a question to Google.
ANSWER_SECONDS = 10.0
AWAY = "ServerGem's worker has just begun anew. Press again in a moment."


class Away(Exception):  # noqa: N818 - reads as what happened
    """The worker does not answer: it is being started, or about to be."""


@dataclass(frozen=True)
class Between:
    """What the two halves of one `servergem serve` have in common beside the store."""

    hatch: Path
    """The socket at which the worker answers."""
    news: tuple[int, int]
    """A pipe's ends, to read and to write: a byte for the worker when something was stored."""


class Behind(Protocol):
    """What the worker's side reaches of the house."""

    world: World | None


@dataclass(frozen=True)
class Hatch:
    """The door's side: what a page begins is begun by the worker."""

    path: Path
    store: Store
    github_of: Callable[[], GitHub]

    @property
    def github(self) -> GitHub:
        """GitHub for the pages, made when it is first asked."""
        return self.github_of()

    def start(self, job: object, workflow_id: str) -> None:
        """Start the story of a press. Away when there is no worker at this moment; then nothing was begun."""
        from app.durable.written import adapter_of

        press = adapter_of(PressButton).dump_python(job, mode="json")
        self._ask("POST", "/presses", {"id": workflow_id, "press": press})

    def finished(self, workflow_id: str) -> bool:
        """Whether this story has ended; False also while there is nobody who knows."""
        try:
            return bool(self._ask("GET", f"/finished/{quote(workflow_id, safe='')}"))
        except Away:
            return False

    def readiness(self) -> dict[str, Any]:
        """The worker's own answers, as /readyz gives them to operators. Away."""
        answers: dict[str, Any] = self._ask("GET", "/answers")
        return answers

    def metrics(self) -> str:
        """What the worker has counted, in Prometheus' text format. Away."""
        text: str = self._ask("GET", "/counted")
        return text

    def _ask(self, method: str, address: str, body: object = None) -> Any:
        connection = _Connection(self.path)
        try:
            connection.request(method, address, json.dumps(body) if body is not None else None)
            answer = connection.getresponse()
            told = answer.read()
        except OSError as error:
            raise Away(AWAY) from error
        finally:
            connection.close()
        if answer.status != 200:
            raise Away(AWAY)
        return json.loads(told)


class _Connection(http.client.HTTPConnection):
    """HTTP over a socket that has a path."""

    def __init__(self, path: Path) -> None:
        super().__init__("worker", timeout=ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def routes(answers: Callable[[Request], dict[str, Any]], counted: Callable[[Request], str]) -> list[Route]:
    """The worker's side. Who may open the socket is this very user, who could as well read the databases."""

    async def told(request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(answers, request))

    async def told_counts(request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(counted, request))

    return [
        Route("/presses", _begin, methods=["POST"]),
        Route("/finished/{id}", _finished),
        Route("/answers", told),
        Route("/counted", told_counts),
    ]


async def _begin(request: Request) -> Response:
    from app.durable.written import adapter_of

    given = await request.json()
    if (world := _world(request)) is None:
        return PlainTextResponse(AWAY, 503)
    await run_in_threadpool(world.start, adapter_of(PressButton).validate_python(given["press"]), given["id"])
    return JSONResponse(True)


async def _finished(request: Request) -> Response:
    if (world := _world(request)) is None:
        return PlainTextResponse(AWAY, 503)
    return JSONResponse(await run_in_threadpool(world.finished, request.path_params["id"]))


def _world(request: Request) -> World | None:
    house: Behind = request.app.state.house
    return house.world


def tell(between: Between) -> None:
    """Say that something was stored; a pipe that is full says so already."""
    try:
        os.write(between.news[1], b"\0")
    except BlockingIOError:
        return


def listen(between: Between, heard: Callable[[], None]) -> None:
    """Call `heard` whenever something was stored, for as long as this process lives."""

    def wait() -> None:
        while os.read(between.news[0], 65536):
            heard()

    threading.Thread(target=wait, name="news", daemon=True).start()
