"""Offline: a repository's configuration and source, with all that a parser finds wrong; `check`, `init`, `import`.

Nothing of Google's or GitHub's clients is imported here: a pre-commit hook runs it at every commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import config
from app.cli.pushed import pushed
from app.diagnosis import Diagnosis, Files
from app.inspection import inspect
from app.model import Finding, Stop, Target, Weight
from app.source.text import decoded, is_utf16

if TYPE_CHECKING:
    from rich.console import Console

    from app.config.draft import Draft
    from app.importing import Imported


@dataclass(frozen=True)
class Source:
    """A repository as it is looked at: its files, and the Targets that its configuration means."""

    files: Files
    targets: tuple[Target, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def broken(self) -> bool:
        return any(finding.weight is Weight.STOP for finding in self.findings)


def read(folder: Path, *, project: str = "", region: str = "europe-west1", name: str = "") -> Source:
    """A folder's configuration and source, with everything that a parser can see to be wrong."""
    files = Files.under(folder, pushed(folder))
    return source_of(files, name or folder.resolve().name, project, region)


def source_of(files: Files, name: str, project: str, region: str) -> Source:
    """The same of any set of files; `name` is the repository's."""
    try:
        path, text = _written(files)
        found = config.read(text, path=path, repository_name=name, default_branch="main")
    except Stop as stop:
        return Source(files, findings=stop.findings)
    targets = config.targets_at_home(found, "main", project=project, region=region)
    wrong = [finding for target in targets for finding in inspect(files, target)]
    return Source(files, targets, tuple(dict.fromkeys(wrong)))


def _written(files: Files) -> tuple[str, str | None]:
    """Where the configuration is and what it says, None where there is none; Stop when there are two."""
    config.insist_on_one(files.paths)
    path = next((each for each in config.PATHS if each in files.paths), config.PATHS[0])
    return path, files.text(path) if path in files.paths else None


def resolved(folder: Path, console: Console) -> dict[str, Any] | None:
    """Each service in each environment, in the words of servergem.yml; None, once its faults are told."""
    files = Files.under(folder, pushed(folder))
    try:
        path, text = _written(files)
        return config.resolved(text, path=path, repository_name=folder.resolve().name)
    except Stop as stop:
        _tell(Source(files, findings=stop.findings), console)
        return None


def first(folder: Path) -> Draft:
    """The servergem.yml that a folder may begin with."""
    from app.source.first_configuration import first_configuration

    return first_configuration(Files.under(folder, pushed(folder)), folder.resolve().name)


def brought(source: bytes, name: str, folder: Path) -> Imported:
    """What another platform's file, called `name`, becomes in this folder; NotRead where it is none."""
    from app.importing import NotRead, imported

    text = decoded(source)
    if text is None or is_utf16(text):
        raise NotRead("is not UTF-8")
    files = Files.under(folder, pushed(folder))
    return imported(text, path=name, repository_name=folder.resolve().name, files=files)


def check(folder: Path, console: Console) -> int:
    """Configuration and source, offline. The exit status: 0 when it may deploy, 1 when it cannot."""
    source = read(folder)
    if source.findings:
        _tell(source, console)
    console.print(_verdict(source))
    return 1 if source.broken else 0


def _verdict(source: Source) -> str:
    """The last line: nothing is called well beneath a warning."""
    if source.broken:
        return "This cannot be deployed."
    names = ", ".join(target.name for target in source.targets)
    warnings = sum(finding.weight is Weight.WARN for finding in source.findings)
    if not warnings:
        return f"Nothing is wrong that a parser can see: {names}."
    return f"This may be deployed, with {warnings} warning{'s' * (warnings > 1)}: {names}."


def _tell(source: Source, console: Console) -> None:
    from app.diagnosis import forms  # with a highlighter of code, which most runs never need

    forms.show(Diagnosis(source.findings), source.files, console)
