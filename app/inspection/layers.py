"""The order of a Dockerfile's layers: what builds, and makes every push install all packages anew; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.diagnosis.files import Files
from app.dockerfile import Dockerfile, Instruction
from app.model import Finding, Place, Weight
from app.text.titles import fitting

CACHE = "https://docs.docker.com/build/cache/optimize/#order-your-layers"
# Each of its letters can be read in one way only: what two parts could take is tried in every way there is.
_FLAGS = r"(?: +-[\w-]+(?:=\S+)?)*"
_NODE = ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml")
_PIP = r"(?:python3? -m )?pip3? install"
# An install, with no name of a package behind it; the manifest that it reads, and the locks of which one is there.
INSTALLS = (
    (re.compile(rf"(?:npm (?:ci|install|i)|yarn(?: install)?|pnpm (?:install|i)){_FLAGS}"), "package.json", _NODE),
    (re.compile(rf"{_PIP}{_FLAGS} -r (?:\./)?requirements\.txt"), "requirements.txt", ("requirements.txt",)),
    (re.compile(rf"bundle install{_FLAGS}"), "Gemfile", ("Gemfile.lock",)),
    (re.compile(r"go mod download"), "go.mod", ("go.sum",)),
)  # fmt: skip
BETWEEN = re.compile(r"&&|;|\|\|")


def layers(
    files: Files, inside: str, path: str, parsed: Dockerfile, stages: frozenset[int]
) -> Iterator[Finding]:
    """One warning at most: the first COPY of everything above an install in the same stage."""
    if _is_workspace(files, inside):
        return
    whole: dict[int, Instruction] = {}
    for each in parsed.instructions:
        if each.stage not in stages:
            continue
        if each.keyword in ("COPY", "ADD") and _takes_all(each):
            whole.setdefault(each.stage, each)
        elif each.keyword == "RUN" and (names := _installs(files, inside, each)):
            if each.stage in whole:
                yield _install_anew(path, whole[each.stage], each, names)
            return


def _takes_all(each: Instruction) -> bool:
    return "from" not in each.flags and any(source in (".", "./") for source in each.sources)


def _installs(files: Files, inside: str, each: Instruction) -> tuple[str, ...]:
    """The files that the install reads, of those that are there; none for what installs nothing, or out of a cache."""
    if each.heredoc or each.json is not None or each.mounts:
        return ()
    commands = [command.strip() for command in BETWEEN.split(each.rest)]
    for asked, manifest, locks in INSTALLS:
        there = [name for name in locks if inside + name in files.paths]
        if there and inside + manifest in files.paths and any(map(asked.fullmatch, commands)):
            return tuple(dict.fromkeys((manifest, *there)))
    return ()


def _is_workspace(files: Files, inside: str) -> bool:
    """Its packages lie in folders of their own, of which an install needs the manifests too."""
    manifest = files.text(f"{inside}package.json") if files.was_read(f"{inside}package.json") else ""
    return '"workspaces"' in manifest or f"{inside}pnpm-workspace.yaml" in files.paths


def _install_anew(path: str, copy: Instruction, run: Instruction, names: tuple[str, ...]) -> Finding:
    return Finding(
        code="install-after-copy",
        title=fitting(
            f"Every push installs all packages anew: line {copy.line} of {path} copies everything first"
        ),
        message=f"What stands on line {run.line} is kept from one build to the next only while all that was copied "
        f"above it is the same, and line {copy.line} copies every file.",
        fix=f"Write `COPY {' '.join(names)} ./` above line {copy.line}, and move line {run.line} between the two.",
        weight=Weight.WARN,
        place=Place(path, copy.line, copy.end),
        link=CACHE,
    )
