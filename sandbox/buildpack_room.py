"""Where a buildpack works: the application, the layers beside it, and the words in which it tells what it does."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from sandbox import containers
from sandbox.work import StepFailed, Work

# What is printed when a package or a program wants another version of the runtime than the one at hand.
OTHER_VERSION = re.compile(
    r"Requires-Python|requires a different Python|requires Python|EBADENGINE|Unsupported engine|"
    r"release version \d+ not supported|invalid target release|go\.mod requires go|"
    r"invalid go version '[\d.]+': must match format|Your Ruby version is|"
    r"SyntaxError: invalid syntax|ERR_UNKNOWN_BUILTIN_MODULE|is incompatible with this module"
)


@dataclass(frozen=True)
class Room:
    """`files` is the image as it grows; `env` what the build was given, by `pack --env` and project.toml."""

    work: Work
    files: Path
    env: Mapping[str, str]

    @property
    def app(self) -> Path:
        return self.files / "workspace"

    def say(self, line: str) -> None:
        self.work.log(f"[builder] {line}")

    def fail(self) -> NoReturn:
        """End the build in the lifecycle's own words."""
        self.work.log("ERROR: failed to build: exit status 1")
        raise StepFailed

    def run(self, words: Sequence[str], env: Mapping[str, str], *, heard: list[str] | None = None) -> None:
        """One command of a buildpack; a bad end ends the build. `heard` collects what it prints."""
        shown = shlex.join([Path(words[0]).name, *words[1:]]).replace(str(self.files), "")
        self.say(f'Running "{shown}"')

        def hear(line: str) -> None:
            if heard is not None:
                heard.append(line)
            self.say(line.replace(str(self.files), ""))

        whole = containers.environment(self.files, dict(self.env) | dict(env))
        code = self.work.run(["/usr/bin/env", *words], cwd=self.app, env=whole, log=hear)
        if code:
            self.say(f'Failed to run "{shown}": exit status {code}')
            self.fail()
        self.say("Done")


@dataclass(frozen=True)
class Launch:
    """How the image starts. Without a command the build fails with `missing`, the buildpack's own sentence."""

    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""


@dataclass(frozen=True)
class Language:
    """One language of the builder. `tool` is the program without which this machine cannot build it."""

    name: str
    title: str
    detects: Callable[[Path], bool]
    build: Callable[[Room], Launch]
    tool: str = ""
    tools: str = ""
