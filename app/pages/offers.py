"""Which buttons a page offers, on which deployment, and what each says that it will do; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.model import Button, Ending
from app.pages.served import Served
from app.store.history import Listed
from app.store.traffic import Shift

# What is asked before it is done, with what will happen; the others are done at once.
ASKED: Mapping[Button, str] = {
    Button.ROLL_BACK: "The traffic goes back to what served before this deployment. Its commit is not deployed here "
    "again by itself, until somebody retries it.",
    Button.PROMOTE: "The image that was tested here is deployed to where merging would bring it, and nothing is built.",
    Button.APPROVE: "This commit is deployed, once. Look at what it changes first.",
    Button.ENABLE_API: "ServerGem runs the gcloud command that the finding shows, and deploys once more.",
    Button.GRANT_ROLE: "ServerGem runs the gcloud command that the finding shows, and deploys once more.",
    Button.LOCK: "Deployments here wait for a day, or until somebody unlocks it. What serves now keeps serving.",
}
OVERTAKEN = "something else serves by now"


@dataclass(frozen=True)
class Offer:
    """A button of one deployment. `of` is its commit, where the page shows others too; `why_not` disables it."""

    button: Button
    deployment_id: str
    of: str = ""
    why_not: str = ""

    @property
    def asks(self) -> str:
        """What will happen, where that is asked about first."""
        return ASKED.get(self.button, "")


def offers_of(listed: Listed, newest: Shift | None) -> tuple[Offer, ...]:
    """A deployment's, as on its check run; `newest` is what last got the traffic of its lane."""
    report = listed.report
    if report.ending is None:
        return ()
    serves = newest is not None and newest.revision == report.revision
    return tuple(
        Offer(each, listed.id, why_not="" if serves or each is not Button.ROLL_BACK else OVERTAKEN)
        for each in report.buttons
    )


def offers_at(served: Served, history: Iterable[Listed]) -> tuple[Offer, ...]:
    """A service's: of what serves, of the newest deployment where it failed, and of the lock."""
    of, newest = served.of, served.newest
    offers = [each for each in offers_of(of, served.shift) if not each.why_not] if of else []
    if newest != of and newest.report.ending in (Ending.FAILED, Ending.NOT_YOURS):
        short = newest.report.commit.short
        offers += [
            Offer(each.button, each.deployment_id, short)
            for each in offers_of(newest, None)
            if not each.why_not
        ]
    # The lock is said on a check run that is finished.
    ended = next((each for each in history if not each.under_way), None)
    if ended and served.environment != "preview":
        offers.append(Offer(Button.UNLOCK if served.lock else Button.LOCK, ended.id))
    return tuple(offers)
