"""The stories: a push becomes deployments, a deployment becomes an address. Read them top to bottom."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from app import durable, log
from app.deployment import Deployment, Run, World, call, unexpected
from app.model import Deploy, Ending, Finding, Report, Row, RowState, Stop, Target
from app.report import ended
from app.stages.build import build
from app.stages.configure import CONFIG_PATH, Plan, configure
from app.stages.order import insist_on_newest
from app.stages.preflight import memory, preflight
from app.stages.release import release
from app.stages.shift import restore, shift
from app.stages.upload import upload
from app.stages.verify import verify

READ = "Read configuration"
PREFLIGHT, UPLOAD, BUILD = "Check Google Cloud", "Upload source", "Build image"
RELEASE, VERIFY, SHIFT, RESTORE = "Release without traffic", "Verify", "Move traffic", "Restore traffic"

Story = Callable[..., None]


def push(world: World, job: Deploy) -> None:
    """A push, from a commit to one deployment for each service that it changed."""
    log.about(delivery=job.delivery_id, repository=job.commit.repository.full_name, commit=job.commit.sha)
    started = time.time()
    world.github.expect_tarball(job.commit)
    reading = durable.step(READ, partial(_read, world, job, started), _Reading)
    if reading.findings:
        durable.step("say", partial(_say_misconfigured, world, job, reading), type(None))
        return
    log.fact("push.planned", targets=len(reading.plan.targets), ignored=reading.plan.ignored)
    for skip in reading.plan.skips:
        durable.step(
            f"skip {skip.target.name}", partial(_say_skipped, world, job, skip.target, skip.rule), type(None)
        )
    for target in reading.plan.targets:
        run = Run(_run_id(job, target), job.commit, target, reading.row)
        durable.start("deploy", run.id, run)


def deploy(world: World, run: Run) -> None:
    """A commit on its way to one Target, from its source to an address that serves it."""
    commit, target = run.commit, run.target
    with Deployment(world, run, (PREFLIGHT, UPLOAD, BUILD, RELEASE, VERIFY, SHIFT)) as this:
        this.enter_lane(insist_on_newest)
        bucket_ready: Future[str] = Future()
        ground, source = this.both(
            call(PREFLIGHT, preflight, commit, target, bucket_ready),
            call(UPLOAD, upload, commit, target, bucket_ready),
        )
        image = this.stage(BUILD, build, commit, target, source)
        revision = this.stage(RELEASE, release, commit, target, image, ground.service)
        with this.on_failure(RESTORE, restore, target, revision):
            verified = this.stage(VERIFY, verify, commit, target, revision)
            live = this.stage(SHIFT, shift, commit, target, revision, verified)
        this.live(live)
    if this.report.ending is Ending.FAILED:
        memory.forget(target.project)


@dataclass(frozen=True)
class _Reading:
    """The configuration as it was read, or what is wrong with it."""

    row: Row
    plan: Plan
    findings: tuple[Finding, ...] = ()


def _read(world: World, job: Deploy, started: float) -> _Reading:
    findings: tuple[Finding, ...] = ()
    try:
        plan = configure(world, job)
    except Stop as stop:
        plan, findings = Plan(), stop.findings
    except Exception as error:  # noqa: BLE001 - whatever it was, the person who pushed has to see it
        plan, findings = Plan(), (unexpected(error, job.delivery_id),)
    state = RowState.FAILED if findings else RowState.DONE
    return _Reading(Row(READ, state, started, time.time()), plan, findings)


def _run_id(job: Deploy, target: Target) -> str:
    """One deployment for each delivery and Target, however often the delivery comes."""
    return f"{job.delivery_id}-{target.name}-{target.environment}"


def _say_misconfigured(world: World, job: Deploy, reading: _Reading) -> None:
    """A check run of its own, since without a configuration there is no Target."""
    run_id = f"{job.delivery_id}-configuration"
    report = Report(job.commit, "ServerGem / configuration", rows=(reading.row,), deployment_id=run_id)
    title = f"{CONFIG_PATH} has {len(reading.findings)} fault{'s' * (len(reading.findings) != 1)}"
    _say(world, "", ended(report, Ending.FAILED, title, reading.findings))


def _say_skipped(world: World, job: Deploy, target: Target, rule: str) -> None:
    """A required check that never reports would block a merge for ever, so a skipped one reports too."""
    report = Report(job.commit, target.check_name, deployment_id=_run_id(job, target))
    _say(world, target.lane, ended(report, Ending.SKIPPED, rule))


def _say(world: World, lane: str, report: Report) -> None:
    world.outbox.open(report.deployment_id, lane, report)
    world.outbox.finish(report.deployment_id, report)


def stories(world: World) -> dict[str, tuple[Story, type]]:
    """Every story by the name under which it is journalled, with what it is started with."""
    return {
        "push": (partial(push, world), Deploy),
        "deploy": (partial(deploy, world), Run),
    }
