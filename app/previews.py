"""Previews: whether a pull request gets one, which rule decided, and what its copies of the services look like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from app.companions import companions
from app.config import Config, Previews, fitted
from app.model import Instances, Preview, PullRequest, ServiceConfig, Sibling, Sidecar, Target, Vpc
from app.text.skip_mark import skip_mark
from app.trust.approval import Terms

# What a variable that leads to somebody's data looks like, by its name or by its value.
DATA_NAMES = re.compile(
    r"(?:^|_)(?:DATABASE|DB|POSTGRES|PG|MYSQL|MONGO|REDIS|SQL|CLOUDSQL|CLOUD_SQL|INSTANCE_CONNECTION)(?:_|$)"
)
DATA_SCHEMES = frozenset(
    {"postgres", "postgresql", "mysql", "mariadb", "mongodb", "redis", "rediss", "amqp", "amqps"}
)


@dataclass(frozen=True)
class Wishes:
    """What people have told us about one pull request, beside what GitHub knows of it."""

    off_by: str = ""
    on_by: str = ""
    approved: Terms | None = None


@dataclass(frozen=True)
class Verdict:
    """Whether the head is deployed, and the rule that decided. `approvable`: a person may still say yes."""

    deploy: bool
    rule: str
    approvable: bool = False
    ended: bool = False


def decide(
    pull: PullRequest,
    previews: Previews,
    wishes: Wishes,
    *,
    forks_possible: bool,
    message: str = "",
    terms: Terms | None = None,
) -> Verdict:
    """The first rule that fits. `forks_possible`: the operator has given forks accounts of their own.

    `message` is the head commit's; `terms` is what a fork asks for now, which somebody has to have said yes to.
    """
    if not pull.open:
        return Verdict(
            False, "The pull request is merged" if pull.merged else "The pull request is closed", ended=True
        )
    if wishes.off_by:
        return Verdict(False, f"{wishes.off_by} switched the previews of this pull request off")
    if pull.fork and (refused := _refused_fork(pull, previews, wishes, terms, forks_possible)):
        return refused
    if wishes.on_by or pull.fork:
        return Verdict(True, f"{wishes.on_by or 'Somebody with write permission'} asked for a preview")
    if reason := _against(pull, previews):
        return Verdict(False, reason)
    if mark := skip_mark(message):
        return Verdict(False, f"The message of {pull.head_sha[:7]} says {mark}")
    return Verdict(True, "Every pull request gets a preview")


def _refused_fork(
    pull: PullRequest, previews: Previews, wishes: Wishes, terms: Terms | None, forks_possible: bool
) -> Verdict | None:
    if previews.forks == "never":
        return Verdict(False, "servergem.yml says `previews.forks: never`")
    if not forks_possible:
        return Verdict(
            False, "This ServerGem has no accounts for forks, which its operator has to name first"
        )
    if terms is None or wishes.approved != terms:
        whose = "of a bot" if pull.bot else "from a fork"
        return Verdict(
            False, f"A pull request {whose} is deployed when somebody approves it", approvable=True
        )
    return None


def _against(pull: PullRequest, previews: Previews) -> str:
    if not previews.enabled:
        return "servergem.yml says `previews.enabled: false`"
    if previews.skip_label and previews.skip_label in pull.labels:
        return f"The pull request has the label {previews.skip_label}"
    if previews.label and previews.label not in pull.labels:
        return f"The pull request lacks the label {previews.label}"
    if pull.draft and not previews.drafts:
        return "The pull request is a draft"
    return ""


def targets(config: Config, homes: Mapping[str, Target], pull: PullRequest) -> tuple[Target, ...]:
    """Each service as this pull request's own copy. `homes` is where the merge deploys each, by name."""
    return tuple(_copy(config, pull, homes[service.name], service) for service in config.services)


def with_siblings(chosen: Iterable[Target], every: Iterable[Target]) -> tuple[Target, ...]:
    """The chosen ones, each told where the other services are: their copies when chosen too, else what serves."""
    chosen, every = tuple(chosen), tuple(every)
    names = {target.name for target in chosen}
    siblings = tuple(
        Sibling(
            target.source_name,
            target.name if target.name in names else target.source_name,
            target.region,
        )
        for target in every
    )
    return tuple(_with(target, siblings) for target in chosen)


def environment_of(number: int) -> str:
    """GitHub's environment: one for each pull request, or a deployment to it would end those of the others."""
    return f"preview/pr-{number}"


