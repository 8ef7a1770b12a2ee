"""The part of the command line that asks a ServerGem elsewhere: `servergem deployments | logs | rollback | mcp`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from app.text.escaping import plain, seen
from app.text.unheard import unheard, unheard_json

if TYPE_CHECKING:
    from app.api.client import Client
    from app.api.shapes import DeploymentShape, WholeDeployment

GOOD = frozenset({"live", "ready", "rolled-back"})
HEADINGS = ("STATE", "REPOSITORY", "SERVICE", "ENVIRONMENT", "COMMIT", "STARTED", "ID")
asked_at = click.option(
    "--url", required=True, envvar="SERVERGEM_URL", show_envvar=True, help="Where the ServerGem's pages are."
)
as_json = click.option("--json", "as_json", is_flag=True, help="Machine-readable, as docs/api.md says.")


@click.command()
@asked_at
@click.option("--repository", default="", help="Only of this OWNER/REPO.")
@click.option("--environment", default="", help="Only to this one.")
@click.option("--state", default="", help="Only those that are running, live, failed…")
@click.option("--limit", default=25, type=click.IntRange(1, 100), show_default=True)
@as_json
@click.argument("id_", metavar="[ID]", default="")
def deployments(
    url: str, repository: str, environment: str, state: str, limit: int, as_json: bool, id_: str
) -> None:
    """List what was deployed, the newest first; with ID say how that one went, and what to do.

    You see what your GitHub token lets you read: GITHUB_TOKEN, or that of `gh auth token`. The exit status is 1 when
    ServerGem does not answer.
    """
    with _asking(url) as client:
        if id_:
            one = client.deployment(id_)
            _print(_json(one.model_dump(mode="json")) if as_json else whole(one))
            return
        found = client.deployments(repository=repository, environment=environment, state=state, limit=limit)
    _print(_json(found.model_dump(mode="json")) if as_json else table(found.deployments))


@click.command()
@asked_at
@click.option("--follow", is_flag=True, help="Go on until it has ended.")
@click.argument("id_", metavar="ID")
def logs(url: str, follow: bool, id_: str) -> None:
    """Print the log of a deployment.

    With --follow the exit status is 0 when it went well, and 1 when it did not; how it ended is on standard error.
    """
    with _asking(url) as client:
        for line in client.follow(id_) if follow else client.log(id_):
            _print(line)
        one = client.deployment(id_)
        if one.no_log:
            _print(one.no_log, err=True)
        if follow:
            _end(one)


@click.command()
@asked_at
@as_json
@click.argument("id_", metavar="ID")
def rollback(url: str, as_json: bool, id_: str) -> None:
    """Give the traffic back as it was before deployment ID: the same as the button on its check run.

    It takes write permission, and a token with the scope `repo`. The exit status is 0 once the traffic is back.
    """
    with _asking(url) as client:
        came = client.roll_back(id_)
        _print(f"{came.outcome}.", err=True)
        if not came.rollback:
            sys.exit(1)
        for line in client.follow(came.rollback):
            _print(line, err=True)
        back = client.deployment(came.rollback)
    if as_json:
        _print(_json(back.model_dump(mode="json")))
    _end(back)


@click.command()
@asked_at
@click.option("--rollbacks", is_flag=True, help="Let the assistant roll back too, where you may.")
def mcp(url: str, rollbacks: bool) -> None:
    """Answer an assistant's questions about deployments: the Model Context Protocol over standard input and output.

    The tools show what your GitHub token lets you read. They only read, unless you say --rollbacks.
    """
    with _asking(url) as client:
        from app import mcp_server

        mcp_server.serve(client, rollbacks=rollbacks)


ASKING = (deployments, logs, rollback, mcp)


@contextmanager
def _asking(url: str) -> Iterator[Client]:
    """Whatever keeps it from answering is said in a sentence."""
    from app.api.client import Client, NoAnswer

    try:
        yield Client.of(url, os.environ)
    except NoAnswer as error:
        raise click.ClickException(plain(str(error))) from error


def _print(words: str, *, err: bool = False) -> None:
    """Without what a terminal or a runner obeys, whatever answers there: others have written most of it."""
    click.echo(unheard(seen(words)), err=err)


def _end(one: WholeDeployment) -> None:
    _print(one.title, err=True)
    sys.exit(0 if one.state in GOOD else 1)


def table(found: list[DeploymentShape]) -> str:
    """A line for each, in columns as wide as what stands in them."""
    rows = [HEADINGS, *(_cells(each) for each in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _cells(each: DeploymentShape) -> tuple[str, ...]:
    started = f"{each.started:%Y-%m-%d %H:%M:%S}Z"
    commit = each.commit.sha[:7]
    return (each.state, each.repository, each.service, each.environment or "-", commit, started, each.id)


def whole(one: WholeDeployment) -> str:
    """How it went, what was found and where, and what to type."""
    lines = [f"{one.service} {one.environment} {one.commit.sha[:7]}: {one.title}", ""]
    lines += [f"  {stage.state:<8} {stage.title}  {stage.seconds:.1f} s" for stage in one.stages]
    for found in one.findings:
        place = f"{found.place.path}:{found.place.line}: " if found.place else ""
        lines += ["", f"{place}{found.title}", *filter(None, (found.message, found.fix))]
    return "\n".join([*lines, "", one.page])


def _json(told: object) -> str:
    return unheard_json(json.dumps(told, indent=2, ensure_ascii=False))
