"""What there is: projects with their APIs and accounts, who asks, and the behaviour that tests can set."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sandbox.google import admission, errors
from sandbox.google.access import Access
from sandbox.google.behaviour import Behaviour
from sandbox.google.quotas import Quotas
from sandbox.google.regions import REGIONS

# What Google enables by itself in a project made today, as far as deployments meet it; Resource Manager, IAM and
# Billing are not in it: https://cloud.google.com/service-usage/docs/enabled-service#default
DEFAULT_APIS = frozenset(
    {
        "logging.googleapis.com",
        "monitoring.googleapis.com",
        "serviceusage.googleapis.com",
        "servicemanagement.googleapis.com",
        "storage.googleapis.com",
        "storage-api.googleapis.com",
        "storage-component.googleapis.com",
    }
)
# What is on beside them where somebody has deployed before.
DEPLOY_APIS = tuple(
    f"{name}.googleapis.com"
    for name in ("run", "cloudbuild", "artifactregistry", "iam", "cloudresourcemanager", "cloudbilling")
)
# Who asks when nobody else is said to.
DEPLOYER = "servergem-deployer@sandbox.iam.gserviceaccount.com"
# What a project's default account has where somebody has built and run with it before.
DEFAULT_ROLES = ("roles/cloudbuild.builds.builder", "roles/secretmanager.secretAccessor")


@dataclass
class Project:
    """One project: its APIs, its billing and its accounts; `used` is what the caller's calls have taken so far.

    `usable_from`: when an account made here is known everywhere. `builder`: the account of a build that names none,
    which by an organisation's settings may be the legacy one, or nobody:
    https://cloud.google.com/build/docs/cloud-build-service-account-updates.
    `constraints`: what its organisation enforces.
    """

    id: str
    number: int
    apis: dict[str, float] = field(default_factory=dict)
    state: Literal["ACTIVE", "DELETE_REQUESTED"] = "ACTIVE"
    billing: bool = True
    barred_regions: set[str] = field(default_factory=set)
    service_accounts: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    parent: str = "organizations/1"
    usable_from: dict[str, float] = field(default_factory=dict)
    builder: str | None = None
    constraints: set[str] = field(default_factory=set)

    @property
    def compute_account(self) -> str:
        return f"{self.number}-compute@developer.gserviceaccount.com"

    def builds_as(self, named: str = "") -> str:
        """The account of a build that names this one, or none; empty where there is no default one either."""
        default = self.compute_account if self.builder is None else self.builder
        return account_of(named) or default

    @property
    def legacy_builder(self) -> str:
        """The account that builds ran as in projects of before May 2024."""
        return f"{self.number}@cloudbuild.gserviceaccount.com"

    @property
    def run_agent(self) -> str:
        """The account with which Cloud Run itself pulls images and takes a service's tokens."""
        return f"service-{self.number}@serverless-robot-prod.iam.gserviceaccount.com"

    @property
    def name(self) -> str:
        return f"projects/{self.id}"


