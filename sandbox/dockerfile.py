"""Dockerfiles without an engine: the instructions run as processes of this machine, printed as BuildKit prints."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sandbox import bases, containers, machine
from sandbox.dockerfile_cache import layer
from sandbox.dockerfile_copy import Copying
from sandbox.dockerfile_run import PATH, PYTHON, Options
from sandbox.dockerfile_stage import Stage, absolute, command, full, inside, pairs
from sandbox.dockerfile_text import Instruction, Refused, parse
from sandbox.images import ImageConfig
from sandbox.work import StepFailed, Work


def build(work: Work, options: Options) -> str:
    """The image's digest; StepFailed after BuildKit's words for what is wrong."""
    work.log('#0 building with "servergem" instance using docker-container driver')
    work.log("")
    work.log("#1 [internal] load build definition from " + Path(options.file).name)
    path = work.folder / options.file
    if not path.is_file():
        work.log("#1 DONE 0.0s")
        missing = f"open {options.file}: no such file or directory"
        work.log(f"ERROR: failed to build: failed to solve: failed to read dockerfile: {missing}")
        raise StepFailed
    text = path.read_text(errors="replace")
    work.log(f"#1 transferring dockerfile: {len(text)}B done")
    work.log("#1 DONE 0.0s")
    try:
        return _Build(work, options, parse(text)).run()
    except Refused as refused:
        _tell(work, Path(options.file).name, text.splitlines(), refused)
        raise StepFailed from refused


class _Build(Copying):
    """One `docker build`, instruction by instruction."""

    def run(self) -> str:
        for instruction in self._instructions:
            self._work.check()
            if instruction.word == "FROM":
                if self._stage and self._options.target == self._stage.name:
                    break
                self._from(instruction)
            elif self._stage is None:
                self._arg(instruction, self._global_args)
            else:
                self._do(self._stage, instruction)
        stage = self._stages.get(self._options.target) if self._options.target else self._stage
        if stage is None:
            raise Refused(f'target stage "{self._options.target}" could not be found')
        self._work.log(f"#{self._vertex + 1} exporting to image")
        self._cache.keep()
        machine.relocate(stage.files, self._work.scratch)
        return self._work.images.add(stage.files, _config(stage))

    def _from(self, instruction: Instruction) -> None:
        words = self._filled(instruction.rest, self._global_args).split()
        words = [word for word in words if not word.startswith("--")]
        base, name = words[0], (words[2] if len(words) > 2 else str(len(self._stages)))
        files = self._work.scratch / f"stage-{len(self._stages)}"
        before = self._earlier(base)
        if before is not None:
            shutil.copytree(before.files, files, symlinks=True)
            stage = replace(before, name=name, files=files, env=dict(before.env), args={})
        else:
            stage = replace(self._fresh(name, files, base, instruction), layer=layer("", base))
        self._stages[name] = self._stage = stage
        self._say(instruction, lambda: None)

    def _fresh(self, name: str, files: Path, image: str, instruction: Instruction) -> Stage:
        """A stage on an image from outside, as far as this machine can stand in for it."""
        base = bases.resolve(image)
        if base is None:
            raise Refused(
                f"{image}: failed to resolve source metadata for {full(image)}: {full(image)}: not found",
                instruction,
            )
        files.mkdir()
        if image != "scratch":
            containers.skeleton(files)
        whole = "\n".join(each.rest for each in self._instructions if each.word in ("RUN", "COPY", "ENV"))
        if base.language == "python" and PYTHON.search(whole):
            self._python(files, base.version)
        stage = Stage(name, files, base=base)
        if base.language == "python" and image.partition(":")[0].endswith("/uv"):
            self._execute(stage, "pip install --quiet uv", Instruction("RUN", "", 0, 0))
        return stage

    def _do(self, stage: Stage, instruction: Instruction) -> None:
        rest = instruction.rest
        match instruction.word:
            case "WORKDIR":
                stage.workdir = absolute(stage.workdir, self._filled(rest, stage.args | stage.env))
                self._say(
                    instruction, lambda: inside(stage, stage.workdir).mkdir(parents=True, exist_ok=True)
                )
            case "COPY" | "ADD":
                self._say(instruction, lambda: self._copy(stage, instruction))
            case "RUN":
                self._say(instruction, lambda: self._run(stage, instruction))
            case "ENV":
                stage.env.update(pairs(self._filled(rest, {"PATH": PATH} | stage.args | stage.env)))
            case "ARG":
                self._arg(instruction, stage.args)
            case "CMD":
                stage.command = command(rest, stage.shell)
            case "ENTRYPOINT":
                stage.entrypoint, stage.command = command(rest, stage.shell), ()
            case "SHELL":
                stage.shell = command(rest, stage.shell)
            case _:
                pass  # USER, EXPOSE, LABEL and the like change nothing for a process of ours

    def _arg(self, instruction: Instruction, into: dict[str, str]) -> None:
        given = dict(self._options.args)
        for word in instruction.rest.split() if "=" not in instruction.rest else [instruction.rest]:
            name, _, default = word.partition("=")
            default = self._filled(default.strip("\"'"), self._global_args | into)
            into[name] = given.get(name, default or self._global_args.get(name, ""))

    def _say(self, instruction: Instruction, act: Callable[[], None]) -> None:
        """Do it, between BuildKit's lines for it."""
        self._vertex += 1
        assert self._stage is not None
        mine = [i for i in self._instructions if i.word in ("FROM", "RUN", "COPY", "ADD", "WORKDIR")]
        name = "" if len(self._stages) == 1 else f"{self._stage.name} "
        here = f"[{name}{mine.index(instruction) + 1}/{len(mine)}] {instruction.word} {instruction.rest}"
        work = self._work
        work.log(f"#{self._vertex} {here}")
        began, cached = time.monotonic(), self._is_cached(self._stage, instruction)
        try:
            self._work = replace(work, log=lambda _line: None) if cached else work
            act()
        except Refused as refused:
            work.log(f"#{self._vertex} ERROR: {refused.message}")
            raise
        finally:
            self._work = work
        work.log(f"#{self._vertex} " + ("CACHED" if cached else f"DONE {time.monotonic() - began:.1f}s"))
        work.log("")

    def _is_cached(self, stage: Stage, instruction: Instruction) -> bool:
        """Whether the cache has the layer that the instruction makes upon what the stage has."""
        if instruction.word == "FROM":
            return False
        names = stage.args | stage.env
        inline = "".join(each.text for each in instruction.heredocs)
        words = f"{instruction.word} {self._filled(instruction.rest, names)}{inline}"
        above: list[Path] = []
        if instruction.word == "RUN":
            words += str(sorted(names.items()))
        elif instruction.word in ("COPY", "ADD"):
            above = self._copied(stage, instruction)
            others = [
                each.layer for name, each in self._stages.items() if f"--from={name}" in instruction.rest
            ]
            words += "".join(others)
        stage.layer = layer(stage.layer, words, above)
        return self._cache.has(stage.layer)


def _tell(work: Work, name: str, lines: list[str], refused: Refused) -> None:
    """The end of BuildKit's plain output: the place in the Dockerfile, then the last words."""
    at = refused.instruction
    if at:
        work.log("------")
        work.log(f" > {at.word} {at.rest}:")
        work.log("------")
        work.log(f"{name}:{at.line}")
        work.log("--------------------")
        for number in range(max(1, at.line - 2), min(len(lines), at.last_line + 2) + 1):
            mark = ">>>" if at.line <= number <= at.last_line else "   "
            work.log(f"{number:4d} | {mark} {lines[number - 1]}".rstrip())
        work.log("--------------------")
    work.log(f"ERROR: failed to build: failed to solve: {refused.message}")


def _config(stage: Stage) -> ImageConfig:
    return ImageConfig((*stage.entrypoint, *stage.command), tuple(stage.env.items()), stage.workdir)
