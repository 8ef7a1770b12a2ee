"""What a push means: where it goes, what it leaves alone and why; or what is wrong with its configuration."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from app import allowance, config
from app.config import Config
from app.configuration import configuration_for, decided
from app.fault import unexpected
from app.model import Commit, Deploy, Finding, Row, RowState, Skip, Stop, Target
from app.start import READ
from app.world import World

HEARD = "This push was found before its webhook came, or the other way round: it is deployed already."


@dataclass(frozen=True)
class Plan:
    """What one push means: where it goes, and what it leaves alone and why."""

    targets: tuple[Target, ...] = ()
    skips: tuple[Skip, ...] = ()
    ignored: str = ""
    unmerged: tuple[Finding, ...] = ()
    """Why nothing is deployed although the commit's own configuration asks for it."""
    homes: tuple[Target, ...] = ()

    def home_of(self, target: Target) -> Target | None:
        """Where the same image may be promoted to; None at home."""
        home = next((each for each in self.homes if each.source_name == target.source_name), None)
        if home is None or home.environment == target.environment:
            return None
        return replace(
            home, content=target.content, service=replace(home.service, build=target.service.build)
        )


@dataclass(frozen=True)
class Reading:
    """The configuration as it was read, or what is wrong with it."""

    row: Row
    plan: Plan
    findings: tuple[Finding, ...] = ()


def read(world: World, job: Deploy, started: float) -> Reading:
    """The plan of a push with its row in the report, which began at `started` (epoch seconds)."""
    findings: tuple[Finding, ...] = ()
    try:
        plan = plan_of(world, job) if _first_heard(world, job) else Plan(ignored=HEARD)
    except Stop as stop:
        plan, findings = Plan(), stop.findings
    except Exception as error:  # noqa: BLE001 - whatever it was, the person who pushed has to see it
        plan, findings = Plan(), (unexpected(error, job.delivery_id),)
    state = RowState.FAILED if findings else RowState.DONE
    return Reading(Row(READ, state, started, time.time()), plan, findings)


def plan_of(world: World, job: Deploy) -> Plan:
    """What counts for this very commit; Stop with every fault and its line when its configuration is not valid."""
    commit = job.commit
    read, listing = configuration_for(world, commit)
    project, region = allowance.project_of(world.settings, commit.repository), world.settings.region
    allowed = allowance.of(world.allow, commit.repository)
    allowance.insist_on_few(allowed, len(read.services), read.place_of("services"))
    default_branch = commit.repository.default_branch
    owner = commit.repository.id
    targets = config.targets(
        read,
        branch=commit.branch,
        project=project,
        region=region,
        default_branch=default_branch,
        owner=owner,
    )
    homes = config.targets_at_home(read, default_branch, project=project, region=region, owner=owner)
    if chosen := tuple(target for target in targets if target.check_name == job.only):
        for target in chosen:
            world.store.traffic.pardon(target.lane, commit.sha)
        return Plan(targets=tuple(decided(world, commit, each, listing) for each in chosen), homes=homes)
    if not targets:
        ignored = f"No environment deploys the branch {commit.branch}."
        return Plan(ignored=ignored, unmerged=_unmerged(read, commit))
    paths = _changed_paths(world, job, targets)
    rules = [
        (target, config.changed(target, paths) or _rolled_back(world, job, target)) for target in targets
    ]
    return Plan(
        targets=tuple(decided(world, commit, t, listing) for t, rule in rules if rule is None),
        skips=tuple(Skip(target, rule) for target, rule in rules if rule is not None),
        homes=homes,
    )


def _first_heard(world: World, job: Deploy) -> bool:
    """Whether this push is deployed for the first time, or because a person asks for it again."""
    if job.by or job.only:
        return True
    commit = job.commit
    return world.store.pushes.first_heard(
        commit.repository.id, commit.branch, commit.sha, job.delivery_id, missed=job.missed > 0
    )


def _unmerged(read: Config, commit: Commit) -> tuple[Finding, ...]:
    """What the commit itself says of its branch, where the default branch's word is another."""
    default_branch = commit.repository.default_branch
    asked = config.targets(
        read.own or read, branch=commit.branch, project="", region="", default_branch=default_branch
    )
    told = (
        replace(target, later=read.later_about(target.source_name, target.environment)) for target in asked
    )
    found = [finding for each in told for finding in config.counts_later(each, default_branch)]
    return tuple(dict.fromkeys(found))


def _changed_paths(world: World, job: Deploy, targets: tuple[Target, ...]) -> tuple[str, ...] | None:
    """None means everything: nothing to compare with, or nobody asks (one service owns the whole repository)."""
    whole = all(target.service.path == "." and not target.service.watch for target in targets)
    if whole or not job.before:
        return None
    return world.github.compare(job.commit.repository, job.before, job.commit.sha).paths


def _rolled_back(world: World, job: Deploy, target: Target) -> str | None:
    """What a person has taken back does not come again by itself."""
    by = world.store.traffic.rolled_back_by(target.lane, job.commit.sha)
    if not by:
        return None
    return f"{by} rolled {job.commit.short} back; Re-run deploys it after all"
