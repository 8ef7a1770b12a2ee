"""A look that deploys nothing: at a repository that came within reach, and at what a merge queue would land."""

from __future__ import annotations

import time
from dataclasses import replace

from app import durable
from app.configuration import written
from app.model import (
    Commit,
    Deploy,
    Ending,
    LookAtRepository,
    Report,
    ReportToQueue,
    Row,
    RowState,
    Stop,
    Target,
    Weight,
    check_name,
)
from app.report import ended
from app.scene import Run, Scene
from app.stages.preflight import look, preflight
from app.start import READ
from app.stories.announce import say, say_bad_configuration
from app.stories.deploy import ROAD
from app.stories.plan import Reading, read
from app.telemetry import log
from app.world import World


def welcome(world: World, job: LookAtRepository) -> None:
    """A repository came within reach: one check run says whether a push would deploy it, and nothing is made."""
    durable.step(_first_look, world, job)


def group(world: World, job: ReportToQueue) -> None:
    """A merge queue waits for the checks of pull requests, which were made on their own heads."""
    durable.step(_say_group, world, job, title="say")


def _first_look(world: World, job: LookAtRepository) -> None:
    """The configuration as it is, and the questions of preflight without their repairs."""
    branch = world.github.default_branch(job.repository)
    home = replace(job.repository, default_branch=branch or "")
    sha = world.github.branch_head(home, branch) if branch else None
    if not branch or sha is None:
        log.fact("welcome.empty")
        return
    commit, started = Commit(home, sha, branch), time.time()
    reading = read(world, Deploy(commit, delivery_id=job.delivery_id), started)
    say(world, "", _looked_at(world, job, commit, reading))


def _looked_at(world: World, job: LookAtRepository, commit: Commit, reading: Reading) -> Report:
    """What a push of this commit would meet."""
    findings, rows = reading.findings, [reading.row]
    for target in reading.plan.targets:
        title = ROAD[preflight]
        scene = Scene(world, Run(job.delivery_id, commit, target, reading.row), Row(title))
        findings += look(scene, commit, target, make=False, github=True)
        rows.append(replace(scene.row, title=f"{title} for {_named(target)}", state=RowState.DONE))
    id_ = f"{job.delivery_id}-{commit.repository.id}"
    report = Report(commit, "ServerGem / first look", rows=tuple(rows), deployment_id=id_)
    if stopping := [finding for finding in findings if finding.weight is Weight.STOP]:
        title = f"A push would not deploy yet: {stopping[0].title}"
        return ended(report, Ending.AWAITING, title, findings)
    names = ", ".join(map(_named, reading.plan.targets)) or "nothing"
    return ended(report, Ending.READY, f"The next push to {commit.branch} deploys {names}", findings)


def _named(target: Target) -> str:
    return f"{target.name} in {target.region}" if target.several else target.name


def _say_group(world: World, job: ReportToQueue) -> None:
    """The names that a branch may require, on the commit that the queue would land."""
    try:
        services = written(world, job.commit).services
    except Stop as stop:
        row = Row(READ, RowState.FAILED, time.time(), time.time())
        say_bad_configuration(world, job.commit, f"{job.delivery_id}-configuration", stop.findings, row)
        return
    for service in services:
        name, id_ = check_name(service.name, "preview"), f"{job.delivery_id}-{service.name}"
        report = Report(job.commit, name, deployment_id=id_)
        say(world, "", ended(report, Ending.SKIPPED, "Checked in its pull request; deployed when it lands"))
