"""Revisions as processes: each must listen on $PORT in time, and fails in Cloud Run's own words when it does not."""

from __future__ import annotations

import random
import shutil
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sandbox import containers, machine, outside, processes
from sandbox.docker import Docker
from sandbox.google.ports import Route
from sandbox.images import EngineImage, Image, ImageStore
from sandbox.ports import free_port
from sandbox.router import Router

LOOK_SECONDS = 0.02
# For the last lines of a program that has ended; what it left running may hold its output open.
LAST_WORDS_SECONDS = 0.5
# An engine that finds nobody behind a container's port hangs up. While the container's network is coming up it is
# silent instead, so the first call alone proves nothing.
HANG_UP_SECONDS = (2.0, 1.0)
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
    image: Image | EngineImage
    env: Mapping[str, str]
    port: int
    startup_timeout: float
    log: Callable[[str, str], None]
    process: subprocess.Popen[bytes] | None = None
    container: str = ""
    readers: tuple[threading.Thread, ...] = ()
    unreached: str = ""
    address: int = 0
    used: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, stream: str, line: str) -> None:
        """A line of the container for its log; the first host that it says this machine did not find is noted."""
        self.unreached = self.unreached or outside.beyond_reach(line)
        self.log(stream, line)


@dataclass(frozen=True)
class Service:
    """How a service's requests are spread."""

    routes: tuple[Route, ...]
    public: bool


class Runner:
    """Starts revisions, brings requests to them by host name, and puts idle ones to sleep."""

    def __init__(
        self, root: Path, images: ImageStore, docker: Docker | None = None, *, idle: float = 900.0
    ) -> None:
        self._root, self._images, self._docker, self._idle = root, images, docker, idle
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
        command: Sequence[str] = (),
        env: Mapping[str, str],
        port: int,
        startup_timeout: float,
        log: Callable[[str, str], None],
    ) -> RevisionOutcome:
        image = self._images.resolve(image_digest)
        if image is None:
            return RevisionOutcome(False, "CONTAINER_MISSING", f"Image '{image_digest}' not found.")
        new = _Revision(service, _commanded(image, command), dict(env), port, startup_timeout, log)
        if (outcome := self._bring_up(new)).ok:
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
        task = _Revision("job", _commanded(image, command), dict(env), 0, timeout, log)
        try:
            process = task.process = self._spawn(task)
        except OSError as error:
            program = _program(task.image)
            log("system", f"terminated: Application failed to start: {program!r}: {error.strerror}")
            return 127
        until = time.monotonic() + timeout
        while (code := process.poll()) is None:
            if time.monotonic() > until or cancelled() or self._stopping.is_set():
                self._end(task)
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
        revision.address = free_port()
        try:
            revision.process = self._spawn(revision)
        except OSError as error:
            program = _program(revision.image)
            revision.log("system", f"terminated: Application failed to start: {program!r}: {error.strerror}")
            return self._failed(revision)
        until = time.monotonic() + revision.startup_timeout
        while time.monotonic() < until and not self._stopping.is_set():
            if (code := revision.process.poll()) is not None:
                for reader in revision.readers:
                    reader.join(LAST_WORDS_SECONDS)
                revision.log("system", f"Container called exit({code}).")
                return self._failed(revision)
            if _listens(revision.address, hangs_up=bool(revision.container)):
                revision.used = time.monotonic()
                return RevisionOutcome(True)
            time.sleep(LOOK_SECONDS)
        return self._failed(revision)

    def _failed(self, revision: _Revision) -> RevisionOutcome:
        self._end(revision)
        revision.log("system", PROBE_FAILED.format(service=revision.service, port=revision.port))
        said = NEVER_LISTENED.format(port=revision.port)
        if revision.unreached:
            said = f"SANDBOX: {outside.limit(revision.unreached, 'container', 'Cloud Run')}"
        return RevisionOutcome(False, "HEALTH_CHECK_CONTAINER_ERROR", said)

    def _spawn(self, revision: _Revision) -> subprocess.Popen[bytes]:
        if isinstance(revision.image, Image):
            files = str(revision.image.files)
            process = self._as_process(revision, revision.image)
        else:
            files = ""
            process = self._as_container(revision, revision.image)
        revision.unreached = ""
        revision.readers = tuple(
            threading.Thread(target=_pass_on, args=(process, stream, revision.hear, files), daemon=True)
            for stream in ("stdout", "stderr")
        )
        for reader in revision.readers:
            reader.start()
        return process

    def _as_process(self, revision: _Revision, image: Image) -> subprocess.Popen[bytes]:
        config, files = image.config, image.files
        cwd = files / config.workdir.strip("/")
        env = containers.environment(files, dict(config.env) | dict(revision.env))
        env = processes.clean_environment(self._root, machine.registries() | env)
        env |= {"PORT": str(revision.address), "PYTHONDONTWRITEBYTECODE": "1"}
        command = containers.command(config.command, files)
        if not command:
            raise FileNotFoundError(2, "no command specified")
        command[0] = shutil.which(command[0], path=env["PATH"]) or command[0]
        return processes.start(command, cwd=cwd, env=env, stderr=subprocess.PIPE)

    def _as_container(self, revision: _Revision, image: EngineImage) -> subprocess.Popen[bytes]:
        assert self._docker is not None, "only an engine has such an image"
        revision.container = f"{revision.service}-{uuid.uuid4().hex[:8]}"
        env = dict(revision.env)
        if revision.port:
            env["PORT"] = str(revision.port)
        return self._docker.start(
            image.address,
            name=revision.container,
            env=env,
            command=image.command,
            ports=(revision.address, revision.port) if revision.port else None,
        )

    def _end(self, revision: _Revision) -> None:
        process, revision.process = revision.process, None
        container, revision.container = revision.container, ""
        if process is None:
            return
        if container and self._docker and process.poll() is None:
            self._docker.stop(container)
        processes.stop(process)

    def _put_to_sleep(self) -> None:
        """Scale to zero what nobody has asked for in a while."""
        while not self._stopping.wait(min(self._idle / 4, 5.0)):
            with self._lock:
                idle = [r for r in self._revisions.values() if time.monotonic() - r.used > self._idle]
            for revision in idle:
                with revision.lock:
                    self._end(revision)


