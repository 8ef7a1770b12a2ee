"""Revisions as processes: each must listen on $PORT in time, and fails in Cloud Run's own words when it does not."""

from __future__ import annotations

import random
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sandbox import processes
from sandbox.google.ports import Route
from sandbox.images import Image, ImageStore
from sandbox.router import Router

LOOK_SECONDS = 0.02
# https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start
NEVER_LISTENED = (
    "The user-provided container failed to start and listen on the port defined provided by the PORT={port} "
    "environment variable within the allocated timeout. This can happen when the container port is misconfigured "
    "or if the timeout is too short. The health check timeout can be extended. Logs for this revision might contain "
    "more information."
)
PROBE_FAILED = (
    'Default STARTUP TCP probe failed 1 time consecutively for container "{service}-1" on port {port}. '
    "The instance was not started."
)


@dataclass(frozen=True)
class RevisionOutcome:
    """Whether the container listened in time; see sandbox.google.ports."""

    ok: bool
    reason: str = ""
    message: str = ""


@dataclass
class _Revision:
    """One revision and its process, when there is one."""

    service: str
    image: Image
    env: Mapping[str, str]
    port: int
    startup_timeout: float
    log: Callable[[str, str], None]
    process: subprocess.Popen[bytes] | None = None
    address: int = 0
    used: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Service:
    """How a service's requests are spread."""

    routes: tuple[Route, ...]
    public: bool


