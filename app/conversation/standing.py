"""Standing: where a repository deploys, and what serves there. Nothing is written."""

from __future__ import annotations

from dataclasses import replace

from app import config, talk
from app.config import Config
from app.configuration import decided
from app.conversation.hearing import Hearing, Standing
from app.github import Listing
from app.model import Target
from app.scene import Run
from app.start import RUN
from app.store.runs import Begun
from app.talk import Command
from app.world import World


def every_target(world: World, known: Hearing, read: Config) -> list[Target]:
    """Every service in every environment, in each of its regions."""
    branch, repository = known.repository.default_branch, known.repository
    every = config.environments(read, branch)
    return [
        target
        for environment in every
        for service in read.services
        for target in config.targets_in(
            read,
            environment,
            service,
            project=world.settings.project_for(repository.full_name, repository.id),
            region=world.settings.region,
            at_home=environment == config.home_of(every, branch),
            owner=repository.id,
        )
    ]


def named_by(known: Hearing, commands: tuple[Command, ...]) -> frozenset[str]:
    """The environments that a command would deploy the head to."""
    scopes = [
        talk.scope(command.words, known.services, known.environments)
        for command in commands
        if command.name == "deploy"
    ]
    if known.pull.fork or not known.pull.open:
        return frozenset()
    return frozenset(
        scope.environment for scope in scopes if scope.environment and _is_the_head(known, scope.rest)
    )


def _is_the_head(known: Hearing, rest: tuple[str, ...]) -> bool:
    """Whether a command means the head, by naming it or no commit; only its whole name tells which, once it moved."""
    head = known.pull.head_sha
    named = rest[0].lower() if len(rest) == 1 else ""
    return named == head or (not known.moved and (not rest or (named != "" and head.startswith(named))))


def decided_where_named(
    world: World, known: Hearing, targets: list[Target], listing: Listing, named: frozenset[str]
) -> list[Target]:
    """Where a command would deploy the head, with what is built there."""
    commit = replace(known.pull.head, pull_request=0)
    return [
        decided(world, commit, target, listing) if target.environment in named else target
        for target in targets
    ]


def standings_of(world: World, targets: list[Target]) -> tuple[Standing, ...]:
    traffic = world.store.traffic
    return tuple(
        Standing(target, next(iter(traffic.shifts(target.lane, 1)), None), traffic.lock_of(target.lane))
        for target in targets
    )


def deployed_by(world: World, repository_id: int) -> list[Target]:
    """Where the repository has moved traffic, its previews aside: known without its configuration."""
    runs = [run_of(world.store.runs.run(id_)) for id_ in world.store.traffic.last_runs(repository_id)]
    return [run.target for run in runs if run and run.target.preview is None]


def run_of(begun: Begun | None) -> Run | None:
    return RUN.validate_json(begun.run) if begun else None
