"""What the commands do that look before they deploy: `check`, `preflight` and `setup google`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app import config, setup_google
from app.deployment import Run, Scene, World
from app.diagnosis import Diagnosis, Files, forms
from app.github import GitHubError
from app.inspection import inspect
from app.model import Commit, Finding, Repository, Row, RowState, Stop, Target, Weight
from app.report import MARKS, duration
from app.setup_google import Step
from app.stages.configure import CONFIG_PATH
from app.stages.diagnose import files_at
from app.stages.preflight import look
from app.store import Ticket


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
    return source_of(Files.under(folder), name or folder.resolve().name, project, region)


def source_of(files: Files, name: str, project: str, region: str) -> Source:
    """The same of any set of files; `name` is the repository's."""
    text = files.text(CONFIG_PATH) if CONFIG_PATH in files.paths else None
    try:
        found = config.read(text, path=CONFIG_PATH, repository_name=name)
    except Stop as stop:
        return Source(files, findings=stop.findings)
    branches = [environment.branch for environment in found.environments] or ["main"]
    targets = config.targets(found, branch=branches[0], project=project, region=region, default_branch="main")
    wrong = [finding for target in targets for finding in inspect(files, target)]
    return Source(files, targets, tuple(dict.fromkeys(wrong)))


def check(folder: Path, console: Console) -> int:
    """Configuration and source, offline. The exit status: 0 when it may deploy, 1 when it cannot."""
    source = read(folder)
    if source.findings:
        forms.show(Diagnosis(source.findings), source.files, console)
    names = ", ".join(target.name for target in source.targets)
    console.print(
        "This cannot be deployed." if source.broken else f"Nothing is wrong that a parser can see: {names}."
    )
    return 1 if source.broken else 0


def at_github(world: World, named: str) -> tuple[Source, Commit]:
    """`OWNER/REPO[@REF]` as it is at GitHub. Raises Unknown when there is no such thing."""
    full_name, _, ref = named.partition("@")
    try:
        repository = world.github.repository(full_name)
        commit = world.github.commit(repository, ref or repository.default_branch)
    except GitHubError as error:
        raise Unknown(f"GitHub does not show {full_name} to this App: {error}") from error
    if commit is None:
        raise Unknown(f"{full_name} has no {ref or repository.default_branch}")
    files = files_at(world.github, commit)
    project = world.settings.project_for(full_name)
    return source_of(files, repository.name, project, world.settings.region), commit


class Unknown(Exception):  # noqa: N818 - reads as what it is
    """What was named is not there, or not to be seen."""


@dataclass(frozen=True)
class Looked:
    """What preflight found for one service."""

    target: Target
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    findings: tuple[Finding, ...]


def preflight(
    world: World, source: Source, commit: Commit, *, fix: bool, tell: Callable[[Row], None]
) -> list[Looked]:
    """Ask everything for every service; make what is missing only with `fix`."""
    asked = []
    for target in source.targets:
        run = Run("preflight", commit, target, Row("Read configuration"))
        row = Row("Check Google Cloud", RowState.RUNNING)
        told: set[str] = set()

        def show(now: Row, told: set[str] = told) -> None:
            for part in now.parts:
                if part.ended and part.title not in told:
                    told.add(part.title)
                    tell(part)

        scene = Scene(world, run, Ticket(0, holder=True), row, show, lambda _line: None)
        findings = look(scene, commit, target, make=fix, github=bool(commit.repository.id))
        asked.append(Looked(target, scene.row.parts, scene.row.notes, findings))
    return asked


def nowhere(folder: Path) -> Commit:
    """The commit of a folder that GitHub is not asked about."""
    return Commit(Repository(0, "", folder.resolve().name, 0), "0" * 40, "main")


def show(looked: list[Looked], source: Source, console: Console) -> int:
    """The table and the findings; 1 when a deployment would fail."""
    for one in looked:
        title = f"{one.target.name} → {one.target.project}/{one.target.region}"
        table = Table(title=title, box=None, title_justify="left", show_header=False)
        for row in one.rows:
            table.add_row(MARKS[row.state], row.title, duration(row.seconds), "\n".join(row.notes))
        console.print(table)
        for note in one.notes:
            console.print(f"   {note}", markup=False)
    findings = tuple(dict.fromkeys((*source.findings, *(f for one in looked for f in one.findings))))
    if findings:
        console.print()
        forms.show(Diagnosis(findings), source.files, console)
    fails = any(finding.weight is Weight.STOP for finding in findings)
    console.print("A deployment would fail." if fails else "A deployment would go through.")
    return 1 if fails else 0


def as_json(looked: list[Looked], source: Source) -> str:
    findings = tuple(dict.fromkeys((*source.findings, *(f for one in looked for f in one.findings))))
    told = {
        "services": [
            {"name": one.target.name, "notes": one.notes, "checks": [_row(row) for row in one.rows]}
            for one in looked
        ],
        "findings": [asdict(finding) for finding in findings],
        "would_fail": any(finding.weight is Weight.STOP for finding in findings),
    }
    return json.dumps(told, indent=2)


def _row(row: Row) -> dict[str, object]:
    return {"check": row.title, "state": row.state, "seconds": round(row.seconds, 3), "notes": row.notes}


def set_up_google(project: str, region: str, console: Console, *, apply: bool) -> int:
    """Print each step, and with `apply` run it; the exit status of the first one that fails."""
    for step in setup_google.steps(project, region):
        console.print(Text(f"# {step.why}", "dim"))
        console.print(Text(str(step)))
        if apply and (status := _run(step, console)):
            return status
    console.print()
    console.print(Text(setup_google.keyless(project)))
    return 0


def _run(step: Step, console: Console) -> int:
    try:
        done = subprocess.run(step.command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        console.print("gcloud is not installed: https://cloud.google.com/sdk/docs/install")
        return 127
    if done.returncode and step.again not in done.stderr:
        console.print(Text(done.stderr.strip(), "red"))
        return done.returncode
    console.print(Text("  done" if not done.returncode else "  was done before", "green"))
    return 0
