"""The command `sandbox`: GitHub and Google Cloud on this machine, alone or with a ServerGem and a push."""

from __future__ import annotations

import math
import re
import shlex
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sandbox.world import Options, Sandbox

# Where `servergem serve` listens when nothing else is said.
WEBHOOK = "http://127.0.0.1:8080/webhook"


@click.command()
@click.option("--demo", "wanted", is_flag=True, help="Also start ServerGem and push a sample repository.")
@click.option(
    "--push",
    "pushed",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="FOLDER",
    help="Also start ServerGem and push this folder's HEAD, or its files when it is no repository.",
)
@click.option("--once", is_flag=True, help="With --demo or --push: end after the first deployment.")
@click.option(
    "--webhook",
    default=WEBHOOK,
    show_default=True,
    metavar="URL",
    callback=lambda _context, _option, given: _address(given),
    help="Where GitHub sends its webhooks: the ServerGem beside it.",
)
@click.option("--github-latency", default="0ms", help="Added to each GitHub call, such as 60ms.")
@click.option("--google-latency", default="0ms", help="Added to each Google call, such as 40ms.")
@click.option(
    "--record",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    callback=lambda _context, _option, given: _file(given),
    help="Write every exchange with GitHub and every call of Google's APIs to this file, a line of JSON each.",
)
@click.option(
    "--docker/--no-docker",
    "with_docker",
    default=True,
    show_default=True,
    help="Build Dockerfiles and run their images with the Docker engine, where one answers.",
)
@click.option(
    "--without-app",
    is_flag=True,
    help="GitHub has no App yet: `servergem setup github --url GITHUB` registers one.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    callback=lambda _context, _option, given: _folder(given),
    help="Keep the sandbox's state here.",
)
def sandbox(
    wanted: bool,
    pushed: Path | None,
    once: bool,
    webhook: str,
    github_latency: str,
    google_latency: str,
    record: Path | None,
    with_docker: bool,
    without_app: bool,
    folder: Path | None,
) -> None:
    """GitHub and Google Cloud on this machine, without an account.

    Alone it prints, as lines for a shell, what a ServerGem beside it needs. With --demo or --push the exit status is 0
    when the push went live and 1 when it did not.
    """
    from sandbox.demo import SAMPLE, Demo
    from sandbox.world import Options

    options = Options(
        github_latency=_seconds(github_latency),
        google_latency=_seconds(google_latency),
        record=record,
        record_google=record,
        with_app=not without_app,
    )
    if without_app and (wanted or pushed):
        raise click.UsageError("--without-app is for a sandbox alone: --demo and --push need an App.")
    if wanted or pushed:
        sys.exit(Demo(pushed or SAMPLE, once, options, with_docker).run())
    if once:
        raise click.UsageError("--once goes with --demo or --push FOLDER.")
    _stay_up(folder, options, webhook, with_docker)


def _stay_up(folder: Path | None, options: Options, webhook: str, with_docker: bool) -> None:
    """The sandbox alone, until it is stopped, which is how it is meant to end."""
    from sandbox.docker import engine
    from sandbox.ending import Stopped, nobody_reads, stoppable
    from sandbox.world import PROJECT, Sandbox

    try:
        with stoppable(), engine(with_docker) as found, Sandbox(folder, options, found.docker) as world:
            world.google.project(PROJECT)
            if not options.with_app:  # a set-up is tried, in which gcloud has done this before
                world.google.projects.known(PROJECT).apis["cloudresourcemanager.googleapis.com"] = 0.0
                access = world.google.projects.access
                access.bind(f"projects/{PROJECT}", "roles/storage.admin", world.google.projects.caller)
            world.github.webhook_url = webhook
            for line in _needed(world, webhook, found.said):
                click.echo(line)
            while True:
                signal.pause()
    except Stopped:
        return
    except BrokenPipeError:
        nobody_reads()


def _needed(world: Sandbox, webhook: str, docker: str) -> Iterator[str]:
    """What a ServerGem beside it needs, for a shell to read; the key in a file that only its owner may read."""
    from sandbox.github.state import FOUNDER

    settings = world.settings(world.root / "servergem") | world.fork_accounts()
    settings["SERVERGEM_PUBLIC_URL"] = webhook.removesuffix("/webhook")
    yield "# GitHub and Google Cloud are up. What a ServerGem beside them needs, for another terminal:"
    if private := settings.pop("GITHUB_PRIVATE_KEY", ""):
        key = world.root / "github-private-key.pem"
        key.touch(0o600)
        key.write_text(private)
        yield f"export GITHUB_PRIVATE_KEY_FILE={shlex.quote(str(key))}"
    asking = {"SERVERGEM_URL": settings["SERVERGEM_PUBLIC_URL"]}  # for `servergem deployments` and its kind
    asking["GITHUB_TOKEN"] = world.github.personal_token(FOUNDER, "repo")
    for name, value in (settings | asking).items():
        yield f"export {name}={shlex.quote(value)}"
    if not world.options.with_app:
        host = settings["SERVERGEM_PUBLIC_URL"]
        yield f"# there, for an App: servergem setup github --url {world.github.url} --host {host}"
        yield "# and then there: set -a; . ./servergem.env; set +a; servergem serve"
    else:
        yield "# and then there: servergem serve"
    yield f"# GitHub           {world.github.url}   (a push to a new name makes a repository)"
    yield f"# Webhooks go to   {webhook}"
    yield f"# Google Cloud     {world.google.grpc_address}   storage {world.google.storage_url}"
    yield f"# gcloud asks      {world.google.rest_url}   (as its proxy: docs/sandbox.md)"
    yield f"# Dockerfiles      {docker}"
    yield f"# Faults, counts   {world.control.url}"


def _seconds(words: str) -> float:
    """60ms, 0.5s or 2 (seconds)."""
    try:
        found = float(words[:-2]) / 1000 if words.endswith("ms") else float(words.removesuffix("s"))
    except ValueError:
        found = math.nan
    if not 0 <= found < math.inf:
        raise click.UsageError(f"{words!r} is no time; write 60ms or 0.5s.")
    return found


def _address(webhook: str) -> str:
    """Where webhooks go to; what is no address would lose each of them without a word."""
    if not re.fullmatch(r"https?://[^/\s]+(/\S*)?", webhook):
        raise click.UsageError(f"--webhook: {webhook!r} is no address; write one such as {WEBHOOK}.")
    return webhook


def _folder(folder: Path | None) -> Path | None:
    """One that things can be written in, made where it is not there."""
    if folder is not None:
        with _nameable("--folder", folder):
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
    return folder


def _file(file: Path | None) -> Path | None:
    """One that can be written to."""
    if file is not None:
        with _nameable("--record", file):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.open("ab").close()
    return file


@contextmanager
def _nameable(option: str, path: Path) -> Iterator[None]:
    """What cannot be written is a wrong command line, and names the option."""
    try:
        yield
    except OSError as error:
        raise click.UsageError(
            f"{option}: {path} cannot be written: {error.strerror}. Name another one."
        ) from error
