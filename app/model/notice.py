"""Who hears of a deployment's end, and of which."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Happening(StrEnum):
    """What a notice tells of."""

    FAILED = "failed"
    RECOVERED = "recovered"
    ROLLED_BACK = "rolled back"
    LIVE = "live"


@dataclass(frozen=True)
class Notify:
    """One receiver: a webhook at `url`, signed with the secret `key`, or Slack's incoming webhook.

    `url` and `slack` are an https address, or the name of a secret that holds one.
    """

    url: str = ""
    slack: str = ""
    key: str = ""
    on: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """The address, or the secret that holds it."""
        return self.slack or self.url

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets that it takes, each with its version where one is named."""
        return tuple(each for each in (self.where, self.key) if each and "://" not in each)
