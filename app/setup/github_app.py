"""`servergem setup github`: register the App, keep what it is known by, have it installed, and prove the way."""

from __future__ import annotations

import time
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from app import retry
from app.github import GitHub, GitHubError
from app.github.registration import Registered, api_url, convert, form_url
from app.setup import registering, round_trip, settings_file
from app.setup.app_manifest import Wanted, as_json
from app.setup.in_secret_manager import put, read_whole
from app.signs import Sign

# How long a delivery is waited for that was asked for once more.
REDELIVERY_SECONDS = 15.0
LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class Plan:
    """What the person typed. `patience` is how many seconds the installation is waited for."""

    host: str
    url: str
    organization: str
    name: str
    into: Path
    browser: bool
    port: int
    patience: float
    secrets_in: str = ""
    """The project whose Secret Manager keeps the secrets; empty for the file and the key beside it."""


def run(plan: Plan, tell: Callable[[str], None]) -> Iterator[Sign]:
    """The signs of the way, after everything that was still to be done is done.

    Raises registering.NotRegistered and settings_file.Unusable.
    """
    kept = settings_file.read(plan.into)
    if kept:
        tell(f"{plan.into} holds App {kept['GITHUB_APP_ID']}. For another, name another file with --into.")
    else:
        kept = _registered(plan, tell)
    if plan.secrets_in:
        put(plan.into, plan.secrets_in, Console(highlight=False, soft_wrap=True))
        tell(f"{plan.into} names the secrets, which Secret Manager of {plan.secrets_in} holds.")
    github = opened(read_whole(plan.into))
    try:
        _wait_for_installation(github, plan, tell)
        yield from round_trip.signs(github, plan.host, patience=REDELIVERY_SECONDS)
    finally:
        github.close()


def opened(kept: Mapping[str, str]) -> GitHub:
    """GitHub as the App whose settings were kept. Raises settings_file.Unusable."""
    try:
        key = settings_file.key_of(kept)
        return GitHub(kept["GITHUB_APP_ID"], key, kept["GITHUB_API_URL"], retry.Policy())
    except ValueError as error:
        place = kept.get("GITHUB_PRIVATE_KEY_FILE", "GITHUB_PRIVATE_KEY")
        raise settings_file.Unusable(f"{place}: {error}") from error


def _registered(plan: Plan, tell: Callable[[str], None]) -> dict[str, str]:
    """Register the App with a person's hand, and keep it before anything else happens."""
    settings_file.reserve(plan.into)
    yml, api = round_trip.APP_YML.read_text(), api_url(plan.url)

    def take_over(code: str) -> Registered:
        app = convert(api, code)
        settings_file.write(plan.into, _settings(plan, app), app.pem)
        return app

    registration = registering.Registration(
        lambda state: form_url(plan.url, plan.organization, state),
        lambda back: as_json(yml, Wanted(plan.host, plan.name, back)),
        take_over,
    )

    def show(address: str) -> None:
        tell(f"Open {address} and follow it to GitHub.")
        if plan.browser:
            webbrowser.open(address)

    app = registering.run(registration, plan.port, show)
    tell(
        f"App {app.slug} ({app.id}) is registered; {plan.into} and the key beside it are for you alone to read."
    )
    return settings_file.read(plan.into)


def _settings(plan: Plan, app: Registered) -> dict[str, str]:
    return {
        "GITHUB_APP_ID": str(app.id),
        "GITHUB_CLIENT_ID": app.client_id,
        "GITHUB_CLIENT_SECRET": app.client_secret,
        "GITHUB_WEBHOOK_SECRET": app.webhook_secret,
        "GITHUB_API_URL": api_url(plan.url),
        "SERVERGEM_PUBLIC_URL": plan.host,
    }


def _wait_for_installation(github: GitHub, plan: Plan, tell: Callable[[str], None]) -> None:
    """Until the App is installed somewhere, or patience ends; what GitHub refuses is for the signs to say."""
    until, asked = time.monotonic() + plan.patience, False
    try:
        while not github.installations() and time.monotonic() < until:
            if not asked:
                tell(f"Install it: {github.app().html_url}/installations/new")
            asked = True
            time.sleep(LOOK_SECONDS)
    except GitHubError as error:
        tell(f"GitHub cannot be asked for installations: {error}")
