"""What there is: projects with their APIs, permissions and accounts, and the behaviour that tests can set."""

from __future__ import annotations

import datetime
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sandbox.google import errors

Member = Literal["deployer", "build", "runtime"]

# What Google enables by itself in a project made today.
DEFAULT_APIS = frozenset(
    {
        "cloudresourcemanager.googleapis.com",
        "logging.googleapis.com",
        "monitoring.googleapis.com",
        "serviceusage.googleapis.com",
        "servicemanagement.googleapis.com",
        "storage.googleapis.com",
        "storage-api.googleapis.com",
        "storage-component.googleapis.com",
        "iam.googleapis.com",
        "cloudbilling.googleapis.com",
    }
)
DEPLOY_APIS = ("run.googleapis.com", "cloudbuild.googleapis.com", "artifactregistry.googleapis.com")
# https://cloud.google.com/run/docs/locations
REGIONS = frozenset({
    "africa-south1", "asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2", "asia-northeast3",
    "asia-south1", "asia-south2", "asia-southeast1", "asia-southeast2", "asia-southeast3",
    "australia-southeast1", "australia-southeast2", "europe-central2", "europe-north1", "europe-north2",
    "europe-southwest1", "europe-west1", "europe-west10", "europe-west12", "europe-west2", "europe-west3",
    "europe-west4", "europe-west6", "europe-west8", "europe-west9", "me-central1", "me-central2",
    "me-west1", "northamerica-northeast1", "northamerica-northeast2", "northamerica-south1",
    "southamerica-east1", "southamerica-west1", "us-central1", "us-east1", "us-east4", "us-east5",
    "us-south1", "us-west1", "us-west2", "us-west3", "us-west4",
})  # fmt: skip
DEPLOYER = "servergem-deployer@sandbox.iam.gserviceaccount.com"


@dataclass
class Behaviour:
    """How the stand-in behaves; all times in seconds, all may change while it runs.

    `lost_builds`: so many of the next builds end with INTERNAL_ERROR, as some do.
    """

    propagation: float = 0.0
    log_lag: float = 0.0
    startup_timeout: float = 10.0
    queue_time: float = 0.0
    operation_time: float = 0.0
    lost_builds: int = 0


@dataclass
class Project:
    """One project: its APIs, its billing and what each member may not do."""

    id: str
    number: int
    apis: dict[str, float] = field(default_factory=dict)
    state: Literal["ACTIVE", "DELETE_REQUESTED"] = "ACTIVE"
    billing: bool = True
    revoked: dict[Member, set[str]] = field(default_factory=dict)
    barred_regions: set[str] = field(default_factory=set)
    service_accounts: set[str] = field(default_factory=set)

    @property
    def compute_account(self) -> str:
        return f"{self.number}-compute@developer.gserviceaccount.com"

    def holds(self, permission: str, member: Member = "deployer") -> bool:
        return permission not in self.revoked.get(member, set())


class Projects:
    """All projects, and the questions every call has to pass: project, API, billing, permission."""

    def __init__(self, root: Path, behaviour: Behaviour) -> None:
        self.root = root
        self.behaviour = behaviour
        self.lock = threading.RLock()
        self._projects: dict[str, Project] = {}

    def add(self, project_id: str) -> Project:
        """A fresh project: billing on, the APIs of deploying off."""
        with self.lock:
            project = Project(project_id, 100_000_000_000 + len(self._projects) * 7_919 + 123_456)
            project.apis = dict.fromkeys(DEFAULT_APIS, 0.0)
            project.service_accounts.add(project.compute_account)
            return self._projects.setdefault(project_id, project)

    def find(self, name: str) -> Project | None:
        """By id or by number, with or without `projects/`."""
        wanted = name.removeprefix("projects/")
        with self.lock:
            if wanted.isdigit():
                return next((each for each in self._projects.values() if str(each.number) == wanted), None)
            return self._projects.get(wanted)

    def known(self, name: str) -> Project:
        project = self.find(name)
        if project is None:
            raise KeyError(f"there is no project {name} in the sandbox")
        return project

    def enable(self, project: Project, apis: list[str]) -> None:
        """Enabled now, known everywhere after the propagation time."""
        with self.lock:
            for api in apis:
                project.apis.setdefault(api, time.monotonic() + self.behaviour.propagation)

    def admit(self, name: str, api: str, permission: str, resource: str, *, pays: bool = True) -> Project:
        """The project, if this API answers there and the deployer holds the permission."""
        project = self.find(name)
        if project is None or project.state != "ACTIVE":
            raise errors.consumer_invalid(api, name.removeprefix("projects/"))
        usable_from = project.apis.get(api)
        if usable_from is None or usable_from > time.monotonic():
            raise errors.service_disabled(api, project.id, project.number)
        location = segments(resource).get("locations", "-")
        if location not in {"-", "global"} | REGIONS:
            raise errors.no_location(location)
        if pays and not project.billing:
            raise errors.billing_disabled(api, project.id, project.number)
        if not project.holds(permission):
            raise errors.permission_denied(api, permission, resource)
        return project

    def admit_act_as(self, project: Project, account: str, api: str) -> None:
        """Using a service account takes a permission on that account, and the account must exist."""
        home = self._home(account) or project
        if account not in home.service_accounts or not home.holds("iam.serviceAccounts.actAs"):
            raise errors.act_as_denied(account, api)

    def _home(self, account: str) -> Project | None:
        host = account.partition("@")[2]
        return self.find(host.removesuffix(".iam.gserviceaccount.com"))


def account_of(name: str) -> str:
    """The e-mail address in `projects/P/serviceAccounts/EMAIL`, or the address itself."""
    return name.rpartition("/")[2]


def now() -> datetime.datetime:
    """This moment, in UTC."""
    return datetime.datetime.now(datetime.UTC)


class _Segments(dict[str, str]):
    def __missing__(self, key: str) -> str:
        raise errors.invalid(f"Invalid resource name: there is no '{key}' in it.")


def segments(name: str) -> dict[str, str]:
    """`projects/p/locations/r/services/s` as {"projects": "p", "locations": "r", "services": "s"}."""
    parts = name.split("/")
    return _Segments(zip(parts[::2], parts[1::2], strict=False))
