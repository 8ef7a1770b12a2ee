"""What a lost database leaves at GitHub: check runs in progress of which no row knows, closed with the reason.

Few requests find them. GitHub's list of deliveries, which recovery reads anyway, names the repositories in which
something happened; of each one its list of pushes and of pull requests, and each of their commits once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from app.github import Activity, Attempt, GitHubError
from app.model import PullRequest, Repository
from app.report import CheckRunPayload
from app.rounds.recovery import DELIVERABLE, newest
from app.telemetry import log
from app.world import World

T = TypeVar("T")

AT_OPEN_CHECKS = "open check runs"
TITLE = "ServerGem lost its memory while this ran: push again or press Re-run"
SUMMARY = (
    "The database in which ServerGem keeps what it is doing is not the one that it had when this began, so nobody "
    "continues it. What served before keeps serving, unless the traffic had been moved already.\n\n"
    "Push again, or press **Re-run** here: the commit is then deployed as if it were pushed now."
)
# No run takes longer that does not wait: build, release command and verification have limits that come to less.
RECENT = 2 * 3600.0
# In one installation: at some five requests each a fifth of GitHub's 5,000 an hour.
MOST_REPOSITORIES = 200


def close_once(world: World, now: float) -> None:
    """With a database that has never looked: close what it does not know. `now` is epoch seconds."""
    pushes = world.store.pushes
    if pushes.looked_until(AT_OPEN_CHECKS):
        return
    slug, since = world.github.app().slug, now - DELIVERABLE
    _each(heard_of(world.github.attempts(since)), lambda pair: _close_in(world, *pair, slug, now))
    pushes.looked(AT_OPEN_CHECKS, now)


def heard_of(attempts: Iterable[Attempt]) -> list[tuple[int, int]]:
    """The repositories of these deliveries with their installations, those first of which was heard last."""
    found = {(each.repository_id, each.installation_id): each for each in attempts if each.repository_id}
    return sorted(found, key=lambda pair: -found[pair].at)[:MOST_REPOSITORIES]


def commits(activities: Iterable[Activity], pulls: Iterable[PullRequest], now: float) -> list[str]:
    """Where a check run may be open: the heads of branches and pull requests, and what was pushed a moment ago."""
    moves = list(activities)
    recent = [each.after for each in moves if each.at > now - RECENT]
    heads = [each.after for each in newest(moves)]
    return list(dict.fromkeys([*heads, *(pull.head_sha for pull in pulls), *recent]))


def _close_in(world: World, repository_id: int, installation_id: int, slug: str, now: float) -> None:
    if home := world.github.repository_of(repository_id, installation_id):
        found = commits(world.github.activities(home), world.github.open_pull_requests(home), now)
        _each(found, lambda sha: _close_on(world, home, sha, slug))


def _close_on(world: World, home: Repository, sha: str, slug: str) -> None:
    for run in world.github.open_check_runs(home, sha, slug):
        if world.store.deployments.known(run.external_id) is None:
            log.warning("check_run.forgotten", repository=home.full_name, commit=sha, run=run.external_id)
            world.github.update_check_run(home, run.id, LAST_WORD)


def _each(things: Iterable[T], do: Callable[[T], None]) -> None:
    """A repository or a commit that is gone keeps no other back; a GitHub that is away is asked all again later."""
    for thing in things:
        try:
            do(thing)
        except GitHubError as refused:
            if refused.transient:
                raise
            log.warning("open_checks.unseen", thing=str(thing), error=str(refused))


LAST_WORD = CheckRunPayload("completed", TITLE, SUMMARY, conclusion="neutral")
