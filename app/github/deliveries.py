"""Webhooks as GitHub remembers them: each try to deliver one, and another try.

https://docs.github.com/rest/apps/webhooks
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.github import endpoints
from app.github.calls import Calls

# Three thousand tries; what is older than these waits for the next look.
MOST_PAGES = 30


@dataclass(frozen=True)
class Attempt:
    """One try to deliver an event. `guid` is the event's, in each of its tries; `at` is epoch seconds.

    `status_code` is the answer's; 0, and `status` says why, where none came.
    """

    id: int
    guid: str
    event: str
    at: float
    status_code: int
    status: str
    repository_id: int = 0
    """0 where it is about no repository, as the next one about no installation."""
    installation_id: int = 0


@dataclass(frozen=True)
class Answered:
    """Where an attempt went, and what was said there, as far as GitHub has kept it."""

    url: str
    said: str


class Deliveries(Calls):
    """Webhooks as GitHub remembers them."""

    def attempts(self, since: float) -> tuple[Attempt, ...]:
        """Every try since then (epoch seconds), the newest first."""

        def ask() -> tuple[Attempt, ...]:
            found: list[Attempt] = []
            for _, page in zip(
                range(MOST_PAGES), self._wire.pages_as_app(endpoints.DELIVERIES), strict=False
            ):
                found += [_attempt(each) for each in page]
                if found and found[-1].at < since:
                    break
            return tuple(attempt for attempt in found if attempt.at >= since)

        return self._again(ask)

    def last_attempt(self, guid: str, since: float) -> Attempt | None:
        """The last try to deliver this event, of those since then (epoch seconds); None when GitHub has none."""
        return next((each for each in self.attempts(since) if each.guid == guid), None)

    def newest_attempt(self) -> Attempt | None:
        """The last try to deliver; GitHub forgets them after three days.

        https://docs.github.com/webhooks/testing-and-troubleshooting-webhooks/viewing-webhook-deliveries
        """
        told = self._again(lambda: self._wire.as_app(endpoints.DELIVERIES)).json()
        return next((_attempt(each) for each in told), None)

    def answer_to(self, attempt: Attempt) -> Answered:
        """https://docs.github.com/rest/apps/webhooks#get-a-delivery-for-an-app-webhook: it says where it was sent."""
        told = self._again(lambda: self._wire.as_app(endpoints.DELIVERY, id=attempt.id)).json()
        return Answered(str(told.get("url") or ""), str(told["response"].get("payload") or ""))

    def redeliver(self, attempt: Attempt) -> None:
        """Have GitHub deliver this once more, in its own time. Asked once: a second time would deliver it twice."""
        self._wire.as_app(endpoints.REDELIVER, id=attempt.id)


def _attempt(told: dict[str, Any]) -> Attempt:
    at = datetime.fromisoformat(told["delivered_at"]).timestamp()
    of = (told["repository_id"] or 0, told["installation_id"] or 0)
    return Attempt(told["id"], told["guid"], told["event"], at, told["status_code"], told["status"], *of)
