"""Builds: an uploaded archive is unpacked and its steps are run as processes; what they print is the build log."""

from __future__ import annotations

import os
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sandbox import base_images, buildpack, docker_commands, dockerfile, machine, pack_command, upon
from sandbox.docker import Docker
from sandbox.dockerfile_run import Options
from sandbox.google.ports import Step
from sandbox.images import Image, ImageStore
from sandbox.unpacking import unpack
from sandbox.work import Beyond, StepFailed, StepStopped, Work

WORKSPACE, HOME = "/workspace", "/builder/home"
# Cloud Build has no FailureType for what is nobody's fault (cloudbuild.proto, FailureInfo).
LIMIT = "FAILURE_TYPE_UNSPECIFIED"


@dataclass(frozen=True)
class BuildOutcome:
    """How a build ended; see sandbox.google.ports. `published`: what a step pushed by itself."""

    status: str
    digests: Mapping[str, str] = field(default_factory=dict)
    published: Mapping[str, str] = field(default_factory=dict)
    failed_step: int | None = None
    exit_code: int | None = None
    failure_type: str | None = None
    detail: str | None = None


class Builder:
    """Runs the steps of a build over an unpacked archive, with a Docker engine where there is one."""

    def __init__(self, root: Path, docker: Docker | None = None) -> None:
        self._root, self._docker = root, docker
        # Outlives every build: the package managers' caches.
        self._home = root / "home"
        self._home.mkdir(parents=True, exist_ok=True)
        self.images = ImageStore(root / "images")
        # Of Google's own builders and empty images those that cannot be pulled, such as `scratch/python314`.
        self.unpulled: set[str] = set()

    def build(
        self,
        *,
        archive: Path,
        steps: Sequence[Step],
        images: Sequence[str],
        log: Callable[[str], None],
        cancelled: Callable[[], bool],
        timeout: float,
    ) -> BuildOutcome:
        digests: dict[str, str] = {}
        published: dict[str, str] = {}
        deadline = time.monotonic() + timeout
        with tempfile.TemporaryDirectory(prefix="build-", dir=self._root) as folder:
            workspace, scratch = Path(folder, "workspace"), Path(folder, "scratch")
            workspace.mkdir()
            scratch.mkdir()
            try:
                unpack(archive, workspace)
            except tarfile.TarError as harmful:
                return _beyond(f"the sandbox unpacks no such archive; Cloud Build may: {harmful}", log)
            work = Work(
                workspace, log, cancelled, deadline, self.images, scratch, self._home, digests, published
            )
            try:
                ended = self._steps(steps, work)
                if ended is None and self._docker:
                    self._push(self._docker, images, work)
            except StepStopped:
                return BuildOutcome("CANCELLED" if cancelled() else "TIMEOUT", digests, published)
            finally:
                if self._docker:
                    self._docker.forget(_builder(work), scratch)
        for image, digest in () if ended else (digests | published).items():
            self.images.tag(image, digest)
        return ended or BuildOutcome("SUCCESS", digests, published)

    def lay(self, *, archive: Path, base: str) -> str:
        """The digest of an archive's files on this base image. Unlaid where that cannot be."""
        with tempfile.TemporaryDirectory(prefix="source-", dir=self._root) as folder:
            return base_images.lay(self.images, archive, base, Path(folder))

    def needs(self, digest: str) -> str:
        """The runtime that an image needs below itself; empty where it has its own."""
        image = self.images.resolve(digest)
        return image.config.needs if isinstance(image, Image) else ""

    def _steps(self, steps: Sequence[Step], whole: Work) -> BuildOutcome | None:
        """How the first step that fails ends the build; None when none does."""
        for number, step in enumerate(steps):
            label = f'Step #{number} - "{step.id}"' if step.id else f"Step #{number}"
            whole.log(f"Starting {label}")

            def log(line: str, label: str = label) -> None:
                whole.log(f"{label}: {line}")

            try:
                self._run(step, replace(whole, folder=whole.folder / step.dir, log=log))
            except StepFailed as failed:
                return BuildOutcome("FAILURE", whole.digests, whole.published, number, failed.code)
            except Beyond as limit:
                return replace(_beyond(str(limit), log), failed_step=number, exit_code=1)
            whole.log(f"Finished {label}")
        return None

    def _run(self, step: Step, work: Work) -> None:
        work.check()
        if not work.folder.is_dir():
            work.log(
                f'chdir to cwd ("{WORKSPACE}/{step.dir}") set in config.json failed: no such file or directory'
            )
            raise StepFailed(128)
        image = step.name.partition(":")[0]
        if image.endswith("/library/node") and step.entrypoint == "bash" and not machine.tool("node"):
            raise Beyond("the sandbox installs no packages for Node without Node; Cloud Build does")
        if image.endswith("/library/python") and step.entrypoint == "bash":
            _python(step, work)
        elif step.entrypoint == "bash":
            _shell(step, work)
        elif image.endswith("/docker"):
            if self._docker:
                here = replace(step, args=tuple(_at_home(word, work) for word in step.args))
                self._docker.step(here, work, _builder(work))
            else:
                _docker(step, work)
        elif image.endswith("/pack"):
            self._pack(step, work)
        else:
            raise Beyond(f"the sandbox has no builder {step.name}; Cloud Build pulls it")

    def _pack(self, step: Step, work: Work) -> None:
        try:
            wanted = pack_command.read(step.args)
        except pack_command.Refused as refused:
            work.log(f"ERROR: {refused}")
            raise StepFailed from refused
        image = wanted.image
        # What is published goes to the registry at once and is not in the daemon that Cloud Build pushes from.
        kept = work.published if wanted.publish else work.digests
        below = upon.chosen(wanted, work, self.unpulled)
        # An engine lays no image upon another, as Cloud Run does, and so cannot start what is built upon nothing.
        if self._docker and self._docker.packs and not below:
            self._docker.step(step, work, _builder(work))
            self._keep(self._docker, image, self._docker.digest(image), kept)
            return
        kept[image] = buildpack.build(work, image, wanted.env, below)

    def _push(self, docker: Docker, images: Sequence[str], work: Work) -> None:
        """What the engine holds under the build's names goes to the registry, as Cloud Build does at the end."""
        for image in images:
            self._keep(docker, image, docker.push(image, work), work.digests)

    def _keep(self, docker: Docker, image: str, digest: str | None, kept: dict[str, str]) -> None:
        if digest:
            kept[image] = digest
            self.images.note(digest, docker_commands.by_digest(docker.address(image), digest))


