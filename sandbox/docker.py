"""A Docker engine where one answers: it runs the steps of builds, keeps what they push, and starts containers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sandbox import docker_commands, processes
from sandbox.docker_commands import LABEL
from sandbox.google.ports import Step
from sandbox.work import StepFailed, StepStopped, Work

# The registry that Docker offers for a machine of one's own: https://distribution.github.io/distribution/
REGISTRY_IMAGE = "registry:2"
REGISTRY_PORT = 5000
# The first start pulls the registry's image; everything else is answered within seconds.
OPEN_SECONDS = 120.0
ANSWER_SECONDS = 60.0
STOP_SECONDS = 2
# By these the command finds its engine; a build and a container get none of them.
KEPT = re.compile(r"PATH|HOME|LANG|XDG_RUNTIME_DIR|DOCKER_\w+|SSH_AUTH_SOCK|\w+_proxy|\w+_PROXY")


class NoEngine(Exception):  # noqa: N818 - reads as what happened
    """No engine can be used here; the sentence says why."""


@dataclass
class Docker:
    """An engine that answers, and the registry in it that stands for Artifact Registry (`registry`: host and port)."""

    version: str
    owner: str
    registry: str = ""
    _images: set[str] = field(default_factory=set)

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

    def push(self, image: str, work: Work) -> str | None:
        """The digest of an image of the engine's own once the registry has it; None where the engine has none."""
        if self._work(["docker", "push", "--quiet", self.address(image)], work, {}, lambda _: None):
            return None
        self._images.add(self.address(image))
        return self.digest(image)

    def digest(self, image: str) -> str | None:
        """The digest of what the registry has under this name."""
        words = ["buildx", "imagetools", "inspect", self.address(image), "--format", "{{json .Manifest}}"]
        inspected = _ask(words)
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
        return processes.start(words, cwd=Path.home(), env=_environment(), stderr=subprocess.PIPE)

    def stop(self, container: str) -> None:
        """The container ends: SIGTERM, and what it is worth after two seconds; it goes with its end (--rm)."""
        _ask(["stop", "--time", str(STOP_SECONDS), container])

    def forget(self, builder: str, scratch: Path) -> None:
        """A build is over: what was there for it alone goes."""
        _ask(["buildx", "rm", "--force", builder], _builders(scratch))

    def _work(
        self, words: Sequence[str], work: Work, env: Mapping[str, str], log: Callable[[str], None]
    ) -> int:
        code = processes.run(
            words,
            cwd=work.folder,
            env=_environment() | _builders(work.scratch) | dict(env),
            log=lambda line: log(line.replace(f"{self.registry}/", "")),
            cancelled=work.cancelled,
            deadline=work.deadline,
        )
        if code is None:
            raise StepStopped
        return code

    def close(self) -> None:
        """Remove every container of this sandbox, the registry among them, and the images that came out of it."""
        _remove(f"label={LABEL}={self.owner}")
        if self._images:
            _ask(["image", "rm", "--force", *sorted(self._images)])


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
    docker = Docker(find(), f"{os.getpid()}-{uuid.uuid4().hex[:8]}")
    _remove_orphans()
    published = ["--publish", f"127.0.0.1::{REGISTRY_PORT}"]
    try:
        started = _ask(
            ["run", "--detach", "--label", f"{LABEL}={docker.owner}", *published, REGISTRY_IMAGE],
            seconds=OPEN_SECONDS,
        )
        if started.returncode:
            raise NoEngine(f"it cannot start {REGISTRY_IMAGE} ({_last_line(started.stderr)})")
        said = _ask(["port", started.stdout.strip(), f"{REGISTRY_PORT}/tcp"]).stdout
        # By this name both the engine and BuildKit speak plain HTTP to it.
        docker.registry = f"localhost:{said.split()[0].rpartition(':')[2]}"
        yield docker
    finally:
        docker.close()


def find() -> str:
    """The version of the engine that answers. Raises NoEngine."""
    if shutil.which("docker") is None:
        raise NoEngine("there is no `docker` on the PATH")
    asked = _ask(["version", "--format", "{{.Server.Version}}"])
    if asked.returncode or not asked.stdout.strip():
        raise NoEngine(_last_line(asked.stderr) or "it does not answer")
    if _ask(["buildx", "version"]).returncode:
        raise NoEngine("`docker buildx` is not installed")
    return asked.stdout.strip()


def _remove_orphans() -> None:
    """What a sandbox left behind that could not clear up: its process is no more."""
    written = _ask(
        ["ps", "--all", "--filter", f"label={LABEL}", "--format", f'{{{{.Label "{LABEL}"}}}}']
    ).stdout
    for owner in set(written.split()):
        if not Path("/proc", owner.partition("-")[0]).exists() and Path("/proc/self").exists():
            _remove(f"label={LABEL}={owner}")


def _remove(wanted: str) -> None:
    if found := _ask(["ps", "--all", "--quiet", "--filter", wanted]).stdout.split():
        _ask(["rm", "--force", "--volumes", *found])


def _ask(
    words: Sequence[str], env: Mapping[str, str] | None = None, *, seconds: float = ANSWER_SECONDS
) -> subprocess.CompletedProcess[str]:
    """A short question to the engine; its silence is an answer with status 124, as timeout(1) gives it."""
    whole = _environment() | dict(env or {})
    try:
        return subprocess.run(["docker", *words], capture_output=True, text=True, env=whole, timeout=seconds)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(list(words), 124, "", f"no answer within {seconds:.0f} s")


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if KEPT.fullmatch(name)}


def _builders(scratch: Path) -> dict[str, str]:
    """Builders are noted down for one build, not for the person whose machine this is."""
    return {"BUILDX_CONFIG": str(scratch / "buildx")}


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
