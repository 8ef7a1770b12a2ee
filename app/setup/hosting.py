"""`servergem setup host`: ServerGem on Cloud Run, step by step, and then GitHub's webhooks led there."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from app.setup import host_steps, round_trip, settings_file, stepping
from app.setup.app_manifest import WEBHOOK
from app.setup.github_app import REDELIVERY_SECONDS, opened
from app.setup.host_steps import Host
from app.setup.in_secret_manager import read_whole, told
from app.setup.step import GIVEN
from app.signs import Sign


class NotHosted(Exception):  # noqa: N818 - reads as what happened
    """A step has failed; what it said stands above."""


@dataclass(frozen=True)
class Plan:
    """What the person typed. `source` is a clone of ServerGem."""

    project: str
    region: str
    file: Path
    source: Path
    apply: bool


def run(plan: Plan, console: Console) -> Iterator[Sign]:
    """The signs of the way from GitHub, once every step is done; none where the steps are only printed.

    Raises NotHosted and settings_file.Unusable.
    """
    kept = settings_file.read(plan.file)
    if not kept:
        raise settings_file.Unusable(f"{plan.file} is empty. Name the file of `servergem setup github`.")
    there = frozenset(
        name for name, value in kept.items() if (at := told(value)) and at["project"] == plan.project
    )
    host = Host(plan.project, plan.region, plan.source, _whole(plan, kept), there)
    if not plan.apply:
        console.print(Text(_by_hand(host, plan.file)))
    walked = stepping.through(host_steps.steps(host), console, apply=plan.apply)
    if walked.status:
        raise NotHosted(
            "The step above has failed. Once that is mended, the same command goes on from there."
        )
    if not plan.apply:
        console.print(Text(f"# What held secrets goes\nrm {GIVEN}"))
    else:
        yield from _led_there(kept, plan, host.address.replace(host.number, walked.number))


def _by_hand(host: Host, file: Path) -> str:
    """What comes before the printed steps: the settings, and a password for a database that is still to be made."""
    typed = [
        "# The settings, and for what is written below nobody but you",
        f"umask 077; set -a; . {shlex.quote(str(file))}; set +a",
    ]
    if host.makes_database:
        password = "$(python3 -c 'import secrets; print(secrets.token_hex(24))')"
        typed += [
            "# A password for the Postgres, kept with the settings",
            f'DATABASE_URL="{host_steps.database_at(host.instance, password)}"',
            f"echo \"DATABASE_URL='$DATABASE_URL'\" >> {shlex.quote(str(file))}",
        ]
    return "\n".join(typed)


def _whole(plan: Plan, kept: dict[str, str]) -> dict[str, str]:
    """The settings with the key and a database; a new database's address is kept before it is made."""
    if not kept.get("DATABASE_URL"):
        instance = host_steps.instance(plan.project, plan.region)
        kept["DATABASE_URL"] = host_steps.database_at(instance, secrets.token_hex(24))
        if plan.apply:
            settings_file.exchange(plan.file, kept, lambda: None)
    whole = kept | read_whole(plan.file)
    return whole | {"GITHUB_PRIVATE_KEY": settings_file.key_of(whole)}


def _led_there(kept: Mapping[str, str], plan: Plan, address: str) -> Iterator[Sign]:
    """Webhooks go to the new place, and one of them is seen to come back."""
    settings_file.exchange(plan.file, dict(kept) | {"SERVERGEM_PUBLIC_URL": address}, lambda: None)
    github = opened(read_whole(plan.file))
    try:
        github.send_webhooks_to(address + WEBHOOK)
        yield from round_trip.signs(github, address, patience=REDELIVERY_SECONDS)
    finally:
        github.close()
