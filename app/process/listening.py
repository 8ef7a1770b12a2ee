"""Serve, door or worker: look at what the settings name, listen, and say where, before GitHub is promised anything."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import FrameType

import uvicorn

from app.connections import Connection
from app.light_packages import load_lightly
from app.main import create_app
from app.process.hatch import Between
from app.process.pair import BACKLOG, Ended, Pair, worker_socket
from app.process.role import Role, insist_on_postgres
from app.settings import Settings, load
from app.store import Store
from app.store.reach import insist_on_a_place_to_stay, insist_on_reach

SAYS = {
    Role.SERVE: "ServerGem listens at",
    Role.DOOR: "ServerGem's door listens at",
    Role.WORKER: "ServerGem's worker says how it is at",
}


# An instance is told its service's name and none of this; `app.setup.own_service` asks Cloud Run.
# https://cloud.google.com/run/docs/container-contract#env-vars
NEEDS = (
    "On Cloud Run ServerGem needs its CPU between requests (--no-cpu-throttling) and an instance that stays "
    "(--min-instances=1). Nothing tells it here whether it has both; `servergem doctor` looks."
)
# GitHub waits for the door's answer and for no story: where both want a processor the door has it.
BEHIND_THE_DOOR = 5  # of nice's 19
# Its clock is told to answers (RFC 9110, 6.6.1: Date), and has whole seconds.
CLOCK_SECONDS = 1.0


class CannotListen(Exception):  # noqa: N818 - reads as what happened
    """Why nobody can reach ServerGem at this address, in a sentence."""


def serve(host: str, port: int, relay: str = "", role: Role = Role.SERVE, *, together: bool = False) -> None:
    """Until a signal ends it; with a relay, what it receives from GitHub is handed to our own door.

    Both halves are a process each, unless they are to be `together` in one. Raises BadSettings and CannotListen before
    anything has begun, and CannotListen when a half ends as often as it is started.
    """
    load_lightly()
    settings = load(os.environ)
    insist_on_postgres(role, settings)
    insist_on_a_place_to_stay(os.environ, settings)
    if "K_SERVICE" in os.environ:
        _tell(NEEDS)
    insist_on_reach(settings)
    door = _bound(host, port)
    place = _Place(host, door, relay)
    if role is not Role.SERVE or together:
        _run(settings, role, place)
        return
    try:
        door.listen(BACKLOG)
    except OSError as error:
        raise _cannot(host, port, error) from error
    Store.open(settings.data, settings.database_url).close()  # the intake's file is made by one alone
    pair = Pair({"door": partial(_door, settings, place), "worker": partial(_worker, settings)}, _tell)
    try:
        pair.run()
    except Ended as ended:
        raise CannotListen(str(ended)) from ended


@dataclass(frozen=True)
class _Place:
    """Where a process listens; nowhere that anybody is told of without a host."""

    host: str
    door: socket.socket
    relay: str = ""

    @property
    def port(self) -> int:
        found: int = self.door.getsockname()[1]
        return found


def _door(settings: Settings, place: _Place, between: Between) -> None:
    _run(settings, Role.DOOR, place, between)


def _worker(settings: Settings, between: Between) -> None:
    os.nice(BEHIND_THE_DOOR)
    _run(settings, Role.WORKER, _Place("", worker_socket(between)), between)


def _run(settings: Settings, role: Role, place: _Place, between: Between | None = None) -> None:
    app = create_app(settings, role, between)
    config = uvicorn.Config(app, http=Connection, ws="none", log_config=None, access_log=False)
    address = _shown(place.host, place.port) if place.host else ""
    server = _Server(config, SAYS[Role.SERVE if between else role], address, place.relay)
    try:
        server.run(sockets=[place.door])
    except OSError as error:
        # Two that start at the same moment may both have bound the port; only one listens.
        raise _cannot(place.host, place.port, error) from error
    if not server.started:
        sys.exit(1)


class _Server(uvicorn.Server):
    """Says where it listens once it does. It wakes for its clock and a signal; uvicorn looks ten times a second."""

    def __init__(self, config: uvicorn.Config, says: str, address: str, relay: str) -> None:
        super().__init__(config)
        self._says, self._address, self._relay = says, address, relay
        self._wake: Callable[[], object] = bool

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self._address:
            _tell(f"{self._says} {self._address}")
        if self.started and self._relay:
            from app.setup import tunnel

            # From here as from anywhere; it ends with the process, and GitHub's deliveries can be asked for again.
            door = self._address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
            told = (self._relay, f"{door}/webhook", _tell, threading.Event())
            threading.Thread(target=tunnel.hand_on, args=told, name="tunnel", daemon=True).start()

    async def main_loop(self) -> None:
        ended = asyncio.Event()
        self._wake = partial(asyncio.get_running_loop().call_soon_threadsafe, ended.set)
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), CLOCK_SECONDS)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._wake()


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _bound(host: str, port: int) -> socket.socket:
    """A socket that has the port, and does not listen yet."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        door = socket.socket(family, kind)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(address)
    except OSError as error:
        raise _cannot(host, port, error) from error
    return door


def _cannot(host: str, port: int, error: OSError) -> CannotListen:
    where = f"ServerGem cannot listen at {host}, port {port}"
    if isinstance(error, socket.gaierror):
        return CannotListen(f"{where}: {host!r} is no address of this machine. Name one with --host.")
    if error.errno == errno.EADDRINUSE:
        return CannotListen(f"{where}: another process does. Name another with --port, or $PORT.")
    if error.errno == errno.EACCES:
        return CannotListen(f"{where}: this user may not. Name one from 1024 with --port, or $PORT.")
    if error.errno == errno.EADDRNOTAVAIL:
        return CannotListen(f"{where}: that is no address of this machine. Name one with --host.")
    return CannotListen(f"{where}: {error.strerror}. Name others with --host and --port.")


def _shown(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
