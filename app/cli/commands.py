"""The commands of `servergem --help`: what runs a ServerGem, what looks at a repository, what asks a ServerGem."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from app.cli.config import resolved
from app.cli.deployments import ASKING
from app.cli.init import bring, init
from app.cli.serve import door, serve, worker
from app.cli.setup import doctor, setup

if TYPE_CHECKING:
    from app.world import World
from sandbox.command import sandbox


@click.group()
@click.version_option(package_name="servergem")
def main() -> None:
    """ServerGem: a push deploys to Cloud Run, and the check run on the commit tells the story."""


for command in (serve, door, worker, sandbox, *ASKING):
    main.add_command(command)


@main.command()
@click.option(
    "--repo",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=".",
    show_default=True,
    help="The repository at the commit that failed.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "markdown"]),
    default="text",
    show_default=True,
)
@click.argument("log", type=click.File("rb"), default="-")
def explain(repo: Path, form: str, log: BinaryIO) -> None:
    """Say what a failing build or container log means: the line to change, what happened, what to write.

    LOG is a file, or - for standard input: from Cloud Build, Docker, Cloud Run, or any CI. Nothing leaves this
    machine. The exit status is 0 when there is an answer, even "unknown", and 2 for a wrong command line.
    """
    gc.disable()  # a short life: to look for garbage among what is imported is a sixth of it
    from app.cli.pushed import pushed
    from app.diagnosis import Files, diagnose, forms

    files = Files.under(repo, pushed(repo))
    diagnosis = diagnose(log.read(), files)
    if form == "json":
        click.echo(forms.as_json(diagnosis))
    elif form == "github":
        click.echo(forms.as_workflow_commands(diagnosis))
    elif form == "markdown":
        click.echo(forms.summary(diagnosis))
    elif sys.stdout.isatty() or "FORCE_COLOR" in os.environ:
        from rich.console import Console

        forms.show(diagnosis, files, Console(highlight=False, soft_wrap=True))
    else:
        click.echo(forms.as_text(diagnosis, files))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), default=".")
def check(folder: Path) -> None:
    """Look at servergem.yml and the source in FOLDER, offline: for a pre-commit hook, or CI.

    The exit status is 0 when nothing is wrong that a parser can see, and 1 when a deployment would fail.
    """
    gc.disable()  # as above
    from rich.console import Console

    from app.cli import offline

    sys.exit(offline.check(folder, Console(highlight=False, soft_wrap=True)))


@main.command()
@click.argument("repository", default="")
@click.option(
    "--repo",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=".",
    show_default=True,
    help="The repository.",
)
@click.option("--project", default="", help="The Google Cloud project. Default: $GOOGLE_CLOUD_PROJECT.")
@click.option("--fix", is_flag=True, help="Make what is missing and may be made, as a deployment would.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def preflight(repository: str, repo: Path, project: str, fix: bool, as_json: bool) -> None:
    """Ask Google Cloud everything that a deployment would stumble over, with this machine's credentials.

    REPOSITORY is OWNER/REPO or OWNER/REPO@REF at GitHub, seen with the App's own key; without it a folder is looked at.
    The exit status is 0 when a deployment would go through, and 1 when it would fail or Google cannot be asked.
    """
    from rich.console import Console

    from app.cli import looking, offline
    from app.report import MARKS, duration

    console = Console(highlight=False, soft_wrap=True, stderr=as_json)
    with _world(project, with_github=bool(repository)) as world:
        settings = world.settings
        try:
            source, commit = (
                looking.at_github(world, repository)
                if repository
                else (
                    offline.read(repo, project=settings.google_project, region=settings.region),
                    looking.nowhere(repo),
                )
            )
        except looking.Unknown as error:
            raise click.UsageError(str(error)) from error
        looked = looking.preflight(
            world,
            source,
            commit,
            fix=fix,
            tell=lambda row: console.print(f"{MARKS[row.state]} {row.title:<22} {duration(row.seconds):>7}"),
        )
    if as_json:
        click.echo(looking.as_json(looked, source))
    sys.exit(looking.show(looked, source, console))


@main.command()
@click.argument("service")
@click.option("--repository", required=True, help="OWNER/REPO, within reach of the GitHub App.")
@click.option("--project", default="", help="The Google Cloud project. Default: $GOOGLE_CLOUD_PROJECT.")
@click.option("--region", default="", help="Its region. Default: $SERVERGEM_REGION, else europe-west1.")
def adopt(service: str, repository: str, project: str, region: str) -> None:
    """Hand the Cloud Run service SERVICE over to a repository, with this machine's credentials.

    ServerGem never takes over a service that it did not make, nor one of another repository, by itself. Of an adopted
    one that ServerGem did not make, each push sets what servergem.yml names, and leaves all else as it is there.
    """
    from app.trust import adoption
    from gcp.errors import GoogleError

    with _world(project, with_github=True) as world:
        place = {"project": world.settings.google_project, "region": region or world.settings.region}
        try:
            before = adoption.adopt(world, repository, service=service, **place)
        except (adoption.NotAdopted, GoogleError) as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{service} in {place['project']}, {place['region']} is {repository}'s now.")
    click.echo(f"Until now: {before}.")


@contextmanager
def _world(project: str, *, with_github: bool) -> Iterator[World]:
    """Google and, when it is asked for, GitHub for a command, with the environment's settings and nothing kept."""
    import tempfile

    from app.settings import BadSettings, load
    from app.store import Store
    from app.telemetry import log
    from app.world import World
    from gcp.credentials import NoCredentials, insist_on_credentials

    named = {"GOOGLE_CLOUD_PROJECT": project} if project else {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            github = {} if with_github else _without_github()
            settings = load(github | dict(os.environ) | named | {"SERVERGEM_DATA": folder})
        except BadSettings as error:
            raise click.UsageError(str(error)) from error
        log.keep_quiet(settings.secrets())
        try:
            insist_on_credentials(settings.google_endpoint)
        except NoCredentials as error:
            raise click.ClickException(str(error)) from error
        store = Store.open(Path(folder))
        world = World.build(settings, store)
        try:
            yield world
        finally:
            world.outbox.close()
            store.close()


def _without_github() -> dict[str, str]:
    """Settings for a command that asks GitHub nothing: a key that opens nothing, where none is named."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    stand_ins = {"GITHUB_APP_ID": "0", "GITHUB_PRIVATE_KEY": pem, "GITHUB_WEBHOOK_SECRET": "none"}
    return {name: value for name, value in stand_ins.items() if f"{name}_FILE" not in os.environ}


main.add_command(resolved)
main.add_command(init)
main.add_command(bring)
main.add_command(setup)
main.add_command(doctor)
