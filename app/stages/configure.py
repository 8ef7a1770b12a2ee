"""Configure: servergem.yml at this commit becomes the Targets to deploy and the services to skip."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from app import config
from app.deployment import World
from app.github import Listing
from app.model import Build, Deploy, Skip, Target

CONFIG_PATH = "servergem.yml"


@dataclass(frozen=True)
class Plan:
    """What one push means: where it goes, and what it leaves alone and why."""

    targets: tuple[Target, ...] = ()
    skips: tuple[Skip, ...] = ()
    ignored: str = ""


def configure(world: World, job: Deploy) -> Plan:
    """Read the configuration of this very commit; Stop with every fault and its line when it is not valid."""
    commit = job.commit
    with ThreadPoolExecutor(1, thread_name_prefix="listing") as beside:
        listing = beside.submit(world.github.listing, commit)
        text = world.github.file(commit, CONFIG_PATH)
    read = config.read(text, path=CONFIG_PATH, repository_name=commit.repository.name)
    targets = config.targets(
        read,
        branch=commit.branch,
        project=world.settings.project_for(commit.repository.full_name),
        region=world.settings.region,
        default_branch=commit.repository.default_branch,
    )
    if chosen := tuple(target for target in targets if target.check_name == job.only):
        return Plan(targets=tuple(_decided(world, job, target, listing.result()) for target in chosen))
    if not targets:
        return Plan(ignored=f"No environment deploys the branch {commit.branch}.")
    paths = _changed_paths(world, job, targets)
    rules = [(target, config.changed(target, paths)) for target in targets]
    return Plan(
        targets=tuple(_decided(world, job, t, listing.result()) for t, rule in rules if rule is None),
        skips=tuple(Skip(target, rule) for target, rule in rules if rule is not None),
    )


def _decided(world: World, job: Deploy, target: Target, listing: Listing) -> Target:
    """The Target with `auto` replaced by what the commit has: a Dockerfile, or work for buildpacks."""
    plan = target.service.build
    if plan.kind is not Build.AUTO:
        return target
    path = f"{target.service.path}/{plan.dockerfile}".removeprefix("./")
    there = path in listing.files
    if not there and not listing.complete:
        there = world.github.file(job.commit, path) is not None
    kind = Build.DOCKERFILE if there else Build.BUILDPACKS
    return replace(target, service=replace(target.service, build=replace(plan, kind=kind)))


def _changed_paths(world: World, job: Deploy, targets: tuple[Target, ...]) -> tuple[str, ...] | None:
    """None means everything: nothing to compare with, or nobody asks (one service owns the whole repository)."""
    whole = all(target.service.path == "." for target in targets)
    if whole or not job.before:
        return None
    return world.github.compare(job.commit.repository, job.before, job.commit.sha).paths