def _commanded(image: Image | EngineImage, command: Sequence[str]) -> Image | EngineImage:
    """The image with this command in place of its own, where there is one."""
    if not command:
        return image
    if isinstance(image, EngineImage):
        return replace(image, command=tuple(command))
    return replace(image, config=replace(image.config, command=tuple(command)))


def _program(image: Image | EngineImage) -> str:
    """What its command begins with."""
    command = image.config.command if isinstance(image, Image) else image.command
    return command[0] if command else "nothing"


def _choose(routes: tuple[Route, ...], tag: str) -> str:
    if tag:
        return next((route.revision for route in routes if route.tag == tag), "")
    weights = [route.percent for route in routes]
    if not any(weights):
        return ""
    return random.choices([route.revision for route in routes], weights)[0]  # noqa: S311 - spreads requests


def _pass_on(
    process: subprocess.Popen[bytes], stream: str, log: Callable[[str, str], None], files: str
) -> None:
    pipe = process.stdout if stream == "stdout" else process.stderr
    assert pipe is not None
    with pipe:
        for line in pipe:
            text = line.decode(errors="replace").rstrip("\r\n")
            log(stream, text.replace(files, ""))


def _listens(port: int, *, hangs_up: bool) -> bool:
    """Whether a server is behind this port; an engine takes every call for a container, and `hangs_up` if none is."""
    if hangs_up:
        return all(_stays(port, seconds) for seconds in HANG_UP_SECONDS)
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _stays(port: int, seconds: float) -> bool:
    """Whether who takes the call is still there after this time."""
    with socket.socket() as probe:
        probe.settimeout(seconds)
        try:
            probe.connect(("127.0.0.1", port))
            return probe.recv(1) != b""
        except TimeoutError:
            return True
        except ConnectionError:
            return False
