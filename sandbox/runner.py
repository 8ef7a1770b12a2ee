"""Services and their revisions: what is started, what a request reaches, and what sleeps or is taken away."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox.docker import Docker
from sandbox.google.ports import Beside, Route
from sandbox.images import EngineImage, Image, ImageStore
from sandbox.instances import Instances, not_started
from sandbox.processes import LOOK_SECONDS
from sandbox.revision import Revision, RevisionOutcome, Sidecar
from sandbox.router import Router

# What is in another region has that in its address.
HOME = "europe-west1"


@dataclass(frozen=True)
class Service:
    """How a service's requests are spread."""

    routes: tuple[Route, ...]
    public: bool


class Runner:
    """Starts revisions, brings requests to them by host name, and puts idle ones to sleep.

    `idle`: seconds without a request after which an instance ends, 15 minutes at most at Cloud Run:
    https://cloud.google.com/run/docs/container-contract#lifecycle. `cold_start`: what a start from zero takes beyond
    the program's own; whoever asks is held as long. Both may change while it runs. `woken`: starts from zero, by
    revision.
    """

    def __init__(
        self, root: Path, images: ImageStore, docker: Docker | None = None, *, idle: float = 900.0
    ) -> None:
        self._images, self.idle = images, idle
        self.cold_start = 0.0
        self.woken: Counter[str] = Counter()
        root.mkdir(parents=True, exist_ok=True)
        self._revisions: dict[str, Revision] = {}
        self._services: dict[str, Service] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._instances = Instances(root, docker, self._stopping)
        self._router = Router(self._find, self._left)
        # Which service a domain leads to; that is Google's to know.
        self.service_at: Callable[[str], str] = lambda _host: ""

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
            self._instances.end(revision)

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
        beside: Sequence[Beside] = (),
    ) -> RevisionOutcome:
        image = self._images.resolve(image_digest)
        if image is None:
            return RevisionOutcome(False, "CONTAINER_MISSING", f"Image '{image_digest}' not found.")
        new = Revision(service, _commanded(image, command), dict(env), port, startup_timeout, log)
        for each in beside:
            if (files := self._images.resolve(each.image_digest)) is None:
                return RevisionOutcome(False, "CONTAINER_MISSING", f"Image '{each.image_digest}' not found.")
            one = Revision(
                each.name, _commanded(files, each.command), dict(each.env), 0, each.startup_timeout, log
            )
            new.sidecars.append(Sidecar(one, each.port, each.last))
        if (outcome := self._instances.bring_up(new)).ok:
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
        task = Revision("job", _commanded(image, command), dict(env), 0, timeout, log)
        try:
            process = task.process = self._instances.spawn(task)
        except OSError as error:
            log("system", not_started(task.image, error))
            return 127
        until = time.monotonic() + timeout
        while (code := process.poll()) is None:
            if time.monotonic() > until or cancelled() or self._stopping.is_set():
                self._instances.end(task)
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
        where = "" if region in (HOME, "-") else f".{region}"
        return f"http://{host}{where}.localhost:{self._router.port}"

    def traffic(self, service: str, region: str = "") -> dict[str, int]:
        """How a service's requests are spread, by revision; empty when there is no such service."""
        _, found = self._named(service, region)
        return {route.revision: route.percent for route in found.routes if route.percent} if found else {}

    def _named(self, service: str, region: str) -> tuple[str, Service | None]:
        """The service of this region; where none is said, the one at HOME, else whichever there is."""
        with self._lock:
            there = [(key, each) for key, each in self._services.items() if key.endswith(f"/{service}")]
        first = next((each for each in there if each[0].endswith(f"/{region or HOME}/{service}")), None)
        return first or (("", None) if region or not there else there[0])

    def awake(self, service: str) -> set[str]:
        """The revisions of a service that have an instance."""
        with self._lock:
            there = {key.rpartition("/")[2]: one for key, one in self._revisions.items()}
        return {name for name, one in there.items() if one.service == service and one.process is not None}

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
            self._instances.end(one)

    @property
    def address(self) -> str:
        """Where all services are, by their hosts' names."""
        return f"http://127.0.0.1:{self._router.port}"

    def _find(self, host: str, authorized: bool) -> int:
        """The loopback port that this request goes to; below 0 is the HTTP status to answer instead."""
        name = self.service_at(host) or host.split(":")[0].removesuffix(".localhost")
        tag, _, named = name.rpartition("---")
        service, _, region = named.partition(".")
        key, state = self._named(service, region)
        if state is None:
            return -404
        if not state.public and not authorized:
            return -403
        chosen = _choose(state.routes, tag)
        with self._lock:
            revision = self._revisions.get(f"{key.rpartition('/')[0]}/{chosen}")
        return -404 if revision is None else self._awake(chosen, revision)

    def _awake(self, name: str, revision: Revision) -> int:
        """The port of an instance; where there is none, whoever asks is held while one starts.

        https://cloud.google.com/run/docs/about-instance-autoscaling: a request starts it.
        """
        with revision.lock:
            if self._sleeps(revision):
                self._instances.end(revision)
            if revision.process is None or revision.process.poll() is not None:
                self.woken[name] += 1
                self._stopping.wait(self.cold_start)
                revision.busy = 0
                if not self._instances.bring_up(revision).ok:
                    return -503
            with self._lock:
                revision.busy += 1
            return revision.address

    def _left(self, port: int) -> None:
        """A request is over; the time that an instance may be idle begins."""
        with self._lock:
            for each in self._revisions.values():
                if each.address == port:
                    each.busy, each.used = each.busy - 1, time.monotonic()

    def _sleeps(self, revision: Revision) -> bool:
        """Whether it has been idle so long that it is ended, whatever the least instances: any may end at any time."""
        return not revision.busy and time.monotonic() - revision.used > self.idle

    def _put_to_sleep(self) -> None:
        """Scale to zero what nobody has asked for in a while."""
        while not self._stopping.wait(min(self.idle / 4, 5.0)):
            with self._lock:
                there = list(self._revisions.values())
            for revision in there:
                with revision.lock:
                    if self._sleeps(revision):
                        self._instances.end(revision)


def _commanded(image: Image | EngineImage, command: Sequence[str]) -> Image | EngineImage:
    """The image with this command in place of its own, where there is one."""
    if not command:
        return image
    if isinstance(image, EngineImage):
        return replace(image, command=tuple(command))
    return replace(image, config=replace(image.config, command=tuple(command)))


def _choose(routes: tuple[Route, ...], tag: str) -> str:
    if tag:
        return next((route.revision for route in routes if route.tag == tag), "")
    weights = [route.percent for route in routes]
    if not any(weights):
        return ""
    return random.choices([route.revision for route in routes], weights)[0]  # noqa: S311 - spreads requests
