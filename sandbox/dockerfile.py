"""Dockerfiles without an engine: the instructions that samples need, run as processes, told as BuildKit tells them."""

from __future__ import annotations

import fnmatch
import json
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import processes
from sandbox.images import ImageConfig

if TYPE_CHECKING:
    from sandbox.builder import Work

# What this machine can stand in for: anything that only needs its own Python, Node and shell.
BASES = re.compile(
    r"^(docker\.io/(library/)?)?"
    r"(python|node|debian|ubuntu|alpine|busybox|scratch|[\w./-]*distroless[\w./-]*)(:|@|$)"
)
INSTRUCTIONS = (
    *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL"),
    *("MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
)


@dataclass(frozen=True)
class Options:
    """The words of `docker build`."""

    file: str = "Dockerfile"
    target: str = ""
    args: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()

    @classmethod
    def parse(cls, words: list[str]) -> Options:
        pairs = list(zip(words, [*words[1:], ""], strict=True))
        value = {flag: following for flag, following in pairs if flag in ("-f", "--file", "--target")}
        return cls(
            value.get("-f", value.get("--file", "Dockerfile")),
            value.get("--target", ""),
            tuple(
                (name, text)
                for flag, following in pairs
                if flag == "--build-arg"
                for name, _, text in [following.partition("=")]
            ),
            tuple(following for flag, following in pairs if flag in ("-t", "--tag")),
        )


@dataclass(frozen=True)
class Instruction:
    """One instruction and the lines it stands on, counted from 1."""

    word: str
    rest: str
    line: int
    last_line: int


@dataclass
class Stage:
    """One FROM and what follows, as it grows."""

    name: str
    files: Path
    env: dict[str, str] = field(default_factory=dict)
    args: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()


class _Refused(Exception):  # noqa: N818 - reads as what happened
    """BuildKit's own last words, and the instruction that they are about."""

    def __init__(self, message: str, instruction: Instruction | None = None) -> None:
        super().__init__(message)
        self.message, self.instruction = message, instruction


def build(work: Work, options: Options, failed: type[Exception], stopped: type[Exception]) -> str:
    """The image's digest; `failed` after BuildKit's words for what is wrong."""
    work.log('#0 building with "servergem" instance using docker-container driver')
    work.log("")
    work.log("#1 [internal] load build definition from " + Path(options.file).name)
    path = work.folder / options.file
    if not path.is_file():
        work.log("#1 DONE 0.0s")
        missing = f"open {options.file}: no such file or directory"
        work.log(f"ERROR: failed to build: failed to solve: failed to read dockerfile: {missing}")
        raise failed
    text = path.read_text()
    work.log(f"#1 transferring dockerfile: {len(text)}B done")
    work.log("#1 DONE 0.0s")
    try:
        return _Build(work, options, parse(text), stopped).run()
    except _Refused as refused:
        _tell(work, Path(options.file).name, text.splitlines(), refused)
        raise failed from refused


def parse(text: str) -> list[Instruction]:
    """The instructions with their lines; `_Refused` in BuildKit's words for one that there is not."""
    found: list[Instruction] = []
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        first, whole = number, lines[number].strip()
        number += 1
        if not whole or whole.startswith("#"):
            continue
        while whole.endswith("\\") and number < len(lines):
            following = lines[number].strip()
            whole = whole[:-1].rstrip() + (" " + following if not following.startswith("#") else " \\")
            number += 1
        word, _, rest = whole.partition(" ")
        instruction = Instruction(word.upper(), rest.strip(), first + 1, number)
        if instruction.word not in INSTRUCTIONS:
            message = f"dockerfile parse error on line {first + 1}: unknown instruction: {word}"
            raise _Refused(message + _did_you_mean(word), instruction)
        found.append(instruction)
    if not found:
        raise _Refused("the Dockerfile (Dockerfile) cannot be empty")
    if found[0].word not in ("FROM", "ARG"):
        raise _Refused(
            f"dockerfile parse error on line {found[0].line}: no build stage in current context", found[0]
        )
    return found


def _did_you_mean(word: str) -> str:
    import difflib

    near = difflib.get_close_matches(word.upper(), INSTRUCTIONS, 1, 0.6)
    return f" (did you mean {near[0]}?)" if near else ""


class _Build:
    """One `docker build`, instruction by instruction."""

    def __init__(
        self, work: Work, options: Options, instructions: list[Instruction], stopped: type[Exception]
    ) -> None:
        self._work, self._options, self._stopped = work, options, stopped
        self._instructions = instructions
        self._stages: dict[str, Stage] = {}
        self._stage: Stage | None = None
        self._global_args: dict[str, str] = {}
        self._vertex = 4
        self._ignored = _ignored(work.folder)

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
            raise _Refused(f'target stage "{self._options.target}" could not be found')
        self._work.log(f"#{self._vertex + 1} exporting to image")
        return self._work.images.add(stage.files, _config(stage))

    def _from(self, instruction: Instruction) -> None:
        words = self._filled(instruction.rest, self._global_args).split()
        words = [word for word in words if not word.startswith("--")]
        base, name = words[0], (words[2] if len(words) > 2 else str(len(self._stages)))
        files = self._work.scratch / f"stage-{len(self._stages)}"
        if base in self._stages:
            before = self._stages[base]
            shutil.copytree(before.files, files, symlinks=True)
            stage = Stage(
                name, files, dict(before.env), {}, before.workdir, before.entrypoint, before.command
            )
        else:
            if not BASES.match(base):
                raise _Refused(
                    f"{base}: failed to resolve source metadata for {_full(base)}: {_full(base)}: not found",
                    instruction,
                )
            files.mkdir()
            stage = Stage(name, files)
        self._stages[name] = self._stage = stage
        self._say(instruction, lambda: None)

    def _do(self, stage: Stage, instruction: Instruction) -> None:
        rest = instruction.rest
        match instruction.word:
            case "WORKDIR":
                stage.workdir = _absolute(stage.workdir, self._filled(rest, stage.args | stage.env))
                self._say(
                    instruction, lambda: _inside(stage, stage.workdir).mkdir(parents=True, exist_ok=True)
                )
            case "COPY" | "ADD":
                self._say(instruction, lambda: self._copy(stage, instruction))
            case "RUN":
                self._say(instruction, lambda: self._run(stage, instruction))
            case "ENV":
                stage.env.update(_pairs(self._filled(rest, stage.args | stage.env)))
            case "ARG":
                self._arg(instruction, stage.args)
            case "CMD":
                stage.command = _command(rest)
            case "ENTRYPOINT":
                stage.entrypoint, stage.command = _command(rest), ()
            case _:
                pass  # USER, EXPOSE, LABEL and the like change nothing for a process of ours

    def _arg(self, instruction: Instruction, into: dict[str, str]) -> None:
        name, _, default = instruction.rest.partition("=")
        given = dict(self._options.args).get(name)
        into[name] = given if given is not None else default.strip("\"'") or self._global_args.get(name, "")

    def _copy(self, stage: Stage, instruction: Instruction) -> None:
        words = self._filled(instruction.rest, stage.args | stage.env)
        listed = json.loads(words) if words.startswith("[") else words.split()
        origin = next((word[7:] for word in listed if word.startswith("--from=")), "")
        *sources, target = [word for word in listed if not word.startswith("--")]
        root = self._stages[origin].files if origin in self._stages else self._work.folder
        place = _inside(stage, _absolute(stage.workdir, target))
        into_folder = target.endswith("/") or target in (".", "./") or len(sources) > 1 or place.is_dir()
        for source in sources:
            found = sorted(root.glob(source.strip("/"))) if source.strip("./") else [root]
            kept = [path for path in found if origin or not self._is_ignored(path)]
            if not kept:
                shown = f"/{source.strip('/')}"
                raise _Refused(
                    f'failed to compute cache key: failed to calculate checksum of ref x::y: "{shown}": not found',
                    instruction,
                )
            for path in kept:
                self._put(path, place, into_folder=into_folder, ignoring=not origin)

    def _put(self, path: Path, place: Path, *, into_folder: bool, ignoring: bool) -> None:
        if path.is_dir():
            ignore = (
                (lambda folder, names: {n for n in names if self._is_ignored(Path(folder) / n)})
                if ignoring
                else None
            )
            shutil.copytree(path, place, symlinks=True, dirs_exist_ok=True, ignore=ignore)
            return
        goal = place / path.name if into_folder else place
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, goal)

    def _is_ignored(self, path: Path) -> bool:
        relative = path.relative_to(self._work.folder).as_posix()
        hidden = False
        for pattern, shows in self._ignored:
            if fnmatch.fnmatch(relative, pattern) or relative.startswith(f"{pattern}/"):
                hidden = not shows
        return hidden and relative != "."

    def _run(self, stage: Stage, instruction: Instruction) -> None:
        home = self._work.scratch / "home"
        home.mkdir(exist_ok=True)
        command = _command(re.sub(r"^(--\w+=\S+\s+)+", "", instruction.rest))
        at, place = time.monotonic(), _inside(stage, stage.workdir)
        place.mkdir(parents=True, exist_ok=True)
        vertex = self._vertex
        code = processes.run(
            command,
            cwd=place,
            env=processes.clean_environment(home, stage.env | stage.args),
            log=lambda line: self._work.log(
                f"#{vertex} {time.monotonic() - at:.3f} {line.replace(str(stage.files), '')}"
            ),
            cancelled=self._work.cancelled,
            deadline=self._work.deadline,
        )
        if code is None:
            raise self._stopped
        if code:
            shown = (
                f"/bin/sh -c {instruction.rest}"
                if not instruction.rest.startswith("[")
                else " ".join(command)
            )
            raise _Refused(f'process "{shown}" did not complete successfully: exit code: {code}', instruction)

    def _say(self, instruction: Instruction, act: Callable[[], None]) -> None:
        """Do it, between BuildKit's lines for it."""
        self._vertex += 1
        assert self._stage is not None
        mine = [i for i in self._instructions if i.word in ("FROM", "RUN", "COPY", "ADD", "WORKDIR")]
        name = "" if len(self._stages) == 1 else f"{self._stage.name} "
        here = f"[{name}{mine.index(instruction) + 1}/{len(mine)}] {instruction.word} {instruction.rest}"
        self._work.log(f"#{self._vertex} {here}")
        began = time.monotonic()
        try:
            act()
        except _Refused as refused:
            self._work.log(f"#{self._vertex} ERROR: {refused.message}")
            raise
        self._work.log(f"#{self._vertex} DONE {time.monotonic() - began:.1f}s")
        self._work.log("")

    def _filled(self, text: str, names: dict[str, str]) -> str:
        return re.sub(
            r"\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))",
            lambda m: names.get(m[1] or m[3], m[2] or ""),
            text,
        )


