"""What became of a delivery: in words, with the deployments that it led to; an id of a story tells nobody anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.store import GIVEN_UP, STARTED, Received, Store
from app.store.history import Listed

# What a story does that leaves no deployment of its own to be named, by the event that starts it.
DOES = {
    "check_run": "A button was pressed, and it is being answered on the check run",
    "check_suite": "Its check runs are run again",
    "delete": "What ran for the branch is looked at anew",
    "github_app_authorization": "Whoever took the permission back was signed out",
    "installation": "Its repositories are looked at",
    "installation_repositories": "Its repositories are looked at",
    "issue_comment": "A command was heard, and is answered under the pull request",
    "merge_group": "The checks that the queue waits for are answered on its commit",
    "pull_request": "The pull request is being looked at",
    "push": "The push is being read, or nothing of it was to be deployed",
    "release": "The release is being read, or nothing of it was to be deployed",
    "repository": "What ran for the repository is looked at anew",
    "repository_dispatch": "Its image is being looked at",
}
OTHERWISE = "It was taken up"


@dataclass(frozen=True)
class DeliveryOutcome:
    """`words`, then links to what it led to. `mark` is waiting, failed, or none."""

    words: str
    led_to: tuple[Listed, ...] = ()
    mark: str = ""


def outcomes_of(store: Store, rows: Sequence[Received]) -> dict[str, DeliveryOutcome]:
    """By the delivery's id."""
    ids = [each.id for each in rows]
    begun, looks = store.history.begun_by(ids), store.pull_requests.looked_for(ids)
    told: dict[str, DeliveryOutcome] = {}
    for each in rows:
        look = looks.get(each.id)
        runs = [store.history.one(id_) for id_ in look.deployments] if look else []
        led_to = (*begun[each.id], *(run for run in runs if run))
        told[each.id] = _outcome(store, each, look.said if look else "", led_to)
    return told


def _outcome(store: Store, each: Received, said: str, led_to: tuple[Listed, ...]) -> DeliveryOutcome:
    outcome = each.outcome
    if outcome is None:
        return DeliveryOutcome("", mark="waiting")
    if outcome.startswith(GIVEN_UP):
        return DeliveryOutcome(outcome.removeprefix(GIVEN_UP), mark="failed")
    others = "; ".join(part for part in outcome.split("; ") if not part.startswith(STARTED))
    if others == outcome:
        return DeliveryOutcome(outcome)
    if not said and (press := store.presses.press(each.id)):
        said, of = press.outcome, store.history.one(press.deployment_id)
        led_to = led_to or ((of,) if of else ())
    words = said or ("Started" if led_to else DOES.get(each.event, OTHERWISE))
    return DeliveryOutcome("; ".join(filter(None, (words, others))), led_to)
