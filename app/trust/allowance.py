"""Allowance: what the operator lets a repository have, and what of a Target is beyond it; pure.

servergem.yml says what a service wants. Who may have it is the operator's word: ALLOW_FILE, read by
app.trust.allow_file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase

from app.config.counted import counted
from app.config.limits import MOST_JOBS, MOST_WORKERS
from app.config.targets import Config
from app.config.values import mebibytes
from app.model import Finding, Place, Repository, Stop, Target
from app.settings import Settings
from app.text.titles import fitting
from app.trust.accounts import PROJECT, preview_builder
from app.trust.sizes import at_a_time, memories

ANYTHING = ("*",)
# The sections of a servergem.yml whose entries are counted, each by the key of the same name.
COUNTED = ("services", "jobs", "workers")
# Where Google keeps the accounts that builds run as by default:
# https://cloud.google.com/build/docs/cloud-build-service-account
BUILDERS = "@cloudbuild.gserviceaccount.com"


@dataclass(frozen=True)
class Allowance:
    """What one repository may have. Names are patterns with `*`; `memory` is as in servergem.yml.

    `instances` 100 is what Cloud Run itself gives a service that asks for nothing:
    https://cloud.google.com/run/docs/configuring/max-instances
    """

    projects: tuple[str, ...] = ()
    """None: the one that GOOGLE_CLOUD_PROJECT or SERVERGEM_PROJECTS gives it, whatever an environment names."""
    service_accounts: tuple[str, ...] = ANYTHING
    secrets: tuple[str, ...] = ANYTHING
    regions: tuple[str, ...] = ANYTHING
    domains: tuple[str, ...] = ANYTHING
    services: int = 50
    jobs: int = MOST_JOBS
    workers: int = MOST_WORKERS
    previews: int = 0
    """0: as many as PREVIEWS_LIMIT says."""
    previews_per_pull_request: int = 20
    instances: int = 100
    """At a time: of a service, of a worker, and of a job's containers."""
    memory: str = "32Gi"
    gpu: bool = True


@dataclass(frozen=True)
class AllowList:
    """Allowances by a repository's id, its name, or a pattern of names. None at all: everybody has the default one."""

    entries: tuple[tuple[str, Allowance], ...] = ()

    def of(self, repository: Repository) -> Allowance | None:
        """By id before by name, by name before by pattern, else the first pattern that fits; None: it has nothing."""
        if not self.entries:
            return Allowance()
        named, name = dict(self.entries), repository.full_name.lower()
        if found := named.get(str(repository.id)) or named.get(name):
            return found
        return next((each for key, each in self.entries if fnmatchcase(name, key)), None)


def project_of(settings: Settings, repository: Repository) -> str:
    """The project that the repository reaches. Raises Stop when the operator has given it none."""
    project = settings.project_for(repository.full_name, repository.id)
    if not project:
        raise Stop((_nowhere(repository),))
    return project


def of(allow: AllowList, repository: Repository) -> Allowance:
    """What it may have. Raises Stop when that is nothing."""
    if (found := allow.of(repository)) is None:
        raise Stop((_nothing(repository),))
    return found


def is_by_name(settings: Settings, allow: AllowList, repository: Repository) -> bool:
    """Whether the operator has given something to this very name, where the id would have counted before it."""
    name, id_ = repository.full_name.lower(), str(repository.id)
    lists = ([key for key, _ in settings.projects], [key for key, _ in allow.entries])
    return any(name in keys and id_ not in keys for keys in lists)


def insist_on_its_own(repository: Repository, first: int) -> None:
    """Stop where `first`, another repository's id, used before what the operator has given to the name."""
    if first != repository.id:
        raise Stop((_namesake(repository, first),))


def within(allowance: Allowance, project: str) -> Allowance:
    """The same, with the `project` that the repository was given: those that are named are more."""
    return replace(allowance, projects=(project, *allowance.projects))


def insist_on_few(allowance: Allowance, read: Config) -> None:
    """Stop when a servergem.yml has more services, jobs or workers than the repository may have."""
    for what in COUNTED:
        count, most = counted(read, what), getattr(allowance, what)
        if count > most:
            title = f"servergem.yml has {count} {what}, and this repository may have {most}"
            raise Stop((_beyond(title, f"`{what}`", read.place_of(what)),))


def beyond(allowance: Allowance, target: Target, own: frozenset[str]) -> tuple[Finding, ...]:
    """What the Target wants and may not have, each on its line. `own` are ServerGem's own accounts."""
    return (*_accounts(allowance, target, own), *_names(allowance, target), *_sizes(allowance, target))


def own_accounts(settings: Settings, member: str) -> frozenset[str]:
    """The accounts that deploy and build, and those of forks: none of them runs a service of servergem.yml.

    `member` is who ServerGem is at Google, as in a policy.
    """
    builders = (each.name for each in fields(settings) if each.name.endswith("build_service_account"))
    named = {*(getattr(settings, name) for name in builders), preview_builder(settings, PROJECT)}
    every = {*named, settings.fork_service_account, member.rpartition(":")[2]} - {""}
    return frozenset(each.lower() for each in every)


