"""Configure: servergem.yml at this commit becomes the Targets to deploy and the services to skip."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from app import config
from app.deployment import World
from app.github import Listing
from app.model import Build, Commit, Deploy, Skip, Target

CONFIG_PATH = "servergem.yml"


@dataclass(frozen=True)
class Plan:
    """What one push means: where it goes, and what it leaves alone and why."""

    targets: tuple[Target, ...] = ()
    skips: tuple[Skip, ...] = ()
    ignored: str = ""
    homes: tuple[Target, ...] = ()

    def home_of(self, target: Target) -> Target | None:
        """Where the same image may be promoted to; None at home."""
        home = next((each for each in self.homes if each.source_name == target.source_name), None)
        if home is None or home.environment == target.environment:
            return None
        return replace(
            home, content=target.content, service=replace(home.service, build=target.service.build)
        )


def configure(world: World, job: Deploy) -> Plan:
    """Read the configuration of this very commit; Stop with every fault and its line when it is not valid."""
    commit = job.commit
    with ThreadPoolExecutor(1, thread_name_prefix="listing") as beside:
        listing = beside.submit(world.github.listing, commit)
        text = world.github.file(commit, CONFIG_PATH)
    read = config.read(text, path=CONFIG_PATH, repository_name=commit.repository.name)
    project, region = world.settings.project_for(commit.repository.full_name), world.settings.region
    default_branch = commit.repository.default_branch
    targets = config.targets(
        read, branch=commit.branch, project=project, region=region, default_branch=default_branch
    )
    homes = config.targets_at_home(read, default_branch, project=project, region=region)
    if chosen := tuple(target for target in targets if target.check_name == job.only):
        for target in chosen:
            world.store.traffic.pardon(target.lane, commit.sha)
        return Plan(
            targets=tuple(decided(world, commit, each, listing.result()) for each in chosen), homes=homes
        )
    if not targets:
        return Plan(ignored=f"No environment deploys the branch {commit.branch}.")
    paths = _changed_paths(world, job, targets)
    rules = [
        (target, config.changed(target, paths) or _rolled_back(world, job, target)) for target in targets
    ]
    return Plan(
        targets=tuple(decided(world, commit, t, listing.result()) for t, rule in rules if rule is None),
        skips=tuple(Skip(target, rule) for target, rule in rules if rule is not None),
        homes=homes,
    )


def decided(world: World, commit: Commit, target: Target, listing: Listing) -> Target:
    """The Target with the git tree that it is built from, and `auto` replaced by what that has."""
    service = target.service
    content = listing.trees.get("" if service.path == "." else service.path, "")
    target = replace(target, content=content if listing.complete else "")
    if service.build.kind is not Build.AUTO:
        return target
    path = f"{service.path}/{service.build.dockerfile}".removeprefix("./")
    there = path in listing.files
    if not there and not listing.complete:
        there = world.github.file(commit, path) is not None
    kind = Build.DOCKERFILE if there else Build.BUILDPACKS
    return replace(target, service=replace(service, build=replace(service.build, kind=kind)))


def _changed_paths(world: World, job: Deploy, targets: tuple[Target, ...]) -> tuple[str, ...] | None:
    """None means everything: nothing to compare with, or nobody asks (one service owns the whole repository)."""
    whole = all(target.service.path == "." for target in targets)
    if whole or not job.before:
        return None
    return world.github.compare(job.commit.repository, job.before, job.commit.sha).paths


def _rolled_back(world: World, job: Deploy, target: Target) -> str | None:
    """What a person has taken back does not come again by itself."""
    by = world.store.traffic.rolled_back_by(target.lane, job.commit.sha)
    if not by:
        return None
    return f"{by} rolled {job.commit.short} back; Re-run deploys it after all"
