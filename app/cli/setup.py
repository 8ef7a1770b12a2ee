"""The part of the command line that prepares a ServerGem and looks at it: `servergem setup` and `servergem doctor`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from app.signs import Sign, told

# Of every account of Google's: https://cloud.google.com/iam/docs/service-account-types
ACCOUNTS_END = ".gserviceaccount.com"


@click.group()
def setup() -> None:
    """Prepare what ServerGem needs once."""


@setup.command()
@click.option("--project", required=True, help="The Google Cloud project.")
@click.option("--region", default="europe-west1", show_default=True)
@click.option("--apply", is_flag=True, help="Run each step with gcloud instead of only printing it.")
@click.option(
    "--terraform", "as_terraform", is_flag=True, help="Print the same for Terraform, as a file NAME.tf.json."
)
@click.option(
    "--deployer",
    default="",
    metavar="ACCOUNT",
    help="The account of another project that ServerGem runs as already: this is one project more for it.",
)
def google(project: str, region: str, apply: bool, as_terraform: bool, deployer: str) -> None:
    """Print (and with --apply run) what a project needs: APIs, accounts, roles. No key is downloaded.

    Where GEMINI_MODEL is set, also what asking that model takes.
    """
    if deployer and not deployer.endswith(ACCOUNTS_END):
        raise click.UsageError(
            f"--deployer is an address that ends with {ACCOUNTS_END}; {deployer!r} does not."
        )
    if apply and as_terraform:
        raise click.UsageError("--terraform only prints; `terraform apply` is what runs it.")
    from rich.console import Console

    from app.setup import google_steps, stepping
    from app.setup.keyless import keyless, one_more

    steps = google_steps.steps(project, region, gemini="GEMINI_MODEL" in os.environ, deployer=deployer)
    if as_terraform:
        from app.setup.terraform import terraform

        click.echo(terraform(project, region, steps))
        return
    status = stepping.through(steps, Console(highlight=False, soft_wrap=True), apply=apply).status
    if not status:
        click.echo(f"\n{one_more(project, deployer) if deployer else keyless(project)}")
    sys.exit(status)


def _address(_context: click.Context, _parameter: click.Parameter, text: str) -> str:
    from app.settings.texts import read_url

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
@click.option(
    "--secret-manager",
    "secrets_in",
    default="",
    metavar="PROJECT",
    help="Keep the secrets in this project's Secret Manager, with gcloud; the file then only names them.",
)
def github(
    host: str,
    organization: str,
    url: str,
    name: str,
    into: Path,
    browser: bool,
    port: int,
    patience: float,
    secrets_in: str,
) -> None:
    """Register the GitHub App, keep what it is known by, and prove that GitHub's webhooks come and are taken.

    Run again with the same file, it goes on from there. The exit status is 0 when everything holds, 1 when not.
    """
    from app.setup import github_app
    from app.setup.registering import NotRegistered
    from app.setup.settings_file import Unusable

    plan = github_app.Plan(host, url, organization, name, into, browser, port, patience, secrets_in)
    try:
        _end_with(github_app.run(plan, click.echo))
    except (NotRegistered, Unusable) as error:
        raise click.ClickException(str(error)) from error


@setup.command()
@click.option(
    "--project", required=True, help="The Google Cloud project that `servergem setup google` prepared."
)
@click.option("--region", default="europe-west1", show_default=True)
@click.option(
    "--settings",
    "file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    default="servergem.env",
    show_default=True,
    help="The file of `servergem setup github`. With a DATABASE_URL in it no Postgres is made.",
)
@click.option(
    "--source",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=".",
    show_default=True,
    help="A clone of ServerGem.",
)
@click.option("--apply", is_flag=True, help="Run each step with gcloud instead of only printing it.")
def host(project: str, region: str, file: Path, source: Path, apply: bool) -> None:
    """Print (and with --apply run) what it takes to run ServerGem on Cloud Run for good, and lead webhooks there.

    With --apply a Postgres that is still to be made gets a password, which is kept in the file first.
    """
    from rich.console import Console

    from app.setup import hosting
    from app.setup.settings_file import Unusable

    plan = hosting.Plan(project, region, file, source, apply)
    try:
        _end_with(hosting.run(plan, Console(highlight=False, soft_wrap=True)))
    except (Unusable, hosting.NotHosted) as error:
        raise click.ClickException(str(error)) from error


def _domain(_context: click.Context, _parameter: click.Parameter, text: str) -> str:
    from app.settings.texts import read_domain

    try:
        return read_domain(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} {error}.") from error


@setup.command()
@click.option(
    "--domain", "name", required=True, callback=_domain, help="The domain for everything: servergem.app."
)
@click.option("--project", required=True, help="The project that the services run in: GOOGLE_CLOUD_PROJECT.")
@click.option("--region", default="europe-west1", show_default=True, help="Theirs: SERVERGEM_REGION.")
@click.option("--apply", is_flag=True, help="Run each step with gcloud instead of only printing it.")
@click.option("--check", is_flag=True, help="Run no step; only look at what they have made.")
def domain(name: str, project: str, region: str, apply: bool, check: bool) -> None:
    """Print (and with --apply run) what it takes to have each service at SERVICE.DOMAIN, and look at each part of it.

    The exit status is 1 while anything is missing: a record, the certificate, an answer.
    """
    from rich.console import Console

    from app.setup import naming
    from app.setup.domain_steps import Domain

    plan = naming.Plan(Domain(project, region, name), apply, check)
    try:
        _end_with(naming.run(plan, Console(highlight=False, soft_wrap=True)))
    except naming.NotNamed as error:
        raise click.ClickException(str(error)) from error


@setup.command("webhook-secret")
@click.option(
    "--settings",
    "file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    default="servergem.env",
    show_default=True,
    help="The file of `servergem setup github`.",
)
def webhook_secret(file: Path) -> None:
    """Make another secret for webhooks, tell it to GitHub, and keep it in the file. Start ServerGem again with it."""
    from app.github import GitHubError
    from app.setup import rotation
    from app.setup.settings_file import Unusable

    try:
        click.echo(rotation.new_webhook_secret(file))
    except (Unusable, GitHubError) as error:
        raise click.ClickException(str(error)) from error


@click.command()
def doctor() -> None:
    """Look at all that deployments take: settings, clock, GitHub, Google, database, address.

    The settings come from the environment. The exit status is 1 when anything is wrong.
    """
    from app.setup import doctor as looking

    _end_with(looking.signs(os.environ))


def _end_with(signs: Iterable[Sign]) -> None:
    """Say each sign as it is seen; the exit status is 1 when anything is wrong."""
    seen = []
    for sign in signs:
        seen.append(sign)
        click.echo(told([sign]))
    sys.exit(any(sign.wrong for sign in seen))