def _with(target: Target, siblings: tuple[Sibling, ...]) -> Target:
    assert target.preview is not None, "siblings are for previews"
    others = tuple(sibling for sibling in siblings if sibling.service != target.source_name)
    return replace(target, preview=replace(target.preview, siblings=others))


def _copy(config: Config, pull: PullRequest, home: Target, service: ServiceConfig) -> Target:
    previews = _for_forks(config.previews) if pull.fork else config.previews
    env, left_out = _environment_of_copy(service, previews, fork=pull.fork)
    left_out += [f"secret {name}" for name, _ in service.secrets if name not in dict(previews.secrets)]
    if service.service_account and not previews.service_account:
        left_out.append(f"service account {service.service_account}")
    left_out += _ways_to_data(service)
    containers, kept_from_them = _containers_of_copy(service, fork=pull.fork)
    beside = companions(config, pull, service)
    return replace(
        home,
        environment=environment_of(pull.number),
        service=replace(_service_of_copy(service, previews, pull), env=env, containers=containers),
        config_path="" if pull.fork else home.config_path,
        later=() if pull.fork else home.later,
        of=service.name,
        jobs=beside.jobs,
        workers=beside.workers,
        preview=Preview(
            pull.number,
            fork=pull.fork,
            ttl=previews.ttl,
            left_out=(*left_out, *kept_from_them, *beside.left_out),
            not_for_forks=beside.not_for_forks,
        ),
    )


def _service_of_copy(service: ServiceConfig, previews: Previews, pull: PullRequest) -> ServiceConfig:
    """Small, under a name of its own, with what is written for previews and no way to production's data."""
    return replace(
        service,
        name=fitted(service.name, f"-pr-{pull.number}"),
        secrets=previews.secrets,
        service_account=previews.service_account,
        domain="",
        instances=Instances(0, min(service.instances.max, 3)),
        release=service.release if previews.release else "",
        rollout=(100,),
        manual_instances=0,
        cloudsql=(),
        vpc=Vpc(),
        volumes=tuple(each for each in service.volumes if each.memory),
        gpu="" if pull.fork else service.gpu,
    )


def _ways_to_data(service: ServiceConfig) -> list[str]:
    """What else leads to production: databases, the network, and files that are not the instance's own.

    What stands before a service, and the key that its image is encrypted with, holds for its copies too.
    """
    network = ["the network"] if service.vpc else []
    databases = [f"Cloud SQL {name}" for name in service.cloudsql]
    return [*databases, *network, *(f"volume {each.name}" for each in service.volumes if not each.memory)]


def _containers_of_copy(service: ServiceConfig, *, fork: bool) -> tuple[tuple[Sidecar, ...], list[str]]:
    """The containers beside it without what its copy does without: secrets, ways to data, volumes that stay behind.

    What previews are given is for the service's own container. A fork's code, which asks these containers whatever it
    likes, gets none of their variables either.
    """
    inside = {each.name for each in service.volumes if each.memory}

    def stays(name: str, value: str) -> bool:
        return not (fork or leads_to_data(name, value))

    copies = tuple(
        replace(
            each,
            secrets=(),
            env=tuple((name, value) for name, value in each.env if stays(name, value)),
            volumes=tuple((name, path) for name, path in each.volumes if name in inside),
        )
        for each in service.containers
    )
    left_out = [f"secret {name} of {each.name}" for each in service.containers for name, _ in each.secrets]
    left_out += [
        f"variable {name} of {each.name}"
        for each in service.containers
        for name, value in each.env
        if not stays(name, value)
    ]
    return copies, left_out


def _for_forks(previews: Previews) -> Previews:
    """What a fork is promised on the button: no secret, no release command, no account but the forks' own."""
    return replace(previews, secrets=(), service_account="", release=False)


def _environment_of_copy(
    service: ServiceConfig, previews: Previews, *, fork: bool
) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    """The service's own variables but for those that lead to data, then what previews are given.

    A fork gets nothing of the service's: only what is written for previews.
    """
    named = dict(previews.env)
    taken = set(named) | set(dict(previews.secrets))
    leading = [
        name for name, value in service.env if (fork or leads_to_data(name, value)) and name not in taken
    ]
    kept = {n: v for n, v in service.env if n not in leading and n not in dict(previews.secrets) and not fork}
    return tuple((kept | named).items()), [f"variable {name}" for name in leading]


def leads_to_data(name: str, value: str) -> bool:
    """Whether this variable says where production's data is, or holds a password in an address."""
    parts = urlsplit(value) if "://" in value else None
    if parts is not None and (parts.scheme.partition("+")[0] in DATA_SCHEMES or parts.password):
        return True
    return bool(DATA_NAMES.search(name.upper()))
