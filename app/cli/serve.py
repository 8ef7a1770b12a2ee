"""`servergem serve`, or one of its two halves alone: `servergem door` and `servergem worker`."""

from __future__ import annotations

import click

_host = click.option("--host", default="0.0.0.0", show_default=True, help="Address to listen on.")
_port = click.option(
    "--port",
    default=8080,
    envvar="PORT",
    type=click.IntRange(0, 65535),
    show_default=True,
    show_envvar=True,
    help="0 is any free one.",
)
_relay = click.option(
    "--tunnel",
    "relay",
    default="",
    envvar="SERVERGEM_TUNNEL",
    show_envvar=True,
    metavar="URL",
    help="For a trial without a host: a smee channel to which GitHub sends; whoever knows it reads all of it.",
)


@click.command()
@_host
@_port
@_relay
@click.option(
    "--together",
    is_flag=True,
    help="Both halves in one process: less memory, and the door waits whenever a story computes.",
)
def serve(host: str, port: int, relay: str, together: bool) -> None:
    """Receive webhooks and deploy. The settings come from the environment; docs/settings.md lists them.

    The door and the worker are a process each, watched by a third one that starts anew what ended.

    The exit status is 1, with the reason, when a setting is wrong or names what cannot be reached, or the port is
    taken.
    """
    _listen("serve", host, port, relay, together=together)


@click.command()
@_host
@_port
@_relay
def door(host: str, port: int, relay: str) -> None:
    """Only receive webhooks, store them and show the pages; `servergem worker` does the rest.

    Any number of doors and workers share one Postgres (DATABASE_URL) and the same settings.
    """
    _listen("door", host, port, relay)


@click.command()
@_host
@_port
def worker(host: str, port: int) -> None:
    """Only work: start what doors have stored, deploy, look around.

    It listens for questions about its health alone, at /health and /readyz.
    """
    _listen("worker", host, port, "")


def _listen(role: str, host: str, port: int, relay: str, *, together: bool = False) -> None:
    from app.process import listening
    from app.process.role import Role
    from app.settings import BadSettings

    try:
        listening.serve(host, port, relay, Role(role), together=together)
    except (BadSettings, listening.CannotListen) as error:
        raise click.ClickException(str(error)) from error
