"""Builds: an uploaded archive is unpacked and its steps are run as processes; what they print is the build log."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sandbox import buildpack, dockerfile
from sandbox.google.ports import Step
from sandbox.images import ImageStore

WORKSPACE = "/workspace"


class StepFailed(Exception):  # noqa: N818 - reads as what happened
    """A step ended badly, with this exit code."""

    def __init__(self, code: int = 1) -> None:
        super().__init__(code)
        self.code = code


class StepStopped(Exception):  # noqa: N818 - reads as what happened
    """A step was cancelled, or its time was over."""


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


@dataclass(frozen=True)
class Work:
    """One step at work: where, until when, and how it speaks."""

    folder: Path
    log: Callable[[str], None]
    cancelled: Callable[[], bool]
    deadline: float
    images: ImageStore
    scratch: Path
    digests: dict[str, str]
    published: dict[str, str]

    def check(self) -> None:
        """Raise StepStopped when there is no point in going on."""
        if self.cancelled() or time.monotonic() > self.deadline:
            raise StepStopped


class Builder:
    """Runs the steps of a build over an unpacked archive."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)
        self.images = ImageStore(root / "images")

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
            unpack(archive, workspace)
            for number, step in enumerate(steps):
                label = f'Step #{number} - "{step.id}"' if step.id else f"Step #{number}"
                log(f"Starting {label}")
                work = Work(
                    workspace / step.dir,
                    lambda line, label=label: log(f"{label}: {line}"),  # type: ignore[misc]  # bound at once
                    cancelled,
                    deadline,
                    self.images,
                    scratch,
                    digests,
                    published,
                )
                try:
                    _run(step, work)
                except StepFailed as failed:
                    return BuildOutcome("FAILURE", digests, published, number, failed.code)
                except StepStopped:
                    return BuildOutcome("CANCELLED" if cancelled() else "TIMEOUT", digests, published)
                log(f"Finished {label}")
        for image, digest in (digests | published).items():
            self.images.tag(image, digest)
        return BuildOutcome("SUCCESS", digests, published)


def unpack(archive: Path, folder: Path) -> None:
    """A tarball as hostile as it may be: nothing absolute, nothing above, no link out (PEP 706)."""
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")


def _run(step: Step, work: Work) -> None:
    work.check()
    if not work.folder.is_dir():
        work.log(
            f'chdir to cwd ("{WORKSPACE}/{step.dir}") set in config.json failed: no such file or directory'
        )
        raise StepFailed(128)
    if step.name.endswith("/docker"):
        _docker(step, work)
    elif step.name.endswith("/pack"):
        _pack(step, work)
    else:
        work.log(f"Pulling image: {step.name}")
        work.log(
            f"Error response from daemon: manifest for {step.name} not found: the sandbox has no such builder"
        )
        raise StepFailed


def _docker(step: Step, work: Work) -> None:
    words = list(step.args)
    if words[:2] == ["buildx", "create"]:
        work.log("servergem")
        return
    options = dockerfile.Options.parse(words)
    digest = dockerfile.build(work, options, StepFailed, StepStopped)
    for name in options.tags:
        work.digests[name] = digest


def _pack(step: Step, work: Work) -> None:
    words = list(step.args)
    image = words[words.index("build") + 1]
    env = dict(words[n + 1].split("=", 1) for n, word in enumerate(words) if word == "--env")
    files = work.scratch / "app"
    shutil.copytree(work.folder, files, symlinks=True)
    digest = buildpack.build(work, files, image, env, StepFailed, StepStopped)
    # What is published goes to the registry at once and is not in the daemon that Cloud Build pushes from.
    kept = work.published if "--publish" in words else work.digests
    kept[image] = digest
