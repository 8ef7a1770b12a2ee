"""Anew: what a deployment would be if it were decided now, before a person begins it once more.

A run keeps the Target that it was begun with, while rights, environments and branches may have changed since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from app import config
from app.config.container_shape import MAIN
from app.configuration import configuration_now, decided
from app.conversation.gate import Anew, Gate, refusal, untested
from app.model import Commit, ServiceConfig, Stop, Target, same_image
from app.text.escaping import in_markdown
from app.trust import allowance
from app.world import World


def anew(world: World, commit: Commit, target: Target, *, operator: bool, images: Mapping[str, str]) -> Anew:
    """This service in this environment as the default branch decides it now, whatever was decided before.

    `images`, by container, are what somebody else has built: they stay as they were, where the configuration still
    names the same image.
    """
    repository, name = commit.repository, target.environment
    try:
        allowance.project_of(world.settings, repository)
        read, listing = configuration_now(world, commit)
    except Stop as stop:
        return Anew(refused=f"{commit.short} cannot be deployed: {in_markdown(stop.finding.title)}.")
    gated = gate(world, commit, read, name)
    if refused := refusal(gated, commit, (target.source_name,), operator=operator):
        return Anew(refused=refused)
    found = _the_same(target, in_environment(world, commit, read, name))
    if found is None:
        where = f"{name}, {target.region}" if target.home_region else name
        return Anew(
            refused=f"servergem.yml names no {in_markdown(target.source_name)} in {in_markdown(where)}."
        )
    found = replace(found, service=_with_images(found.service, images))
    if refused := untested(gated, (found,), operator=operator):
        return Anew(refused=refused)
    following = config.counterpart(found, in_environment(world, commit, read, gated.onward))
    return Anew(decided(world, commit, found, listing), onward=following, within=gated.within)


def once_more(world: World, commit: Commit, target: Target, *, operator: bool) -> Anew:
    """`anew` for a deployment that begins again: with the images that it brought, wherever their tags point now."""
    beside = {each.name: each.image for each in target.service.containers if "@" in each.image}
    return anew(world, commit, target, operator=operator, images={MAIN: target.service.image} | beside)


def _with_images(service: ServiceConfig, images: Mapping[str, str]) -> ServiceConfig:
    beside = tuple(
        replace(each, image=_taken_along(each.image, images.get(each.name, "")))
        for each in service.containers
    )
    return replace(service, image=same_image(service.image, images.get(MAIN, "")), containers=beside)


def _taken_along(configured: str, verified: str) -> str:
    """The image as it is configured, with the digest that was verified; comparisons later go by both."""
    digest = same_image(configured, verified).partition("@")[2]
    return f"{configured.partition('@')[0]}@{digest}" if digest else configured


def gate(world: World, commit: Commit, read: config.Config, environment: str) -> Gate:
    """The gate of an environment for a commit. `read` is the default branch's configuration.

    Where a push to the commit's own branch deploys there, that branch is the one that has to have it.
    """
    repository = commit.repository
    every = config.environments(read, repository.default_branch)
    named = next((each for each in every if each.name == environment), None)
    if named is None:
        return Gate(environment)
    here = Gate(
        environment,
        named.branch_before(repository.default_branch),
        after=named.after,
        onward=config.onward(read, environment, repository.default_branch),
    )
    if named.after:
        return replace(here, serving=_serving(world, commit, read, named.after))
    if commit.tag and named.tags:
        here = replace(here, branch=repository.default_branch)
    own = not commit.tag and config.environment_of(every, commit.branch) == named
    head = world.github.branch_head(repository, commit.branch if own else here.branch)
    if head is None:
        return here
    # Asked by its sha: GitHub would take a tag of the same name for the branch.
    contains = world.github.compare(repository, head, commit.sha).is_in_base
    return replace(here, contains=contains, within=here.branch if contains and not own else "")


def _the_same(target: Target, there: Iterable[Target]) -> Target | None:
    """This service among those there: in the same region, or at home where it was at home. None where it is not."""
    same = [each for each in there if each.source_name == target.source_name]
    home = None if target.home_region else next(iter(same), None)
    return next((each for each in same if each.region == target.region), home)


def _serving(world: World, commit: Commit, read: config.Config, environment: str) -> tuple[str, ...]:
    """The services of which this very commit serves in an environment, as far as ServerGem has moved the traffic."""
    shifts = world.store.traffic.shifts
    return tuple(
        each.source_name
        for each in in_environment(world, commit, read, environment)
        if any(newest.sha == commit.sha for newest in shifts(each.lane, 1))
    )


def in_environment(world: World, commit: Commit, read: config.Config, environment: str) -> tuple[Target, ...]:
    """Each service in each of its regions there."""
    repository = commit.repository
    return config.targets_there(
        read,
        environment,
        repository.default_branch,
        project=allowance.project_of(world.settings, repository),
        region=world.settings.region,
        owner=repository.id,
    )
