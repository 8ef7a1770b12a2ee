"""Files that a build reads first and that do not parse; a stop only where the build surely reads them; pure.

Lock files are not looked at: tools repair some faults in them, pass over others, and they may be of any size.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app import dockerfile
from app.diagnosis.files import Files
from app.inspection.requirements import requirements
from app.model import Finding, Place, Weight
from app.source.formats import Fault, json_fault, toml_fault
from app.source.text import is_utf16
from app.text.titles import fitting


@dataclass(frozen=True)
class _Manifest:
    """How a file parses, whose it is, and by which commands a Dockerfile would read it."""

    fault: Callable[[str], Fault | None]
    language: str
    commands: re.Pattern[str]


_MANIFESTS = {
    "package.json": _Manifest(json_fault, "node", re.compile(r"\b(?:npm|npx|yarn|pnpm|bun)\b")),
    "composer.json": _Manifest(json_fault, "php", re.compile(r"\bcomposer\b")),
    "pyproject.toml": _Manifest(toml_fault, "python", re.compile(r"\b(?:pip3?|uv|poetry|pdm|hatch)\b")),
    "Pipfile": _Manifest(toml_fault, "python", re.compile(r"\bpipenv\b")),
    "Cargo.toml": _Manifest(toml_fault, "rust", re.compile(r"\bcargo\b")),
}
READ = frozenset(_MANIFESTS)
REQUIREMENTS = "requirements.txt"
_PIP = re.compile(r"\bpip3?\b")


def for_buildpacks(files: Files, inside: str, languages: frozenset[str]) -> Iterator[Finding]:
    """A manifest of the only language there is stops the build; with two, the other may be the one that counts."""
    for name, manifest in _MANIFESTS.items():
        if name == "pyproject.toml" and inside + REQUIREMENTS in files.paths:
            continue  # pip reads the requirements, and nobody the project's own file
        alone = not languages - {manifest.language, "any"}
        yield from _parsed(files, inside + name, manifest, Weight.STOP if alone else Weight.WARN)
    alone = not languages - {"python", "any"}
    yield from _required(files, inside, Weight.STOP if alone else Weight.WARN)


def beside_dockerfile(files: Files, inside: str, path: str) -> Iterator[Finding]:
    """A Dockerfile may read anything or nothing, so that a manifest whose tool it runs is worth a warning."""
    if not files.was_read(path) or not dockerfile.is_docker(files.text(path)):
        return
    runs = dockerfile.parse(files.text(path)).of("RUN")
    commands = "\n".join("\n".join((each.value, *each.heredoc)) for each in runs)
    for name, manifest in _MANIFESTS.items():
        if manifest.commands.search(commands):
            yield from _parsed(files, inside + name, manifest, Weight.WARN)
    if _PIP.search(commands):
        yield from _required(files, inside, Weight.WARN)


def _parsed(files: Files, path: str, manifest: _Manifest, weight: Weight) -> Iterator[Finding]:
    if files.was_read(path):
        text = files.text(path)
        if not is_utf16(text) and (fault := manifest.fault(text)) is not None:
            yield _does_not_parse(path, fault, weight)


def _required(files: Files, inside: str, weight: Weight) -> Iterator[Finding]:
    path = inside + REQUIREMENTS
    if files.was_read(path):
        yield from requirements(path, files.lines(path), weight)


def _does_not_parse(path: str, fault: Fault, weight: Weight) -> Finding:
    line, said = fault.line, fault.said
    return Finding(
        code="file-does-not-parse",
        weight=weight,
        title=fitting(f"{path} is not valid {fault.language}: {said}"),
        message=f"The build reads {path} first and stops at line {line}: {said}."
        if weight is Weight.STOP
        else f"If the build reads {path}, it stops at line {line}: {said}.",
        fix=f"Correct line {line} of {path}.",
        place=Place(path, line),
    )
