"""Prepared: what preflight found or made for a deployment, and what of it holds for the next ones too."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from app.model import SecretRef, Target, told
from app.trust.accounts import Accounts
from app.trust.ownership import JOBS, MAPPED, WORKERS, is_adopted
from app.trust.rights import Right
from gcp.cloud_run import ServiceState

# A project's answers hold for this long, until a deployment fails.
REMEMBER_SECONDS = 600.0


@dataclass(frozen=True)
class Prepared:
    """What preflight found or made: where sources go, and the service as it stood."""

    project_number: int
    bucket: str
    service: ServiceState | None = None
    pinned: tuple[tuple[str, str], ...] = ()
    """Images beside the service's own by digest, by what servergem.yml names."""


def has_jobs(target: Target, service: ServiceState | None) -> bool:
    """Whether there are jobs to look after: servergem.yml names some, or the `service` as it stands has had some."""
    return bool(target.jobs) or _has_had(service, JOBS)


def has_workers(target: Target, service: ServiceState | None) -> bool:
    """Whether there are workers to look after, as `has_jobs` says it of jobs."""
    return bool(target.workers) or _has_had(service, WORKERS)


def has_domain(target: Target, service: ServiceState | None) -> bool:
    """Whether there is a domain of its own to look after; a preview never has one."""
    return target.preview is None and (bool(target.service.domain) or _has_had(service, MAPPED))


def _has_had(service: ServiceState | None, label: str) -> bool:
    """A service that has had one of these keeps the label for good, so that what is left over is found."""
    return service is not None and label in dict(service.labels)


def as_it_stands(target: Target, state: ServiceState | None, default_account: str = "") -> Target:
    """The Target of an adopted service: who may reach it and its account stay, unless servergem.yml names them.

    Its release command, jobs and workers then run as it does. `default_account` is the project's, as which a service
    runs that names none.
    """
    if state is None or not is_adopted(dict(state.labels)):
        return target
    shape, named, service = dict(state.shape), target.named, target.service
    account = shape.get("service_account") or default_account
    return replace(
        target,
        service=replace(
            service,
            public=service.public if "public" in named else shape.get("public") == told(True),
            service_account=service.service_account if "service_account" in named else account,
            iap=service.iap if "iap" in named else shape.get("iap") == told(True),
            ingress=service.ingress if "ingress" in named else shape.get("ingress", service.ingress),
        ),
    )


@dataclass(frozen=True)
class Conditions:
    """All that the lasting checks depend on: their answers hold for the next deployment with the same conditions."""

    project: str
    where: tuple[str, str]
    """The region that it serves in, and the one that it is built in."""
    accounts: Accounts
    secrets: tuple[tuple[str, SecretRef], ...]
    rights: tuple[Right, ...]
    installation: int
    jobs_as: tuple[str, ...] = ()
    """The accounts that jobs and workers run as, where they have their own."""


class Memory:
    """What does not change between deploys, remembered for a short time."""

    def __init__(self) -> None:
        self._known: dict[Conditions, tuple[float, Prepared]] = {}

    def recall(self, conditions: Conditions) -> Prepared | None:
        """What was found under the same conditions, while it may be believed."""
        until, prepared = self._known.get(conditions, (0.0, None))
        return prepared if time.monotonic() < until else None

    def keep(self, conditions: Conditions, prepared: Prepared) -> None:
        """Believe this for REMEMBER_SECONDS; never of an adopted service, whose account is no condition of ours."""
        if prepared.service and is_adopted(dict(prepared.service.labels)):
            return
        self._known[conditions] = (time.monotonic() + REMEMBER_SECONDS, prepared)

    def forget(self, project: str) -> None:
        """After a failure nothing of a project is believed any more."""
        for conditions in [each for each in self._known if each.project == project]:
            self._known.pop(conditions, None)
