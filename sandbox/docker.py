"""A Docker engine where one answers: it runs the steps of builds, keeps what they push, and starts containers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sandbox import docker_commands, docker_engine, processes
from sandbox.docker_engine import NoEngine, ask, environment
from sandbox.docker_registry import registry
from sandbox.google.ports import Step
from sandbox.work import Beyond, StepFailed, StepStopped, Work

STOP_SECONDS = 2


@dataclass
class Docker:
    """An engine that answers, and the registry in it that stands for Artifact Registry (`registry`: host and port)."""

    version: str
    owner: str
    registry: str
    _images: set[str] = field(default_factory=set)
    _had: dict[str, bool] = field(default_factory=dict)

    @property
    def packs(self) -> bool:
        """Whether builds without a Dockerfile are possible: their steps need `pack`."""
        return shutil.which("pack") is not None

    def step(self, step: Step, work: Work, builder: str) -> None:
        """One step as Cloud Build runs it; StepFailed with its exit code. `builder` serves this build alone."""
        words = docker_commands.of_step(step, self.registry, builder)
        code = self._work(words, work, dict(each.split("=", 1) for each in step.env), work.log)
        if code:
            raise StepFailed(code)
        if (image := docker_commands.builder_image(step)) and not self._has(image):
            self._build_itself(image, work)

    def _has(self, image: str) -> bool:
        if image not in self._had:
            self._had[image] = docker_engine.has(image)
        return self._had[image]

    def _build_itself(self, image: str, work: Work) -> None:
        """The engine's own BuildKit serves this build in place of one in a container, whose image cannot be had."""
        if not docker_engine.keeps_caches():
            raise Beyond(
                f"the sandbox's engine cannot pull {image}, and its own BuildKit keeps no cache in a registry without "
                'the containerd image store ("features": {"containerd-snapshotter": true} in daemon.json); Cloud '
                "Build pulls it"
            )
        work.log(
            f"SANDBOX: {image} cannot be pulled, and the engine's own BuildKit builds; Cloud Build pulls it"
        )
        ask(["buildx", "use", "default"], _builders(work.scratch))

    def push(self, image: str, work: Work) -> str | None:
        """The digest of an image of the engine's own once the registry has it; None where the engine has none."""
        if self._work(["docker", "push", "--quiet", self.address(image)], work, {}, lambda _: None):
            return None
        self._images.add(self.address(image))
        return self.digest(image)

    def digest(self, image: str) -> str | None:
        """The digest of what the registry has under this name."""
        words = ["buildx", "imagetools", "inspect", self.address(image), "--format", "{{json .Manifest}}"]
        inspected = ask(words)
        return None if inspected.returncode else str(json.loads(inspected.stdout)["digest"])

    def address(self, image: str) -> str:
        """Where the registry has what is called so in Artifact Registry."""
        return f"{self.registry}/{image}"

    def start(
        self,
        image: str,
        *,
        name: str,
        env: Mapping[str, str],
        command: Sequence[str] = (),
        ports: tuple[int, int] | None = None,
    ) -> subprocess.Popen[bytes]:
        """A process that lasts as long as the container and prints what it prints; see docker_commands.run."""
        self._images.add(image)
        words = docker_commands.run(image, name=name, owner=self.owner, env=env, command=command, ports=ports)
        return processes.start(words, cwd=Path.home(), env=environment(), stderr=subprocess.PIPE)

    def stop(self, container: str) -> None:
        """The container ends: SIGTERM, and what it is worth after two seconds; it goes with its end (--rm)."""
        ask(["stop", "--time", str(STOP_SECONDS), container])

    def forget(self, builder: str, scratch: Path) -> None:
        """A build is over: what was there for it alone goes."""
        ask(["buildx", "rm", "--force", builder], _builders(scratch))

    def _work(
        self, words: Sequence[str], work: Work, env: Mapping[str, str], log: Callable[[str], None]
    ) -> int:
        code = processes.run(
            words,
            cwd=work.folder,
            env=environment() | _builders(work.scratch) | dict(env),
            log=lambda line: log(line.replace(f"{self.registry}/", "")),
            cancelled=work.cancelled,
            deadline=work.deadline,
        )
        if code is None:
            raise StepStopped
        return code

    def close(self) -> None:
        """Remove every container of this sandbox, its registry's too, and the images that came out of it."""
        docker_engine.remove(self.owner)
        if self._images:
            ask(["image", "rm", "--force", *sorted(self._images)])


@dataclass(frozen=True)
class Found:
    """What builds Dockerfiles here: an engine, or this machine in its stead; `said` tells a person which, and why."""

    said: str
    docker: Docker | None = None


@contextmanager
def engine(wanted: bool = True) -> Iterator[Found]:
    """The engine where one is wanted and answers, with an empty registry, until the block ends."""
    alone = "built as processes of this machine, without a Docker engine"
    with ExitStack() as stack:
        if not wanted:
            yield Found(alone)
            return
        try:
            docker = stack.enter_context(answering())
        except NoEngine as reason:
            found = Found(f"{alone} ({reason})")
        else:
            found = Found(f"built and run by Docker {docker.version}, pushed to {docker.registry}", docker)
        yield found


@contextmanager
def answering() -> Iterator[Docker]:
    """The engine that answers here, with an empty registry, until the block ends. Raises NoEngine."""
    version, owner = docker_engine.find(), f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
    docker_engine.remove_orphans()
    with registry(owner) as address:
        docker = Docker(version, owner, address)
        try:
            yield docker
        finally:
            docker.close()


def _builders(scratch: Path) -> dict[str, str]:
    """Builders are noted down for one build, not for the person whose machine this is."""
    return {"BUILDX_CONFIG": str(scratch / "buildx")}
