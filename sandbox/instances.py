"""Instances: the process, or the container, that a revision is while it runs, up to its last words."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from sandbox import containers, machine, outside, processes
from sandbox.docker import Docker
from sandbox.images import EngineImage, Image
from sandbox.ports import free_port, is_free
from sandbox.processes import LOOK_SECONDS
from sandbox.revision import Revision, RevisionOutcome, Sidecar

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
# In these words: https://github.com/terraform-google-modules/terraform-docs-samples/pull/254
NEVER_STARTED = (
    "The user-provided container failed the configured startup probe checks. Logs for this revision might contain "
    "more information."
)
SIDECAR_FAILED = (
    'STARTUP TCP probe failed for container "{name}" on port {port}. The instance was not started.'
)


class Instances:
    """Starts and ends them; `stopping` is set when the sandbox ends, and no start is waited for any more."""

    def __init__(self, root: Path, docker: Docker | None, stopping: threading.Event) -> None:
        self._root, self._docker, self._stopping = root, docker, stopping
        self._with_sidecars = threading.Lock()
        self._at_port: dict[int, Revision] = {}

    def bring_up(self, revision: Revision) -> RevisionOutcome:
        """Start it with all beside it, and wait until each listens that is asked, or one has failed."""
        self.end(revision)
        if not revision.sidecars:
            return self._alone(revision)
        with self._with_sidecars:
            self._give_way(revision)
            return self._together(revision)

    def _give_way(self, revision: Revision) -> None:
        """Put to sleep who has a sidecar at the same port: all are at this machine's localhost, where one has it.

        The next request to it wakes it, and puts this one to sleep; at Cloud Run each has a localhost of its own.
        """
        for port in filter(None, (each.port for each in revision.sidecars)):
            other = self._at_port.get(port, revision)
            if other is not revision:
                self.end(other)
            self._at_port[port] = revision

    def _together(self, revision: Revision) -> RevisionOutcome:
        if not all(self._beside(each) for each in revision.sidecars if not each.last):
            return self._failed_beside(revision)
        outcome = self._alone(revision)
        if outcome.ok and not all(self._beside(each) for each in revision.sidecars if each.last):
            return self._failed_beside(revision)
        return outcome

    def _beside(self, sidecar: Sidecar) -> bool:
        """Start a sidecar, and wait for its port; one that ends later is not missed here.

        A container of an engine has a localhost of its own, and is not waited for.
        """
        one, port = sidecar.revision, sidecar.port
        try:
            one.process = self.spawn(one)
        except OSError as error:
            one.log("system", not_started(one.image, error))
            return False
        until = time.monotonic() + one.startup_timeout
        while port and not one.container and not _listens(port, hangs_up=False):
            if time.monotonic() > until or one.process.poll() is not None or self._stopping.is_set():
                one.log("system", SIDECAR_FAILED.format(name=one.service, port=port))
                return False
            time.sleep(LOOK_SECONDS)
        return True

    def _failed_beside(self, revision: Revision) -> RevisionOutcome:
        self.end(revision)
        return RevisionOutcome(False, "HEALTH_CHECK_CONTAINER_ERROR", NEVER_STARTED)

    def _alone(self, revision: Revision) -> RevisionOutcome:
        revision.address, own = free_port(), self._own_port(revision)
        try:
            revision.process = self.spawn(revision)
        except OSError as error:
            revision.log("system", not_started(revision.image, error))
            return self._failed(revision)
        until = time.monotonic() + revision.startup_timeout
        while time.monotonic() < until and not self._stopping.is_set():
            if (code := revision.process.poll()) is not None:
                for reader in revision.readers:
                    reader.join(LAST_WORDS_SECONDS)
                revision.log("system", f"Container called exit({code}).")
                return self._failed(revision)
            if own and _listens(own, hangs_up=False):
                revision.address, self._at_port[own] = own, revision
            if revision.address == own or _listens(revision.address, hangs_up=bool(revision.container)):
                revision.used = time.monotonic()
                return RevisionOutcome(True)
            time.sleep(LOOK_SECONDS)
        return self._failed(revision)

    def _own_port(self, revision: Revision) -> int:
        """The port of its service, where a program may listen that does not ask for $PORT; 0 where somebody has it.

        One of ours that has it is put to sleep, as with sidecars: the next request wakes it.
        """
        other = self._at_port.get(revision.port, revision)
        if other is not revision and other.address == revision.port:
            self.end(other)
        alone = isinstance(revision.image, Image) and revision.port > 0
        return revision.port if alone and is_free(revision.port) else 0

    def _failed(self, revision: Revision) -> RevisionOutcome:
        self.end(revision)
        revision.log("system", PROBE_FAILED.format(service=revision.service, port=revision.port))
        said = NEVER_LISTENED.format(port=revision.port)
        if revision.unreached:
            said = f"SANDBOX: {outside.limit(revision.unreached, 'container', 'Cloud Run')}"
        return RevisionOutcome(False, "HEALTH_CHECK_CONTAINER_ERROR", said)

    def spawn(self, revision: Revision) -> subprocess.Popen[bytes]:
        """Start it. OSError when there is nothing to start."""
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

    def _as_process(self, revision: Revision, image: Image) -> subprocess.Popen[bytes]:
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

    def _as_container(self, revision: Revision, image: EngineImage) -> subprocess.Popen[bytes]:
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

    def end(self, revision: Revision) -> None:
        """Stop its process, or its container, and those beside it; nothing when it has none."""
        for each in revision.sidecars:
            self.end(each.revision)
        process, revision.process = revision.process, None
        container, revision.container = revision.container, ""
        if process is None:
            return
        if container and self._docker and process.poll() is None:
            self._docker.stop(container)
        processes.stop(process)


def not_started(image: Image | EngineImage, error: OSError) -> str:
    """What Cloud Run's log says of a command that could not be run."""
    command = image.config.command if isinstance(image, Image) else image.command
    program = command[0] if command else "nothing"
    return f"terminated: Application failed to start: {program!r}: {error.strerror}"


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
