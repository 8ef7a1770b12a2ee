"""Recovery: webhooks that never came are delivered again, and pushes of which none told are deployed all the same.

Both ways end at one push: who heard of it first has it, and the other way finds nothing left to do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from app.github import Activity, Attempt
from app.model import Deploy, Repository
from app.telemetry import log
from app.text.skip_mark import skip_mark
from app.world import World

# What is older GitHub cannot deliver again:
# https://docs.github.com/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
DELIVERABLE = 3 * 86_400.0
# An attempt that came to nothing is followed by another after twice as long as the last one, from a minute on.
FIRST_PAUSE, MOST_ATTEMPTS = 60.0, 8
# These answers of ours would be the same the next time; no answer is 0.
WORTH_ANOTHER = (0, 408, 425, 429)
# Two clocks, GitHub's and ours; seconds.
CLOCKS = 30.0
AT_DELIVERIES = "deliveries"


class Recovery:
    """Looks for what GitHub has said and nobody has heard. Times are epoch seconds."""

    def __init__(self, world: World) -> None:
        self._world, self._pushes = world, world.store.pushes

    def redeliver(self, now: float) -> None:
        """Have GitHub deliver again what never arrived since the last look."""
        since = max(self._pushes.looked_until(AT_DELIVERIES), now - DELIVERABLE)
        open_since = now
        for attempts in undelivered(self._world.github.attempts(since)):
            open_since = min(open_since, attempts[-1].at)
            if now < due(attempts):
                continue
            log.fact("delivery.redelivered", delivery=attempts[0].guid, attempt=attempts[0].id)
            self._world.github.redeliver(attempts[0])
        self._pushes.looked(AT_DELIVERIES, open_since)

    def find_pushes(self, repository: Repository, now: float) -> None:
        """Deploy the newest push to each branch of which no webhook has told in time."""
        at = f"pushes of {repository.id}"
        if not (since := self._pushes.looked_until(at)):
            self._pushes.looked(at, now)
            return
        until = now - self._world.settings.missed_after
        for push in newest(self._world.github.activities(repository)):
            if since - CLOCKS <= push.at <= until and not self._heard(repository, push):
                self._deploy(repository, push)
        self._pushes.looked(at, max(since, until))

    def _heard(self, repository: Repository, push: Activity) -> bool:
        return self._pushes.heard_at(repository.id, push.branch, push.after) >= push.at - CLOCKS

    def _deploy(self, repository: Repository, push: Activity) -> None:
        commit = self._world.github.commit(repository, push.after)
        if commit is None or skip_mark(commit.message):
            return
        id_ = f"missed-{repository.id}-{push.after}-{push.at:.0f}"
        log.warning("push.missed", repository=repository.full_name, branch=push.branch, commit=push.after)
        job = Deploy(
            replace(commit, branch=push.branch),
            before=push.before,
            delivery_id=id_,
            pusher=push.login,
            missed=push.at,
            pusher_id=push.login_id,
        )
        self._world.start(job, id_)


def undelivered(attempts: Iterable[Attempt]) -> list[list[Attempt]]:
    """The attempts at each event that never arrived and may yet, the newest first."""
    of_event: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in sorted(attempts, key=lambda each: each.id, reverse=True):
        of_event[attempt.guid].append(attempt)
    return [
        tries
        for tries in of_event.values()
        if len(tries) < MOST_ATTEMPTS and all(_worth_another(each) for each in tries)
    ]


def due(attempts: list[Attempt]) -> float:
    """When an event that never arrived is to be delivered once more; of its attempts, the newest first."""
    return attempts[0].at + (0.0 if len(attempts) == 1 else FIRST_PAUSE * 2 ** (len(attempts) - 2))


def newest(activities: Iterable[Activity]) -> list[Activity]:
    """The last thing that happened to each branch, of activities that come newest first."""
    of_branch: dict[str, Activity] = {}
    for activity in activities:
        of_branch.setdefault(activity.branch, activity)
    return list(of_branch.values())


def pause(quiet: float, shortest: float) -> float:
    """Seconds between two looks at a repository in which nothing has happened for `quiet` seconds.

    A team that works is looked after at once; of four hundred repositories that rest each is asked every two hours.
    """
    return min(max(shortest, quiet / 12), 7200.0)


def most_looks(sweep: float) -> int:
    """How many repositories one sweep looks at in one installation: a tenth of GitHub's limit, at two requests each.

    https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api: at least 5,000 requests an hour
    """
    return max(10, int(500 * sweep / 3600 / 2))


def _worth_another(attempt: Attempt) -> bool:
    return attempt.status_code in WORTH_ANOTHER or attempt.status_code >= 500
