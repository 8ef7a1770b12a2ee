"""What a push means: where it goes, what it leaves alone and why; or what is wrong with its configuration."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from app import config
from app.config import Config
from app.configuration import configuration_for, decided, deciding
from app.fault import unexpected
from app.model import Commit, Deploy, Finding, Row, RowState, Skip, Stop, Target
from app.start import READ, RUN
from app.text.titles import fitting
from app.trust import allowance
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
    onward: tuple[Target, ...] = ()
    replaced: tuple[tuple[str, str], ...] = ()
    """By lane, the commit that the same tag brought there before it was moved."""
    reasons: tuple[tuple[str, str], ...] = ()
    """By lane, why it is deployed there."""

    def reason_for(self, target: Target) -> str:
        """Why this push is deployed there; empty where a person asked for it."""
        return dict(self.reasons).get(target.lane, "")

    def replaced_at(self, target: Target) -> str:
        """The commit that this push of a tag takes back there; empty for any other."""
        return dict(self.replaced).get(target.lane, "")

    def home_of(self, target: Target) -> Target | None:
        """Where the same image may be promoted to; None at the end of the way."""
        home = config.counterpart(target, self.onward)
        if home is None:
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
    if commit.tag and (stays := _tag_stays(world, job)):
        return stays
    read, listing = configuration_for(world, commit)
    project, region = allowance.project_of(world.settings, commit.repository), world.settings.region
    allowed = allowance.of(world.allow, commit.repository)
    allowance.insist_on_few(allowed, read)
    default_branch = commit.repository.default_branch
    owner = commit.repository.id
    targets = config.targets(
        read,
        branch=commit.branch,
        project=project,
        region=region,
        default_branch=default_branch,
        owner=owner,
        tag=commit.tag,
    )
    name = config.onward(read, targets[0].environment, default_branch) if targets else ""
    onward = config.targets_there(read, name, default_branch, project=project, region=region, owner=owner)
    if chosen := tuple(target for target in targets if target.check_name == job.only):
        for target in chosen:
            world.store.traffic.pardon(target.lane, commit.sha)
        return Plan(targets=tuple(decided(world, commit, each, listing) for each in chosen), onward=onward)
    if not targets:
        ignored = f"No environment deploys {commit.came_as}."
        return Plan(ignored=ignored, unmerged=_unmerged(read, commit))
    paths = _changed_paths(world, job, targets)
    rules = [
        (target, config.changed(target, paths) or _rolled_back(world, job, target)) for target in targets
    ]
    return Plan(
        targets=tuple(decided(world, commit, t, listing) for t, rule in rules if rule is None),
        skips=tuple(Skip(target, rule) for target, rule in rules if rule is not None),
        onward=onward,
        replaced=tuple((each.lane, _replaced(world, commit, each)) for each in targets if commit.tag),
        reasons=tuple((t.lane, _reason(job, t, paths)) for t, rule in rules if rule is None),
    )


def _reason(job: Deploy, target: Target, paths: tuple[str, ...] | None) -> str:
    """Which rules decided: where what was pushed goes, and what of it is the service's."""
    came = job.commit.came_as
    pushed = f"{job.pusher} pushed {came}" if job.pusher else f"{came[:1].upper()}{came[1:]} was pushed"
    return f"{pushed}, which the environment {target.environment} deploys. {config.because(target, paths)}"


def _first_heard(world: World, job: Deploy) -> bool:
    """Whether this push is deployed for the first time, or because a person asks for it again."""
    if job.by or job.only:
        return True
    commit = job.commit
    return world.store.pushes.first_heard(
        commit.repository.id,
        f"tags/{commit.tag}" if commit.tag else commit.branch,
        commit.sha,
        job.delivery_id,
        missed=job.missed > 0,
    )


def _tag_stays(world: World, job: Deploy) -> Plan | None:
    """Why a tag deploys nothing, before its commit's own configuration is read; None when it is to be deployed.

    A tag may stand on any commit: what nobody has merged goes nowhere by it, unless an operator has pushed it. Whoever
    publishes a release names a tag and no commit, and the tag may have been moved: that is no operator's word.
    """
    commit = job.commit
    repository = commit.repository
    every = config.environments(deciding(world, repository), repository.default_branch)
    environment = config.environment_of_tag(every, commit.tag)
    if environment is None:
        return Plan(ignored=f"No environment deploys {commit.came_as}.")
    head = world.github.branch_head(repository, repository.default_branch)
    merged = head and world.github.compare(repository, head, commit.sha).is_in_base
    if merged or (not job.missed and world.operates(job.pusher, job.pusher_id)):
        return None
    return Plan(unmerged=(_not_merged(commit, environment.name),))


def _not_merged(commit: Commit, environment: str) -> Finding:
    branch = commit.repository.default_branch
    return Finding(
        "tag-not-merged",
        fitting(f"{commit.tag} is not on {branch}, so it does not go to {environment}"),
        f"Merge {commit.short} to {branch}, then push the tag again: "
        f"`git push origin :refs/tags/{commit.tag}` and `git push origin {commit.tag}`.",
        message=f"A tag deploys what {branch} contains. An operator of this ServerGem may push a tag of anything.",
    )


def _replaced(world: World, commit: Commit, target: Target) -> str:
    """What serves there by the same tag, which was moved since: the tag's own commit of before."""
    newest = next(iter(world.store.traffic.shifts(target.lane, 1)), None)
    begun = world.store.runs.run(newest.deployment_id) if newest and commit.tag else None
    before = RUN.validate_json(begun.run).commit if begun else None
    return before.sha if before and before.tag == commit.tag else ""


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
