"""Anew: what a deployment would be by the default branch's word at this moment, before a person begins it again.

A run keeps the Target that it was begun with; rights, environments and branches may have changed since.
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
    """The same service in the same environment, with nothing of what was decided before.

    Only `images` that somebody else has built, by container, stay what they were, where the configuration still takes
    them from there.
    """
    repository, name = commit.repository, target.environment
    try:
        allowance.project_of(world.settings, repository)
        read, listing = configuration_now(world, commit)
    except Stop as stop:
        return Anew(refused=f"Nothing can be deployed of {commit.short}: {in_markdown(stop.finding.title)}.")
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
    """The same for a deployment that begins again: with the image that it brought, not what a tag stands for by now.

    Beside that it brought what has a digest.
    """
    beside = {each.name: each.image for each in target.service.containers if "@" in each.image}
    return anew(world, commit, target, operator=operator, images={MAIN: target.service.image} | beside)


def _with_images(service: ServiceConfig, images: Mapping[str, str]) -> ServiceConfig:
    beside = tuple(
        replace(each, image=_taken_along(each.image, images.get(each.name, "")))
        for each in service.containers
    )
    return replace(service, image=same_image(service.image, images.get(MAIN, "")), containers=beside)


def _taken_along(configured: str, verified: str) -> str:
    """The digest that was verified with the tag that it was taken for, by which it is compared later."""
    digest = same_image(configured, verified).partition("@")[2]
    return f"{configured.partition('@')[0]}@{digest}" if digest else configured


def gate(world: World, commit: Commit, read: config.Config, environment: str) -> Gate:
    """`read` is the default branch's word. Where a push of the commit's own branch deploys, that branch counts."""
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
    # By its sha: a tag of the same name would be taken for the branch.
    contains = world.github.compare(repository, head, commit.sha).is_in_base
    return replace(here, contains=contains, within=here.branch if contains and not own else "")


def _the_same(target: Target, there: Iterable[Target]) -> Target | None:
    """The service in the same region; what was its home is where its home is now. None where there is no such."""
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
    home = commit.repository
    return config.targets_there(
        read,
        environment,
        home.default_branch,
        project=allowance.project_of(world.settings, home),
        region=world.settings.region,
        owner=home.id,
    )