class Runner:
    """Starts revisions, brings requests to them by host name, and puts idle ones to sleep."""

    def __init__(self, root: Path, images: ImageStore, *, idle: float = 900.0) -> None:
        self._root, self._images, self._idle = root, images, idle
        root.mkdir(parents=True, exist_ok=True)
        self._revisions: dict[str, _Revision] = {}
        self._services: dict[str, Service] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._router = Router(self._find)

    def start(self, port: int = 0) -> None:
        """Open the one address behind which all services are."""
        self._router.start(port)
        threading.Thread(target=self._put_to_sleep, name="runner-idle", daemon=True).start()

    def stop(self) -> None:
        """End every process."""
        self._stopping.set()
        self._router.stop()
        with self._lock:
            revisions = list(self._revisions.values())
        for revision in revisions:
            self._end(revision)

    def start_revision(
        self,
        *,
        project: str,
        region: str,
        service: str,
        revision: str,
        image_digest: str,
        env: Mapping[str, str],
        port: int,
        startup_timeout: float,
        log: Callable[[str, str], None],
    ) -> RevisionOutcome:
        image = self._images.resolve(image_digest)
        if image is None:
            return RevisionOutcome(False, "CONTAINER_MISSING", f"Image '{image_digest}' not found.")
        new = _Revision(service, image, dict(env), port, startup_timeout, log)
        outcome = self._bring_up(new)
        if outcome.ok:
            with self._lock:
                self._revisions[f"{project}/{region}/{revision}"] = new
        return outcome

    def run_to_the_end(
        self,
        *,
        image_digest: str,
        command: Sequence[str],
        env: Mapping[str, str],
        timeout: float,
        cancelled: Callable[[], bool],
        log: Callable[[str, str], None],
    ) -> int | None:
        """A container that is no server: its exit code, None when its time was over or it was cancelled."""
        image = self._images.resolve(image_digest)
        assert image is not None, "the registry knows it"
        config = replace(image.config, command=tuple(command) or image.config.command)
        task = _Revision("job", replace(image, config=config), dict(env), 0, timeout, log)
        try:
            process = self._spawn(task)
        except OSError as error:
            log("system", f"terminated: Application failed to start: {command[0]!r}: {error.strerror}")
            return 127
        until = time.monotonic() + timeout
        while (code := process.poll()) is None:
            if time.monotonic() > until or cancelled() or self._stopping.is_set():
                processes.stop(process)
                return None
            time.sleep(LOOK_SECONDS)
        log("system", f"Container called exit({code}).")
        return code

    def route(
        self, project: str, region: str, service: str, routes: Sequence[Route], *, public: bool
    ) -> None:
        with self._lock:
            self._services[f"{project}/{region}/{service}"] = Service(tuple(routes), public)

    def url(self, project: str, region: str, service: str, tag: str = "") -> str:
        host = f"{tag}---{service}" if tag else service
        return f"http://{host}.localhost:{self._router.port}"

    def traffic(self, service: str) -> dict[str, int]:
        """How a service's requests are spread, by revision; empty when there is no such service."""
        with self._lock:
            found = next((s for key, s in self._services.items() if key.endswith(f"/{service}")), None)
        return {route.revision: route.percent for route in found.routes if route.percent} if found else {}

    def remove(self, project: str, region: str, service: str, revision: str = "") -> None:
        with self._lock:
            if not revision:
                self._services.pop(f"{project}/{region}/{service}", None)
            prefix = f"{project}/{region}/{revision or service + '-'}"
            gone = [
                key for key in self._revisions if key == prefix or (not revision and key.startswith(prefix))
            ]
            ended = [self._revisions.pop(key) for key in gone]
        for one in ended:
            self._end(one)

    def _find(self, host: str, authorized: bool) -> int:
        """The loopback port that this request goes to; below 0 is the HTTP status to answer instead."""
        name = host.split(":")[0].removesuffix(".localhost")
        tag, _, service = name.rpartition("---")
        with self._lock:
            found = next(((k, s) for k, s in self._services.items() if k.endswith(f"/{service}")), None)
        if found is None:
            return -404
        key, state = found
        if not state.public and not authorized:
            return -403
        chosen = _choose(state.routes, tag)
        with self._lock:
            revision = self._revisions.get(f"{key.rpartition('/')[0]}/{chosen}")
        if revision is None:
            return -404
        with revision.lock:
            revision.used = time.monotonic()
            if (revision.process is None or revision.process.poll() is not None) and not self._bring_up(
                revision
            ).ok:
                return -503
            return revision.address

    def _bring_up(self, revision: _Revision) -> RevisionOutcome:
        revision.address = _free_port()
        try:
            revision.process = self._spawn(revision)
        except OSError as error:
            words = revision.image.config.command[0] if revision.image.config.command else "nothing"
            revision.log("system", f"terminated: Application failed to start: {words!r}: {error.strerror}")
            return self._failed(revision)
        until = time.monotonic() + revision.startup_timeout
        while time.monotonic() < until and not self._stopping.is_set():
            if (code := revision.process.poll()) is not None:
                time.sleep(LOOK_SECONDS)
                revision.log("system", f"Container called exit({code}).")
                return self._failed(revision)
            if _listens(revision.address):
                revision.used = time.monotonic()
                return RevisionOutcome(True)
            time.sleep(LOOK_SECONDS)
        return self._failed(revision)

    def _failed(self, revision: _Revision) -> RevisionOutcome:
        self._end(revision)
        revision.log("system", PROBE_FAILED.format(service=revision.service, port=revision.port))
        return RevisionOutcome(
            False, "HEALTH_CHECK_CONTAINER_ERROR", NEVER_LISTENED.format(port=revision.port)
        )

    def _spawn(self, revision: _Revision) -> subprocess.Popen[bytes]:
        config, files = revision.image.config, revision.image.files
        inside = config.workdir.removeprefix(config.root).strip("/")
        cwd = files / inside
        packages = str(cwd / ".packages")
        env = processes.clean_environment(self._root, dict(config.env) | dict(revision.env))
        env |= {"PORT": str(revision.address), "PYTHONPATH": packages, "PYTHONDONTWRITEBYTECODE": "1"}
        command = [_executable(word, files) if n == 0 else word for n, word in enumerate(config.command)]
        if not command:
            raise FileNotFoundError(2, "no command specified")
        process = processes.start(command, cwd=cwd, env=env, stderr=subprocess.PIPE)
        for stream in ("stdout", "stderr"):
            threading.Thread(
                target=_pass_on, args=(process, stream, revision.log, str(files), config.root), daemon=True
            ).start()
        return process

    def _end(self, revision: _Revision) -> None:
        process, revision.process = revision.process, None
        if process is not None:
            processes.stop(process)

    def _put_to_sleep(self) -> None:
        """Scale to zero what nobody has asked for in a while."""
        while not self._stopping.wait(min(self._idle / 4, 5.0)):
            with self._lock:
                idle = [r for r in self._revisions.values() if time.monotonic() - r.used > self._idle]
            for revision in idle:
                with revision.lock:
                    self._end(revision)


def _choose(routes: tuple[Route, ...], tag: str) -> str:
    if tag:
        return next((route.revision for route in routes if route.tag == tag), "")
    weights = [route.percent for route in routes]
    if not any(weights):
        return ""
    return random.choices([route.revision for route in routes], weights)[0]  # noqa: S311 - spreads requests


def _pass_on(
    process: subprocess.Popen[bytes], stream: str, log: Callable[[str, str], None], files: str, root: str
) -> None:
    pipe = process.stdout if stream == "stdout" else process.stderr
    assert pipe is not None
    with pipe:
        for line in pipe:
            text = line.decode(errors="replace").rstrip("\r\n")
            log(stream, text.replace(f"{files}/", root.rstrip("/") + "/"))


def _executable(word: str, files: Path) -> str:
    """A container's path stands in the image's folder; a bare word is looked up as a shell would."""
    inside = files / word.lstrip("/")
    if word.startswith("/") and inside.exists():
        return str(inside)
    return shutil.which(word) or word


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
