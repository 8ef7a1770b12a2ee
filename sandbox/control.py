"""The sandbox's own address: faults and latency on demand, and what was called how often."""

from __future__ import annotations

import threading
import time
from typing import Protocol

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.faults import Faults
from sandbox.github.server import GitHubSandbox
from sandbox.google.server import GoogleSandbox


class Controlled(Protocol):
    """What is controlled: GitHub and Google Cloud, and the faults that both have."""

    faults: Faults
    github: GitHubSandbox
    google: GoogleSandbox


class Control:
    """`POST /faults`, `GET /faults`, `POST /latency`, `GET /calls`, all JSON."""

    def __init__(self, world: Controlled) -> None:
        self._world = world
        self._server: uvicorn.Server | None = None
        self.url = ""
        self.app = Starlette(
            routes=[
                Route("/faults", self._add_fault, methods=["POST"]),
                Route("/faults", self._faults, methods=["GET"]),
                Route("/latency", self._latency, methods=["POST"]),
                Route("/calls", self._calls, methods=["GET"]),
            ]
        )

    def start(self, port: int = 0) -> None:
        self._server = uvicorn.Server(uvicorn.Config(self.app, "127.0.0.1", port, log_level="warning"))
        thread = threading.Thread(target=self._server.run, name="sandbox-control", daemon=True)
        thread.start()
        while not self._server.started:
            if not thread.is_alive():
                raise RuntimeError("the sandbox's control address did not start")
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        if self._server:
            self._server.should_exit = True

    async def _add_fault(self, request: Request) -> JSONResponse:
        """{"method": "CloudBuild.CreateBuild", "times": 2, "kind": "status", "status": "UNAVAILABLE"}"""
        try:
            wish = await request.json()
            self._world.faults.add(
                wish["method"],
                times=int(wish.get("times", 1)),
                kind=wish.get("kind", "status"),
                status=str(wish.get("status", "UNAVAILABLE")),
                seconds=float(wish.get("seconds", 0.0)),
            )
        except KeyError as missing:
            return JSONResponse({"reason": f"a fault needs {missing}"}, status_code=400)
        except ValueError as wrong:
            return JSONResponse({"reason": str(wrong)}, status_code=400)
        return JSONResponse({"unused": self._world.faults.unused()}, status_code=201)

    async def _faults(self, _request: Request) -> JSONResponse:
        return JSONResponse({"unused": self._world.faults.unused()})

    async def _latency(self, request: Request) -> JSONResponse:
        """{"github": 0.06, "google": 0.04}, seconds for each call."""
        wish = await request.json()
        self._world.github.latency = float(wish.get("github", self._world.github.latency))
        self._world.google.latency = float(wish.get("google", self._world.google.latency))
        return JSONResponse({"github": self._world.github.latency, "google": self._world.google.latency})

    async def _calls(self, _request: Request) -> JSONResponse:
        return JSONResponse(
            {"github": dict(self._world.github.calls), "google": dict(self._world.google.calls)}
        )