def _beyond(what: str, log: Callable[[str], None]) -> BuildOutcome:
    """A failure that is the sandbox's own limit."""
    log(f"SANDBOX: {what}")
    return BuildOutcome("FAILURE", failure_type=LIMIT, detail=f"SANDBOX: {what}")


def _shell(step: Step, work: Work) -> None:
    """A line of shell, which may leave things at home for the steps after it."""
    words = ["bash", *(_at_home(word, work) for word in step.args)]
    if code := work.run(words, cwd=work.folder, env={"HOME": str(_home(work))}, log=work.log):
        raise StepFailed(code)


def _python(step: Step, work: Work) -> None:
    """A line of shell where Python is of the version that the image's tag names, or of the one that stands in."""
    layer = work.scratch / "python"
    machine.virtual_environment(layer, base_images.python_of(step.name.rpartition(":")[2]))
    path = os.pathsep.join([str(layer / "bin"), machine.search_path()])
    env = {"HOME": str(_home(work)), "PATH": path}
    if code := work.run(["bash", *step.args], cwd=work.folder, env=env, log=work.log):
        raise StepFailed(code)


def _home(work: Work) -> Path:
    """Every step's HOME, which goes with the build."""
    home = work.scratch / "home"
    home.mkdir(exist_ok=True)
    return home


def _at_home(word: str, work: Work) -> str:
    return word.replace(HOME, str(_home(work)))


def _docker(step: Step, work: Work) -> None:
    """Without an engine: the instructions as processes of this machine."""
    words = list(step.args)
    if words[:2] == ["buildx", "create"]:
        work.log("servergem")
        return
    options = Options.parse(words)
    digest = dockerfile.build(work, options)
    for name in options.tags:
        work.digests[name] = digest


def _builder(work: Work) -> str:
    """The name of what one build alone builds with: its folder's."""
    return f"servergem-{work.scratch.parent.name}"
