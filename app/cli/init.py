"""The commands `servergem init` and `servergem import`: a servergem.yml of the source, or of another platform's."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import BinaryIO

import click

# More than any file that is read here may have: a device or a pipe need not end.
MOST_BYTES = 2_000_000
FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command("init")
@click.argument("folder", type=FOLDER, default=".")
@click.option("--print", "only_print", is_flag=True, help="Print it, and write nothing.")
def init(folder: Path, only_print: bool) -> None:
    """Write a first servergem.yml for the repository in FOLDER: its services, and why each key is there.

    The exit status is 1 when there is one already, which stays as it is.
    """
    from rich.console import Console

    from app.cli import offline
    from app.config import writing

    text = writing.text(offline.first(folder))
    if only_print:
        click.echo(text, nl=False)
        return
    click.echo(f"Wrote {_write(folder, text)}.")
    sys.exit(offline.check(folder, Console(highlight=False, soft_wrap=True)))


@click.command("import")
@click.argument("source", type=click.File("rb"))
@click.argument("folder", type=FOLDER, default=".")
@click.option("--print", "only_print", is_flag=True, help="Print it, and write nothing.")
def bring(source: BinaryIO, folder: Path, only_print: bool) -> None:
    """Write a servergem.yml for the repository in FOLDER from SOURCE, another platform's file, or - for standard input.

    SOURCE is App Engine's app.yaml, render.yaml, fly.toml, railway.json, railway.toml, Heroku's app.json or Procfile,
    a Compose file, what `gcloud run services describe --format=export` prints, or a cloudbuild.yaml or a workflow of
    GitHub Actions that deploys to Cloud Run. What does not come along is told on standard error, with its line. The
    exit status is 1 when there is a servergem.yml already, or a fault remains.
    """
    from app.cli import offline
    from app.importing import NotRead
    from app.importing.report import report

    named = getattr(source, "name", "-")
    name = "standard input" if named in ("-", "<stdin>") else Path(named).name
    try:
        made = offline.brought(source.read(MOST_BYTES), name, folder)
    except NotRead as error:
        raise click.UsageError(f"{name} {error}") from error
    if only_print:
        click.echo(made.text, nl=False)
    written = "servergem.yml" if only_print else str(_write(folder, made.text))
    click.echo(report(made, name, written), nl=False, err=True)
    sys.exit(1 if made.faults else 0)


def _write(folder: Path, text: str) -> Path:
    """A new file; one that is there is nobody's to replace."""
    from app.config import PATHS

    path = folder / PATHS[0]
    # A link that leads nowhere is there too.
    there = next((folder / each for each in PATHS if os.path.lexists(folder / each)), None)
    if there is not None:
        raise click.ClickException(
            f"{there} is there already and stays; `--print` shows what would be written."
        )
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    return path
