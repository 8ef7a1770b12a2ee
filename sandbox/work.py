"""One build step at work: where it is, until when, how it speaks, and the ways in which it ends early."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox import machine, outside, processes
from sandbox.images import ImageStore


class StepFailed(Exception):  # noqa: N818 - reads as what happened
    """A step ended badly, with this exit code."""

    def __init__(self, code: int = 1) -> None:
        super().__init__(code)
        self.code = code


class StepStopped(Exception):  # noqa: N818 - reads as what happened
    """A step was cancelled, or its time was over."""


class Beyond(Exception):  # noqa: N818 - reads as what happened
    """The sandbox cannot do what Cloud Build can; the sentence says what, and it is nobody's fault."""


@dataclass(frozen=True)
class Work:
    """One step at work. `home` outlives the build: the package managers keep their caches there."""

    folder: Path
    log: Callable[[str], None]
    cancelled: Callable[[], bool]
    deadline: float
    images: ImageStore
    scratch: Path
    home: Path
    digests: dict[str, str]
    published: dict[str, str]

    def check(self) -> None:
        """Raise StepStopped when there is no point in going on."""
        if self.cancelled() or time.monotonic() > self.deadline:
            raise StepStopped

    def run(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Callable[[str], None]
    ) -> int:
        """Run to the end and give the exit code; StepStopped when that is not wanted any more.

        `env` is the container's; the machine's registries are added, so that installing reaches them. Beyond where it
        failed after it had asked for a host that this machine does not reach.
        """
        whole = processes.clean_environment(self.home, machine.registries() | dict(env))
        unreached: list[str] = []

        def hear(line: str) -> None:
            log(line)
            if not unreached and (host := outside.beyond_reach(line)):
                unreached.append(host)

        code = processes.run(
            command, cwd=cwd, env=whole, log=hear, cancelled=self.cancelled, deadline=self.deadline
        )
        if code is None:
            raise StepStopped
        if code and unreached:
            raise Beyond(outside.limit(unreached[0], "build", "Cloud Build"))
        return code
