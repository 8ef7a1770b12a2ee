"""`servergem preflight`: what a deployment would stumble over, asked with this machine's credentials."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.acts.reasons import files_at
from app.cli.offline import Source, source_of
from app.diagnosis import Diagnosis, forms
from app.github import GitHubError
from app.model import Commit, Finding, Repository, Row, RowState, Target, Weight
from app.report import MARKS, duration
from app.scene import Run, Scene
from app.stages.preflight import WORST_FIRST, look
from app.text.unheard import unheard, unheard_json
from app.world import World


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
    project = world.settings.project_for(full_name, repository.id)
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

        scene = Scene(world, run, row, show)
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
            console.print(unheard(f"   {note}"), markup=False)
    findings = tuple(dict.fromkeys((*source.findings, *(f for one in looked for f in one.findings))))
    if findings:
        findings = tuple(sorted(findings, key=lambda finding: WORST_FIRST.index(finding.weight)))
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
    return unheard_json(json.dumps(told, indent=2))


def _row(row: Row) -> dict[str, object]:
    return {"check": row.title, "state": row.state, "seconds": round(row.seconds, 3), "notes": row.notes}
