"""Serve, door or worker: look at what the settings name, listen, and say where, before GitHub is promised anything."""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading

import uvicorn

from app import tunnel
from app.connections import Connection
from app.main import create_app
from app.role import Role, insist_on_postgres
from app.settings import load
from app.store.reach import insist_on_a_place_to_stay, insist_on_reach

SAYS = {
    Role.SERVE: "ServerGem listens at",
    Role.DOOR: "ServerGem's door listens at",
    Role.WORKER: "ServerGem's worker says how it is at",
}


class CannotListen(Exception):  # noqa: N818 - reads as what happened
    """Why nobody can reach ServerGem at this address, in a sentence."""


def serve(host: str, port: int, relay: str = "", role: Role = Role.SERVE) -> None:
    """Until a signal ends it; with a relay, what it receives from GitHub is handed to our own door.

    Raises BadSettings and CannotListen before anything has begun.
    """
    settings = load(os.environ)
    insist_on_postgres(role, settings)
    insist_on_a_place_to_stay(os.environ, settings)
    insist_on_reach(settings)
    door = _bound(host, port)
    config = uvicorn.Config(
        create_app(settings, role), http=Connection, ws="none", log_config=None, access_log=False
    )
    server = _Server(config, role, _shown(host, door.getsockname()[1]), relay)
    try:
        server.run(sockets=[door])
    except OSError as error:
        # Two that start at the same moment may both have bound the port; only one listens.
        raise _cannot(host, port, error) from error
    if not server.started:
        sys.exit(1)


class _Server(uvicorn.Server):
    """Says where it listens once it does."""

    def __init__(self, config: uvicorn.Config, role: Role, address: str, relay: str) -> None:
        super().__init__(config)
        self._says = SAYS[role]
        self._address, self._relay = address, relay

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            _tell(f"{self._says} {self._address}")
        if self.started and self._relay:
            # From here as from anywhere; it ends with the process, and GitHub's deliveries can be asked for again.
            door = self._address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
            told = (self._relay, f"{door}/webhook", _tell, threading.Event())
            threading.Thread(target=tunnel.hand_on, args=told, name="tunnel", daemon=True).start()


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
