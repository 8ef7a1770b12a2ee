"""The command `servergem config`: what servergem.yml makes of each service in each environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click


@click.command("config")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), default=".")
@click.option("--environment", default="", help="Only this one.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def resolved(folder: Path, environment: str, as_json: bool) -> None:
    """Print what servergem.yml in FOLDER makes of each service in each environment, defaults filled in.

    The exit status is 1 when servergem.yml is not valid, with its faults on standard error.
    """
    import yaml
    from rich.console import Console

    from app.cli import offline

    found = offline.resolved(folder, Console(highlight=False, soft_wrap=True, stderr=True))
    if found is None:
        sys.exit(1)
    known = found["environments"]
    if environment and environment not in known:
        raise click.UsageError(f"servergem.yml has no environment {environment}; it has {', '.join(known)}.")
    shown = {"environments": {environment: known[environment]}} if environment else found
    if as_json:
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        click.echo(yaml.safe_dump(shown, sort_keys=False, allow_unicode=True, width=1000), nl=False)
