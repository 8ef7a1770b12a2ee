"""`servergem doctor`: everything that a deployment takes from outside, looked at now, with what to type for each fault.

Why a build or a container failed is told by `app.acts.reasons`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from app import plain_http, retry
from app.github import GitHub
from app.github.credentials import BACKDATED_SECONDS
from app.settings import BadSettings, Settings, load
from app.setup import in_project, own_service, round_trip
from app.signs import Sign
from app.store.reach import insist_on_reach
from app.trust.rights import RIGHTS, Held, When
from gcp import resource_manager
from gcp.cloud import Google
from gcp.credentials import NoCredentials, insist_on_credentials
from gcp.errors import GoogleError

SETTINGS = "https://github.com/servergem/servergem/blob/main/docs/settings.md"
ONCE = retry.Policy(attempts=1)


def signs(environ: Mapping[str, str]) -> Iterator[Sign]:
    """Settings, clock, GitHub, Google, database and address, in this order; without settings, these alone."""
    try:
        settings = load(environ)
    except BadSettings as error:
        for fault in error.faults:
            yield Sign("Settings", wrong=fault, fix="Correct it in the environment.", link=SETTINGS)
        return
    yield Sign("Settings", "each can be read")
    yield _clock(settings)
    yield from _github(settings)
    yield from _google(settings)
    yield from _database(settings)
    yield _address(settings)


def _clock(settings: Settings) -> Sign:
    """GitHub takes no token that begins in its future, and ours begin so many seconds in our past."""
    try:
        there = plain_http.ask(f"{settings.github_api_url}/rate_limit").at
    except plain_http.Unanswered as error:
        wrong = f"{settings.github_api_url} did not answer: {error}"
        return Sign("Clock", wrong=wrong, fix="Correct GITHUB_API_URL, or let this machine reach it.")
    return judged(time.time(), there)


def judged(here: float, there: float | None) -> Sign:
    """This machine's clock beside GitHub's; epoch seconds, None where GitHub did not tell its time."""
    if there is None:
        return Sign("Clock", "GitHub did not tell its time")
    off = here - there
    if abs(off) < BACKDATED_SECONDS:
        return Sign("Clock", f"{abs(off):.0f} s from GitHub's")
    way = "ahead of" if off > 0 else "behind"
    return Sign(
        "Clock",
        wrong=f"this machine is {abs(off):.0f} s {way} GitHub, which takes none of our tokens then",
        fix="Set it by NTP: timedatectl set-ntp true",
    )


def _github(settings: Settings) -> Iterator[Sign]:
    try:
        github = GitHub(settings.github_app_id, settings.github_private_key, settings.github_api_url, ONCE)
    except ValueError as error:
        yield Sign(
            "App", wrong=str(error), fix="Make a key on the App's page, and name its file.", link=SETTINGS
        )
        return
    try:
        yield from round_trip.signs(github, settings.public_url)
    finally:
        github.close()


def _google(settings: Settings) -> Iterator[Sign]:
    """Each project that a repository may reach, as the account whose credentials these are."""
    try:
        insist_on_credentials(settings.google_endpoint)
    except NoCredentials as error:
        yield Sign("Google", wrong=str(error))
        return
    google = Google(settings.google_endpoint, settings.storage_endpoint, ONCE)
    for project in sorted(settings.every_project()):
        yield (found := _project(google, project))
        if not found.wrong:
            yield from in_project.signs(google, project, settings.enable_apis)
    yield from own_service.signs(google, settings)


def _project(google: Google, project: str) -> Sign:
    title = f"Project {project}"
    who = google.member.partition(":")[2] or "the account of these credentials"
    optional = {When.REPAIR, When.OPINION}
    needed = tuple(r.permission for r in RIGHTS if r.on is Held.PROJECT and r.when not in optional)
    fix = f"servergem setup google --project {project} --apply"
    link = f"https://console.cloud.google.com/iam-admin/iam?project={project}"
    try:
        found = resource_manager.get_project(google, project)
        held = resource_manager.test_permissions(google, project, needed)
    except GoogleError as error:
        return Sign(title, wrong=f"{who} cannot see it: {error}", fix=fix, link=link)
    if found.state != "ACTIVE":
        return Sign(title, wrong=f"it is {found.state}", fix=f"gcloud projects undelete {project}", link=link)
    if missing := sorted(set(needed) - held):
        return Sign(title, wrong=f"{who} lacks {', '.join(missing)}", fix=fix, link=link)
    return Sign(title, f"{found.number}, where {who} may deploy")


def _database(settings: Settings) -> Iterator[Sign]:
    try:
        insist_on_reach(settings)
    except BadSettings as error:
        for fault in error.faults:
            yield Sign("Database", wrong=fault, link=SETTINGS)
        return
    yield Sign("Database", "Postgres answers" if settings.database_url else f"SQLite in {settings.data}")


def _address(settings: Settings) -> Sign:
    """Whether ServerGem is behind its own address, as seen from here."""
    address = f"{settings.public_url}/health"
    fix = "Start it (servergem serve), or let SERVERGEM_PUBLIC_URL be the address that leads to it."
    try:
        said = plain_http.ask(address)
    except plain_http.Unanswered as error:
        return Sign("Address", wrong=f"nobody answers at {address}: {error}", fix=fix)
    if (said.status, said.text) != (200, "ok\n"):
        return Sign("Address", wrong=f"{address} answered {said.status}, and not as ServerGem does", fix=fix)
    return Sign("Address", settings.public_url)