class Projects:
    """All projects, and the questions every call has to pass: project, API, billing, permission.

    `caller`: the member that asks, since calls to this machine carry no credentials. `folders`: what each is in.
    """

    def __init__(self, root: Path, behaviour: Behaviour) -> None:
        self.root = root
        self.behaviour = behaviour
        self.lock = threading.RLock()
        self.access = Access(lambda: behaviour.clock(), self._above, self.lock, self._number)
        self.caller = f"serviceAccount:{DEPLOYER}"
        self.folders: dict[str, str] = {}
        self.quotas = Quotas(behaviour)
        self._projects: dict[str, Project] = {}

    def add(self, project_id: str) -> Project:
        """A fresh project of the caller's: billing on, the APIs of deploying off."""
        with self.lock:
            project = Project(project_id, 100_000_000_000 + len(self._projects) * 7_919 + 123_456)
            project.apis = dict.fromkeys(DEFAULT_APIS, 0.0)
            project.service_accounts.update((project.compute_account, project.legacy_builder))
            if project_id not in self._projects:
                self.access.bind(project.name, "roles/owner", self.caller)
                self.access.bind(
                    project.name, "roles/run.serviceAgent", f"serviceAccount:{project.run_agent}"
                )
                for role in DEFAULT_ROLES:
                    self.access.bind(project.name, role, f"serviceAccount:{project.compute_account}")
            return self._projects.setdefault(project_id, project)

    @property
    def caller_address(self) -> str:
        return self.caller.partition(":")[2]

    def _above(self, name: str) -> str:
        """The folder or organisation that a project or a folder is in; empty where it is in none."""
        project = self.find(name) if name.startswith("projects/") else None
        return project.parent if project is not None else self.folders.get(name, "")

    def _number(self, name: str) -> str:
        """A project's number, by which IAM's conditions know it; empty where there is none."""
        project = self.find(name)
        return str(project.number) if project is not None else ""

    def tested(
        self, project: Project, resource: str, permissions: Iterable[str], member: str = ""
    ) -> list[str]:
        """Those that the caller, or this member, holds on a resource of the project; nothing is used by asking."""
        return self.access.held(_by_id(project, resource), permissions, member or self.caller)

    def told(self, project: Project, resource: str, permissions: Iterable[str]) -> list[str]:
        """What TestIamPermissions answers: asking takes no permission, and counts as any other call."""
        self.quotas.count(admission.call(), project.number, segments(resource).get("locations", ""))
        return self.tested(project, resource, permissions)

    def holds(self, project: Project, resource: str, permission: str) -> bool:
        """Whether the caller's call goes through that takes this permission on this resource; it is written down."""
        project.used.add(permission)
        return bool(self.tested(project, resource, [permission]))

    def account_holds(self, project: Project, resource: str, permission: str, account: str) -> bool:
        """Whether a service account may do this by itself: fetch a source, push an image, read a secret."""
        return bool(self.tested(project, resource, [permission], f"serviceAccount:{account}"))

    def find(self, name: str) -> Project | None:
        """By id or by number, with or without `projects/`."""
        wanted = name.removeprefix("projects/")
        with self.lock:
            if wanted.isdigit():
                return next((each for each in self._projects.values() if str(each.number) == wanted), None)
            return self._projects.get(wanted)

    def used(self) -> frozenset[str]:
        """Every permission that the deployer's calls have taken so far, in all projects."""
        with self.lock:
            return frozenset(permission for each in self._projects.values() for permission in each.used)

    def known(self, name: str) -> Project:
        project = self.find(name)
        if project is None:
            raise KeyError(f"there is no project {name} in the sandbox")
        return project

    def enable(self, project: Project, apis: list[str]) -> None:
        """Enabled now, known everywhere after the propagation time."""
        with self.lock:
            known_at = self.behaviour.clock() + self.behaviour.propagation
            for api in apis:
                project.apis.setdefault(api, known_at + self.behaviour.slow_apis.get(api, 0.0))

    def admit(self, name: str, api: str, permission: str, resource: str, *, pays: bool = True) -> Project:
        """The project, if this API answers there and the deployer holds the permission."""
        project = self.find(name)
        if project is None or project.state != "ACTIVE":
            raise errors.consumer_invalid(api, name.removeprefix("projects/"))
        usable_from = project.apis.get(api)
        if usable_from is None or usable_from > self.behaviour.clock():
            raise errors.service_disabled(api, project.id, project.number)
        location = segments(resource).get("locations", "-")
        self.quotas.count(admission.call(), project.number, location)
        if location not in {"-", "global"} | REGIONS:
            raise errors.no_location(location)
        if pays and not project.billing:
            raise errors.billing_disabled(api, project.id, project.number)
        settled = usable_from + self.behaviour.unsettled.get(api, 0.0) <= self.behaviour.clock()
        if not self.holds(project, resource, permission) or (usable_from and not settled):
            raise errors.permission_denied(api, permission, resource)
        admission.let_in()
        return project

    def admit_act_as(self, project: Project, account: str, api: str) -> None:
        """Using a service account takes a permission on that account, and the account must exist.

        https://cloud.google.com/iam/docs/service-account-permissions#act-as
        """
        home = self.home_of(account) or project
        permission = "iam.serviceAccounts.actAs"
        held = self.holds(home, f"{home.name}/serviceAccounts/{account}", permission)
        if not held or not self.known_account(home, account):
            raise errors.act_as_denied(account, api)

    def known_account(self, home: Project, account: str) -> bool:
        """Whether the account is there and everybody has heard of it."""
        return (
            account in home.service_accounts and home.usable_from.get(account, 0.0) <= self.behaviour.clock()
        )

    def home_of(self, account: str) -> Project | None:
        """The project that an account lives in, by its address."""
        name, _, host = account.partition("@")
        if host in {"developer.gserviceaccount.com", "cloudbuild.gserviceaccount.com"}:
            return self.find(name.removesuffix("-compute"))
        return self.find(host.removesuffix(".iam.gserviceaccount.com"))


def _by_id(project: Project, resource: str) -> str:
    """A resource's name with its project's id, which callers may write as number or wildcard, or leave out."""
    if not resource.startswith("projects/"):
        return project.name
    return "/".join([project.name, *resource.split("/")[2:]])


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
