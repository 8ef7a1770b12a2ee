"""The command line: `servergem serve | sandbox | explain | check | preflight | setup`."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import BinaryIO

import click

from app import log
from app.settings import BadSettings


@click.group()
@click.version_option(package_name="servergem")
def main() -> None:
    """ServerGem: a push deploys to Cloud Run, and the check run on the commit tells the story."""


@main.command()
@click.option("--host", default="0.0.0.0", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=lambda: int(os.environ.get("PORT", "8080")), type=int, help="Default: $PORT or 8080."
)
def serve(host: str, port: int) -> None:
    """Receive webhooks and deploy. The settings come from the environment; README.md lists them."""
    import uvicorn

    uvicorn.run("app.main:app", host=host, port=port, log_config=None, access_log=False)


@main.command()
@click.option("--demo", is_flag=True, help="Also start ServerGem and push a sample repository.")
@click.option("--once", is_flag=True, help="With --demo: end after the first deployment.")
@click.option("--github-latency", default="0ms", help="Added to each GitHub call, such as 60ms.")
@click.option("--google-latency", default="0ms", help="Added to each Google call, such as 40ms.")
@click.option(
    "--record", type=click.Path(path_type=Path), help="Write every exchange with GitHub to this file."
)
@click.option("--folder", type=click.Path(path_type=Path), help="Keep the sandbox's state here.")
def sandbox(
    demo: bool, once: bool, github_latency: str, google_latency: str, record: Path | None, folder: Path | None
) -> None:
    """GitHub and Google Cloud on this machine, without an account."""
    from sandbox import demo as sandbox_demo
    from sandbox.world import Options, Sandbox

    if demo:
        sys.exit(sandbox_demo.run(once=once))
    options = Options(
        github_latency=_seconds(github_latency), google_latency=_seconds(google_latency), record=record
    )
    with Sandbox(folder, options) as world:
        click.echo(f"GitHub   {world.github.url}")
        click.echo(f"Google   {world.google.grpc_address}  storage {world.google.storage_url}")
        click.echo(f"Control  {world.control.url}")
        threading.Event().wait()


@main.command()
@click.option(
    "--repo",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=".",
    show_default=True,
    help="The repository at the commit that failed.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True
)
@click.argument("log", type=click.File("rb"), default="-")
def explain(repo: Path, form: str, log: BinaryIO) -> None:
    """Say what a failing build or container log means: the line to change, what happened, what to write.

    LOG is a file, or - for standard input: from Cloud Build, Docker, Cloud Run, or any CI. Nothing leaves this
    machine. The exit status is 0 when there is an answer, even "unknown", and 2 for a wrong command line.
    """
    from rich.console import Console

    from app.diagnosis import Files, diagnose, forms

    files = Files.under(repo)
    diagnosis = diagnose(log.read(), files)
    if form == "json":
        click.echo(forms.as_json(diagnosis))
    elif form == "github":
        click.echo(forms.as_workflow_commands(diagnosis))
    else:
        forms.show(diagnosis, files, Console(highlight=False, soft_wrap=True))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), default=".")
def check(folder: Path) -> None:
    """Look at servergem.yml and the source in FOLDER, offline: for a pre-commit hook, or CI.

    The exit status is 0 when nothing is wrong that a parser can see, and 1 when a deployment would fail.
    """
    from rich.console import Console

    from app import commands

    sys.exit(commands.check(folder, Console(highlight=False, soft_wrap=True)))


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
    The exit status is 0 when a deployment would go through, and 1 when it would fail.
    """
    from rich.console import Console

    from app import commands
    from app.deployment import World
    from app.report import MARKS, duration
    from app.settings import load
    from app.store import Store

    console = Console(highlight=False, soft_wrap=True, stderr=as_json)
    named = {"GOOGLE_CLOUD_PROJECT": project} if project else {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            github = {} if repository else _without_github()
            settings = load(github | dict(os.environ) | named | {"SERVERGEM_DATA": folder})
        except BadSettings as error:
            raise click.UsageError(str(error)) from error
        log.keep_quiet(settings.secrets())
        store = Store.open(Path(folder))
        world = World.build(settings, store)
        try:
            source, commit = (
                commands.at_github(world, repository)
                if repository
                else (
                    commands.read(repo, project=settings.google_project, region=settings.region),
                    commands.nowhere(repo),
                )
            )
        except commands.Unknown as error:
            raise click.UsageError(str(error)) from error
        looked = commands.preflight(
            world,
            source,
            commit,
            fix=fix,
            tell=lambda row: console.print(f"{MARKS[row.state]} {row.title:<22} {duration(row.seconds):>7}"),
        )
        world.outbox.close()
        store.close()
    if as_json:
        click.echo(commands.as_json(looked, source))
    sys.exit(commands.show(looked, source, console))


def _without_github() -> dict[str, str]:
    """Settings for a command that asks GitHub nothing: a key that opens nothing."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {"GITHUB_APP_ID": "0", "GITHUB_PRIVATE_KEY": pem, "GITHUB_WEBHOOK_SECRET": "none"}


@main.group()
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


def _seconds(words: str) -> float:
    """60ms, 0.5s or 2 (seconds)."""
    if words.endswith("ms"):
        return float(words[:-2]) / 1000
    return float(words.removesuffix("s"))


if __name__ == "__main__":
    main()
