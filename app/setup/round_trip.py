"""From GitHub to ServerGem and back: the App's key, what was granted, the webhook's address, and an answer to it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from app.github import Answered, AppInfo, Attempt, GitHub, GitHubError, OnAccount
from app.github.endpoints import permissions
from app.setup.app_manifest import WEBHOOK, events
from app.signs import Sign

APP_YML = Path(__file__).parents[2] / "app.yml"
RANKS = {"": 0, "read": 1, "write": 2, "admin": 3}
# Between two looks at what came of a redelivery.
LOOK_SECONDS = 0.5
SIGNED = "https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries"


def signs(github: GitHub, host: str, *, patience: float = 0.0) -> Iterator[Sign]:
    """Each part of the way, in order; what cannot be looked at because of an earlier one is left out.

    With `patience` (seconds) a delivery that was not taken is asked for once more, and waited for.
    """
    try:
        app = github.app()
    except GitHubError as error:
        yield _no_app(error)
        return
    yield Sign("App", f"{app.slug}, {app.html_url}")
    yield from _asked_of(lambda: _registration(app), "App's registration")
    yield from _asked_of(lambda: _address(app, github.webhook_address(), host), "Webhook address")
    yield from _asked_of(lambda: _installations(app, github.installations()), "Installation")
    yield from _asked_of(lambda: iter([_answered(github, app, host, patience)]), "Round trip")


def _asked_of(look: Callable[[], Iterator[Sign]], title: str) -> Iterator[Sign]:
    """What `look` finds; that GitHub cannot be asked is a sign too."""
    try:
        yield from look()
    except GitHubError as error:
        yield Sign(title, wrong=f"GitHub cannot be asked: {error}", fix="Ask again in a minute.")


def _no_app(error: GitHubError) -> Sign:
    if error.status in (401, 404):
        return Sign(
            "App",
            wrong=f"GitHub does not know this App by this key: {error}",
            fix="Correct GITHUB_APP_ID and GITHUB_PRIVATE_KEY: both are of one App, and this clock is right.",
            link="https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/"
            "managing-private-keys-for-github-apps",
        )
    return Sign("App", wrong=f"GitHub cannot be asked: {error}", fix="Correct GITHUB_API_URL, or ask again.")


def lacking(granted: Mapping[str, str]) -> str:
    """The permissions that our calls take and that are not among these."""
    return ", ".join(
        f"{name}: {access}"
        for name, access in permissions().items()
        if RANKS.get(granted.get(name, ""), 0) < RANKS[access]
    )


def unheard(subscribed: tuple[str, ...]) -> str:
    """The events that we answer and that are not among these."""
    return ", ".join(sorted(set(events(APP_YML.read_text())) - set(subscribed)))


def _registration(app: AppInfo) -> Iterator[Sign]:
    page = f"{app.settings_url}/permissions"
    if missing := lacking(app.permissions):
        fix = "Grant the App these on its page; every owner is then asked to accept them."
        yield Sign("App's permissions", wrong=f"the App does not ask for {missing}", fix=fix, link=page)
    else:
        yield Sign("App's permissions", "all that ServerGem calls")
    if missing := unheard(app.events):
        fix = "Tick these under 'Subscribe to events'."
        yield Sign("App's events", wrong=f"the App does not hear of {missing}", fix=fix, link=page)
    else:
        yield Sign("App's events", "all that ServerGem answers")


def _address(app: AppInfo, address: str, host: str) -> Iterator[Sign]:
    wanted = host + WEBHOOK
    if address == wanted:
        yield Sign("Webhook address", address)
        return
    yield Sign(
        "Webhook address",
        wrong=f"GitHub sends webhooks to {address or 'nowhere'}, and ServerGem's address is {wanted}",
        fix=f"Write {wanted} as the webhook URL, or correct SERVERGEM_PUBLIC_URL.",
        link=app.settings_url,
    )


def _installations(app: AppInfo, found: tuple[OnAccount, ...]) -> Iterator[Sign]:
    if not found:
        page = f"{app.html_url}/installations/new"
        yield Sign("Installation", wrong="the App is installed nowhere", fix="Install it.", link=page)
    for each in found:
        yield _installed(each, f"On {each.account}")


def _installed(each: OnAccount, title: str) -> Sign:
    page = each.settings_url
    if each.suspended:
        return Sign(
            title,
            wrong="the installation is suspended",
            fix="Have its owner lift the suspension on the installation's page.",
            link=page,
        )
    if missing := lacking(each.permissions):
        fix = "Have an owner of the account accept them on the page of the installation."
        return Sign(title, wrong=f"not granted: {missing}", fix=fix, link=page)
    if missing := unheard(each.events):
        fix = "Have an owner of the account accept the App's new permissions on the page of the installation."
        return Sign(title, wrong=f"not subscribed there: {missing}", fix=fix, link=page)
    return Sign(title, "installed, and everything is granted")


def _answered(github: GitHub, app: AppInfo, host: str, patience: float) -> Sign:
    newest = github.newest_attempt()
    answer = github.answer_to(newest) if newest else None
    if newest and answer and patience and (newest.status_code, answer.url) != (202, host + WEBHOOK):
        newest = _once_more(github, newest, patience)
        answer = github.answer_to(newest)
    if newest is None or answer is None:
        return Sign(
            "Round trip",
            wrong="GitHub has sent nothing in the last three days, not even a ping",
            fix="Save the webhook's address on the App's page anew, or push something; then look again.",
            link=app.settings_url,
        )
    return _judged(newest, answer, app, host)


def _once_more(github: GitHub, attempt: Attempt, patience: float) -> Attempt:
    """The newest attempt after a redelivery; the one that was there when none comes in time."""
    github.redeliver(attempt)
    until = time.monotonic() + patience
    while time.monotonic() < until:
        newest = github.newest_attempt()
        if newest and newest.id != attempt.id:
            return newest
        time.sleep(LOOK_SECONDS)
    return attempt


def _judged(attempt: Attempt, answer: Answered, app: AppInfo, host: str) -> Sign:
    """ServerGem answers 202 and the delivery's id, and only to what is signed with its own secret."""
    log = f"{app.settings_url}/advanced"
    address = host + WEBHOOK
    if answer.url not in ("", address):
        wrong = f"GitHub's last delivery went to {answer.url}, and none has come to {address} yet"
        return Sign("Round trip", wrong=wrong, fix="Push something, then: servergem doctor", link=log)
    if attempt.status_code == 202 and attempt.guid in answer.said:
        return Sign("Round trip", f"the {attempt.event} of GitHub came, and its signature is right")
    if attempt.status_code == 401:
        fix = "Make GITHUB_WEBHOOK_SECRET and the App's webhook secret the same."
        return Sign("Round trip", wrong=_reason(answer.said), fix=fix, link=SIGNED)
    if not attempt.status_code:
        fix = "Start it with the settings: servergem serve. GitHub has to reach it from outside."
        return Sign("Round trip", wrong=f"nobody answered at {address}: {attempt.status}", fix=fix, link=log)
    wrong = f"{address} answered {attempt.status_code}, which is not what ServerGem says to a delivery"
    return Sign("Round trip", wrong=wrong, fix="Let this address lead to `servergem serve`.", link=log)


def _reason(answer: str) -> str:
    try:
        return str(json.loads(answer)["reason"]).rstrip(".")
    except (ValueError, KeyError, TypeError):
        return "whoever answers at the webhook's address does not take GitHub's signature"
