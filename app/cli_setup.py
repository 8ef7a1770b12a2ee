"""The part of the command line that prepares a ServerGem and looks at it: `servergem setup` and `servergem doctor`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from app.settings.texts import read_url
from app.signs import Sign, told


@click.group()
def setup() -> None:
    """Prepare what ServerGem needs once."""


@setup.command()
@click.option("--project", required=True, help="The Google Cloud project.")
@click.option("--region", default="europe-west1", show_default=True)
@click.option("--apply", is_flag=True, help="Run each step with gcloud instead of only printing it.")
def google(project: str, region: str, apply: bool) -> None:
    """Print (and with --apply run) what a project needs: APIs, accounts, roles. No key is downloaded."""
    from rich.console import Console

    from app import commands

    sys.exit(commands.set_up_google(project, region, Console(highlight=False, soft_wrap=True), apply=apply))


def _address(_context: click.Context, _parameter: click.Parameter, text: str) -> str:
    try:
        return read_url(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} {error}.") from error


@setup.command()
@click.option(
    "--host", required=True, callback=_address, help="Where GitHub and people reach this ServerGem."
)
@click.option("--organization", default="", help="Whose App it will be; without it, yours.")
@click.option(
    "--url",
    default="https://github.com",
    show_default=True,
    callback=_address,
    help="GitHub's pages: github.com, GHE.com or a GitHub Enterprise Server.",
)
@click.option(
    "--name", default="ServerGem", show_default=True, help="The App's name; nobody else's may be the same."
)
@click.option(
    "--into",
    type=click.Path(path_type=Path, dir_okay=False),
    default="servergem.env",
    show_default=True,
    help="The file that keeps the settings; the key is kept beside it.",
)
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open the pages in a browser.")
@click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help="Of the page on this machine; 0 is any."
)
@click.option(
    "--patience", default=600.0, show_default=True, help="How many seconds the installation is waited for."
)
def github(
    host: str, organization: str, url: str, name: str, into: Path, browser: bool, port: int, patience: float
) -> None:
    """Register the GitHub App, keep what it is known by, and prove that GitHub's webhooks come and are taken.

    Run again with the same file, it goes on from there. The exit status is 0 when everything holds, 1 when not.
    """
    from app import setup_github
    from app.registering import NotRegistered
    from app.settings_file import Unusable

    plan = setup_github.Plan(host, url, organization, name, into, browser, port, patience)
    try:
        _end_with(setup_github.run(plan, click.echo))
    except (NotRegistered, Unusable) as error:
        raise click.ClickException(str(error)) from error


@click.command()
def doctor() -> None:
    """Look at all that deployments take: settings, clock, GitHub, Google, database, address.

    The settings come from the environment. The exit status is 1 when anything is wrong.
    """
    from app import doctor as looking

    _end_with(looking.signs(os.environ))


def _end_with(signs: Iterable[Sign]) -> None:
    """Say each sign as it is seen; the exit status is 1 when anything is wrong."""
    seen = []
    for sign in signs:
        seen.append(sign)
        click.echo(told([sign]))
    sys.exit(any(sign.wrong for sign in seen))
