"""What every cloud check is given, and the answers of the others that it may wait for."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Event
from typing import TypeVar

from app.deployment import Scene
from app.model import Commit, Finding, Stop, Target
from app.stages.trust import Means, means
from gcp.cloud import Google
from gcp.errors import GoogleError

T = TypeVar("T")

# Between two looks at whether Google agrees with what we have just switched on, in seconds.
FIRST_LOOK, LONGEST_LOOK = 0.25, 8.0
# A new API's own accounts get their roles a little later than the API answers.
LONGEST_GRANT = 30.0
LATE = ("SERVICE_DISABLED", "IAM_PERMISSION_DENIED", "")


class CannotLook(Exception):  # noqa: N818 - reads as what happened
    """We lack the right to ask; said as a warning, never a reason to stop."""


@dataclass(frozen=True)
class Asking:
    """One deployment's questions. `number`, `enabled` and `accounts` are answers that others wait for.

    `make`: what is missing may be made; otherwise it is only said.
    `refused` is set when any check has found what only a person can change: nobody then waits for better times.
    """

    scene: Scene
    commit: Commit
    target: Target
    number: Future[int] = field(default_factory=Future)
    enabled: Future[tuple[str, ...]] = field(default_factory=Future)
    accounts: Future[None] = field(default_factory=Future)
    refused: Event = field(default_factory=Event)
    make: bool = True

    @property
    def google(self) -> Google:
        return self.scene.world.google

    @property
    def project(self) -> str:
        return self.target.project

    @property
    def region(self) -> str:
        return self.target.region

    @property
    def build_account(self) -> str:
        """The account that builds run as: https://cloud.google.com/build/docs/cloud-build-service-account-updates"""
        return self.means.build_account or self._compute_account()

    @property
    def means(self) -> Means:
        """The accounts, registry and bucket that this Target may use."""
        return means(self.scene.world.settings, self.target)

    @property
    def runtime_account(self) -> str:
        """The account that the service runs as."""
        return self.means.runtime_account or self._compute_account()

    def _compute_account(self) -> str:
        return f"{self.number.result()}-compute@developer.gserviceaccount.com"

    def patiently(self, work: Callable[[], T]) -> T:
        """Wait out the minutes in which Google still denies an API that we have just switched on.

        A denial is final when we changed nothing, and a missing permission when another check has named one:
        https://cloud.google.com/service-usage/docs/enable-disable
        """
        begun, pause = time.monotonic(), FIRST_LOOK
        while True:
            try:
                return work()
            except GoogleError as denied:
                if not self._may_pass(denied, time.monotonic() - begun):
                    raise
            self.refused.wait(pause)
            pause = min(pause * 2, LONGEST_LOOK)

    def _may_pass(self, denied: GoogleError, waited: float) -> bool:
        """Whether this denial may be gone in a while, all by itself."""
        if denied.code != "PERMISSION_DENIED" or denied.reason not in LATE or not self._have_changed():
            return False
        deadline = self.scene.world.settings.propagation_deadline
        if denied.reason == "SERVICE_DISABLED":
            return waited < deadline
        return not self.refused.is_set() and waited < min(deadline, LONGEST_GRANT)

    def look(self, work: Callable[[], T]) -> T:
        """Ask something that is good to know: CannotLook where we may not."""
        try:
            return self.patiently(work)
        except GoogleError as denied:
            if denied.code in ("PERMISSION_DENIED", "UNIMPLEMENTED", "UNAUTHENTICATED"):
                raise CannotLook(denied.permission or denied.reason or denied.method) from denied
            raise

    def _have_changed(self) -> bool:
        return self.enabled.exception() is None and bool(self.enabled.result())


def stop(*findings: Finding) -> Stop:
    return Stop(findings)
