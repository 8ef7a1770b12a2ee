"""What every cloud check is given, and the answers of the others that it may wait for."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Event
from typing import TypeVar

from app.acts.prepared import as_it_stands
from app.model import Commit, Finding, Stop, Target
from app.scene import Scene
from app.trust.accounts import Accounts, accounts, compute_account
from gcp.cloud import Google
from gcp.cloud_run import ServiceState
from gcp.errors import GoogleError
from gcp.kinds import Kind

T = TypeVar("T")

# Between two looks at whether Google agrees with what we have just switched on, in seconds.
FIRST_LOOK, LONGEST_LOOK = 0.25, 8.0
# A new API's own accounts get their roles a little later than the API answers.
LONGEST_GRANT = 30.0
# A new service account is known everywhere after a minute or more:
# https://cloud.google.com/iam/docs/service-accounts-create#creating ("wait for 60 seconds or more")
LONGEST_ACCOUNT = 90.0


class CannotLook(Exception):  # noqa: N818 - reads as what happened
    """We lack the right to ask; said as a warning, never a reason to stop.

    `instead` is what the deployment goes on with: the answer that it would get if everything is there.
    """

    def __init__(self, lacking: str, instead: object = ()) -> None:
        super().__init__(lacking)
        self.instead = instead


@dataclass(frozen=True)
class Asking:
    """One deployment's questions. Each Future is an answer that others wait for.

    `make`: what is missing may be made; otherwise it is only said.
    `on` are the APIs that Service Usage says are on, once `enabled` is known.
    `standing` is the service before this deployment, None where there is none that we may see.
    `fresh` is set when we have made a service account, which Google knows everywhere only after a while.
    `refused` is set when any check has found what only a person can change: nobody then waits for better times.
    """

    scene: Scene
    commit: Commit
    target: Target
    number: Future[int] = field(default_factory=Future)
    enabled: Future[tuple[str, ...]] = field(default_factory=Future)
    on: set[str] = field(default_factory=set)
    accounts_there: Future[None] = field(default_factory=Future)
    builder: Future[str] = field(default_factory=Future)
    standing: Future[ServiceState | None] = field(default_factory=Future)
    fresh: Event = field(default_factory=Event)
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
    def built_in(self) -> str:
        """The region where its source and its image are."""
        return self.target.built_in

    @property
    def deployer(self) -> str:
        """ServerGem's own account as an IAM member, or words for it where its credentials do not say."""
        return self.google.member or "serviceAccount:DEPLOYER"

    @property
    def build_account(self) -> str:
        """The account that builds run as; where the operator names none, the one that Cloud Build tells."""
        return self.accounts.build_account or self.builder.result()

    @property
    def accounts(self) -> Accounts:
        """The accounts, registry and bucket that this Target may use."""
        return accounts(self.scene.world.settings, self.target)

    @property
    def as_it_will_be(self) -> Target:
        """The Target as its revision will have it: an adopted service keeps what servergem.yml does not name."""
        state = self.standing.result()
        return as_it_stands(self.target, state, self.compute_account) if state else self.target

    @property
    def runtime_account(self) -> str:
        """The account that the service will run as."""
        settings = self.scene.world.settings
        return accounts(settings, self.as_it_will_be).runtime_account or self.compute_account

    def account_reading(self, key: str) -> str:
        """The account for which this key of servergem.yml is: a job's or worker's own, else the service's."""
        own = [job.config.service_account for job in self.target.beside if key.startswith(f"{job.key}.")]
        return next(filter(None, own), "") or self.runtime_account

    @property
    def compute_account(self) -> str:
        """The default account of the project."""
        return compute_account(self.number.result())

    def patiently(self, work: Callable[[], T]) -> T:
        """Wait out the minutes in which Google still denies an API that we have just switched on.

        A denial is final when nothing was changed, and a missing permission when another check has named one:
        https://cloud.google.com/service-usage/docs/enable-disable
        """
        begun, pause = time.monotonic(), FIRST_LOOK
        while True:
            try:
                return work()
            except GoogleError as denied:
                if not self._may_pass(denied, time.monotonic() - begun):
                    raise
            if self.refused.is_set():
                time.sleep(pause)  # waiting for what has happened already would ask without a pause
            else:
                self.refused.wait(pause)
            pause = min(pause * 2, LONGEST_LOOK)

    def _may_pass(self, denied: GoogleError, waited: float) -> bool:
        """Whether this denial may be gone in a while, all by itself."""
        if denied.kind is not Kind.UNSETTLED:
            return False
        deadline = self.scene.world.settings.propagation_deadline
        if self.fresh.is_set() and "serviceaccounts.actas" in f"{denied.permission} {denied.message}".lower():
            return not self.refused.is_set() and waited < min(deadline, LONGEST_ACCOUNT)
        if denied.reason == "SERVICE_DISABLED":
            return waited < deadline and self._switched_on(denied.service)
        if not self.has_enabled:
            return False
        return not self.refused.is_set() and waited < min(deadline, LONGEST_GRANT)

    def look(self, work: Callable[[], T], instead: object = ()) -> T:
        """Ask something that is good to know: CannotLook where we may not, with what to go on with `instead`."""
        try:
            return self.patiently(work)
        except GoogleError as denied:
            if denied.code in ("PERMISSION_DENIED", "UNIMPLEMENTED", "UNAUTHENTICATED"):
                raise CannotLook(denied.permission or denied.reason or denied.method, instead) from denied
            raise

    def _switched_on(self, api: str) -> bool:
        """Whether somebody has enabled this very API a moment ago, be it for another deployment; one that is off will
        not come by waiting.
        """
        return self.has_enabled if not api else self.enabled.exception() is None and api in self.on

    @property
    def has_enabled(self) -> bool:
        """Whether we have switched an API on, so that Google may say for some minutes what holds no more."""
        return self.enabled.exception() is None and bool(self.enabled.result())


def stop(*findings: Finding) -> Stop:
    return Stop(findings)