def _tell(work: Work, name: str, lines: list[str], refused: _Refused) -> None:
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


def _ignored(folder: Path) -> list[tuple[str, bool]]:
    """.dockerignore: each pattern, and whether it shows again what an earlier one hid."""
    file = folder / ".dockerignore"
    lines = file.read_text().splitlines() if file.exists() else []
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return [(pattern.removeprefix("!").strip("/"), pattern.startswith("!")) for pattern in patterns]


def _config(stage: Stage) -> ImageConfig:
    return ImageConfig((*stage.entrypoint, *stage.command), tuple(stage.env.items()), stage.workdir, "/")


def _command(text: str) -> tuple[str, ...]:
    if text.startswith("["):
        try:
            return tuple(map(str, json.loads(text)))
        except json.JSONDecodeError:
            pass  # Docker, too, hands a list that is no JSON to the shell
    return ("/bin/sh", "-c", text)


def _pairs(text: str) -> dict[str, str]:
    if "=" not in text.split()[0]:
        name, _, value = text.partition(" ")
        return {name: value}
    return {name: value.strip("\"'") for name, value in re.findall(r'(\w+)=("[^"]*"|\'[^\']*\'|\S*)', text)}


def _absolute(workdir: str, path: str) -> str:
    whole = path if path.startswith("/") else f"{workdir}/{path}"
    parts: list[str] = []
    for part in whole.split("/"):
        if part == "..":
            parts[-1:] = []
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def _inside(stage: Stage, path: str) -> Path:
    return stage.files / path.lstrip("/")


def _full(base: str) -> str:
    return base if "." in base.split("/")[0] else f"docker.io/{'' if '/' in base else 'library/'}{base}"