def _accounts(allowance: Allowance, target: Target, own: frozenset[str]) -> Iterator[Finding]:
    yield from _account(allowance, target, own, target.service.service_account, "service_account")
    for each in target.beside:
        yield from _account(
            allowance, target, own, each.config.service_account, f"{each.key}.service_account"
        )


def _account(
    allowance: Allowance, target: Target, own: frozenset[str], account: str, key: str
) -> Iterator[Finding]:
    place = _place(target, key)
    if is_own(account, own):
        yield _own(account, "Name an account of the service's own, or leave `service_account` out.", place)
    elif account and not _fits(account, allowance.service_accounts):
        yield _beyond(f"It may not run as {account}", "`service_accounts`", place)


def is_own(account: str, own: frozenset[str]) -> bool:
    """Also that of another project: whoever deploys there may act as it."""
    return any(_fits(account, (each.replace(PROJECT, "*"),)) for each in own) or account.endswith(BUILDERS)


def runs_as_ours(account: str, target: Target) -> Finding:
    """A service that was adopted and keeps its account, which is none that a service may have."""
    fix = f"Write a `service_account` of its own under {target.source_name} in servergem.yml of the default branch."
    return _own(account, fix, target.place("service_account"))


def _own(account: str, fix: str, place: Place | None) -> Finding:
    return Finding(
        "account-is-servergems-own",
        fitting(f"{account} is ServerGem's own"),
        fix,
        message="An account that deploys or builds reaches what no service may reach, so no service runs as it.",
        place=place,
    )


def _names(allowance: Allowance, target: Target) -> Iterator[Finding]:
    if allowance.projects and not _fits(target.project, allowance.projects):
        yield _beyond(f"It may not reach the project {target.project}", "`projects`", target.place("project"))
    if not _fits(target.region, allowance.regions):
        yield _beyond(f"It may not run in {target.region}", "`regions`", target.place(target.region_key))
    elif not _fits(target.built_in, allowance.regions):
        # Its home: the source of this one would be kept there, and its image made and kept.
        title = f"It may not be built in {target.built_in}, the first of its regions"
        yield _beyond(title, "`regions`", target.place("regions"))
    domain = target.service.domain
    if domain and not _fits(domain, allowance.domains):
        yield _beyond(f"It may not have the domain {domain}", "`domains`", target.place("domain"))
    for key, secret in target.secrets_read:
        if not _fits(secret.name, allowance.secrets):
            yield _beyond(f"It may not read the secret {secret.name}", "`secrets`", _place(target, key))


def _sizes(allowance: Allowance, target: Target) -> Iterator[Finding]:
    for key, most in at_a_time(target):
        if most > allowance.instances:
            title = f"It may have {allowance.instances} instances, not {most}"
            yield _beyond(title, "`instances`", target.place(key))
    if target.service.gpu and not allowance.gpu:
        yield _beyond(f"It may not have a GPU ({target.service.gpu})", "`gpu`", target.place("gpu"))
    for key, memory in memories(target):
        if mebibytes(memory) > mebibytes(allowance.memory):
            title = f"It may have {allowance.memory} of memory, not {memory}"
            yield _beyond(title, "`memory`", target.place(key))


def _place(target: Target, name: str) -> Place | None:
    """Where servergem.yml asks for it: a preview's rights are in a section of their own."""
    return target.place_of(f"previews.{name}") if target.preview else target.place(name)


def _fits(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _beyond(title: str, key: str, place: Place | None) -> Finding:
    return Finding(
        "not-allowed",
        fitting(title),
        f"Write what it may have, or ask the operator of this ServerGem for more: {key} in ALLOW_FILE.",
        message="What a repository may have is decided by this ServerGem's operator, and servergem.yml asks for more.",
        place=place,
    )


def _nothing(repository: Repository) -> Finding:
    return Finding(
        "repository-not-allowed",
        fitting(f"{repository.full_name} is not on this ServerGem's list"),
        f"Ask the operator of this ServerGem to name {repository.full_name}, or its id {repository.id}, in ALLOW_FILE.",
        message="The operator has listed the repositories that may deploy, and this one is not among them.",
    )


def _namesake(repository: Repository, first: int) -> Finding:
    return Finding(
        "name-was-anothers",
        fitting(f"{repository.full_name} was another repository's name"),
        f"Ask the operator of this ServerGem to write the id {repository.id} instead of the name in SERVERGEM_PROJECTS "
        "and ALLOW_FILE.",
        message=f"What the operator gives to {repository.full_name} the repository with the id {first} used first, and "
        f"this one has the id {repository.id}. A name that became free takes nothing along.",
    )


def _nowhere(repository: Repository) -> Finding:
    return Finding(
        "no-project",
        fitting(f"{repository.full_name} has no project at Google Cloud"),
        f"Ask the operator of this ServerGem to add `{repository.full_name}=PROJECT`, or `{repository.id}=PROJECT`, "
        "to SERVERGEM_PROJECTS.",
        message="The operator has said which repository may reach which project, and this one is not among them.",
    )
