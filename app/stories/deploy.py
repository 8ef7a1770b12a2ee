"""A push, from its commit to an address that serves it."""

from __future__ import annotations

import time
from concurrent.futures import Future
from dataclasses import replace

from app import durable
from app.acts.order import insist_on_newest
from app.acts.prepared import Prepared, as_it_stands, has_domain, has_jobs, has_workers
from app.call import call
from app.configuration import seems_to_lead_nowhere
from app.deployment import Deployment, Road
from app.domain import domain_of
from app.model import Bundle, Button, Deploy, Image, Live, Target
from app.report import duration
from app.scene import Run
from app.stages.bring_domain import bring_domain
from app.stages.bring_jobs import bring_jobs
from app.stages.bring_workers import bring_workers
from app.stages.build import build
from app.stages.find_image import find_image
from app.stages.make_revision import make_revision
from app.stages.preflight import preflight
from app.stages.release_command import clear_the_job, run_release_command
from app.stages.shift import restore, shift
from app.stages.upload import upload
from app.stages.verify import verify
from app.start import READ, begin, deployment_id
from app.stories.announce import afterwards, say_misconfigured, say_skipped, say_unmerged
from app.stories.plan import Reading, read
from app.telemetry import log
from app.trust.accounts import compute_account
from app.world import World

ROAD: Road = {
    preflight: "Check Google Cloud",
    upload: "Upload source",
    build: "Build image",
    find_image: "Find image",
    run_release_command: "Run release command",
    make_revision: "Release without traffic",
    verify: "Verify",
    shift: "Move traffic",
    bring_domain: "Domain",
    bring_jobs: "Update jobs",
    bring_workers: "Update workers",
}
RESTORE = "Restore traffic"


def deploy(world: World, run: Run) -> None:
    """A commit on its way to one Target, from its source to an address that serves it."""
    with Deployment(world, run, road(run.target)) as this:
        this.enter_lane(insist_on_newest)
        live, first = to_an_address(this)
        this.press(*([Button.PROMOTE] if run.home else []), *([] if first else [Button.ROLL_BACK]))
        this.live(live)
    afterwards(world, run, this.report)


def to_an_address(this: Deployment) -> tuple[Live, bool]:
    """The whole way of a deployment in its lane; what is live then, and whether it is the first that serves there."""
    commit, target = this.run.commit, this.run.target
    prepared, image = _image_that_is_there(this) if target.service.image else _image_of_source(this)
    target = _as_it_stands(target, prepared)
    if target.service.release:
        with this.cleared(clear_the_job):
            this.stage(run_release_command, commit, target, image, prepared)
    revision = this.stage(make_revision, commit, target, image, prepared)
    with this.on_failure(RESTORE, restore, target, revision):
        verified = this.stage(verify, commit, target, revision)
        live = this.stage(shift, commit, target, revision, verified)
        mapped = has_domain(target, prepared.service)
        if mapped or domain_of(this.world.settings, target):
            live = this.one_more(ROAD[bring_domain], call(bring_domain, target, live, mapped))
    if has_jobs(target, prepared.service):
        this.one_more(ROAD[bring_jobs], call(bring_jobs, commit, target, image, prepared))
    if has_workers(target, prepared.service):
        this.one_more(ROAD[bring_workers], call(bring_workers, commit, target, image, prepared))
    return live, revision.first


def _image_of_source(this: Deployment) -> tuple[Prepared, Image | Bundle]:
    commit, target = this.run.commit, this.run.target
    bucket_ready: Future[str] = Future()
    prepared, source = this.both(
        call(preflight, commit, target, bucket_ready),
        call(upload, commit, target, bucket_ready),
    )
    return prepared, this.stage(build, commit, _as_it_stands(target, prepared), source)


def _as_it_stands(target: Target, prepared: Prepared) -> Target:
    return as_it_stands(target, prepared.service, compute_account(prepared.project_number))


def _image_that_is_there(this: Deployment) -> tuple[Prepared, Image]:
    """What somebody else has built is neither uploaded nor built."""
    commit, target = this.run.commit, this.run.target
    ready: Future[str] = Future()
    return this.both(call(preflight, commit, target, ready), call(find_image, target))


def road(target: Target) -> Road:
    """The stages that this Target's deployments are seen to go through."""
    built = not target.service.image
    seen = {upload: built, build: built, find_image: target.service.image}
    seen |= {run_release_command: target.service.release, bring_jobs: target.jobs}
    seen |= {bring_workers: target.workers}
    seen |= {bring_domain: target.service.domain and not target.preview}
    return {stage: title for stage, title in ROAD.items() if seen.get(stage, True)}


def push(world: World, job: Deploy) -> None:
    """A push, from a commit to one deployment for each service that it changed."""
    log.about(delivery=job.delivery_id, repository=job.commit.repository.full_name, commit=job.commit.sha)
    started = time.time()
    if not seems_to_lead_nowhere(world, job.commit):
        world.github.expect_tarball(job.commit)
    reading = durable.step(read, world, job, started, title=READ)
    if reading.findings:
        durable.step(say_misconfigured, world, job, reading, title="say")
        return
    log.fact("push.planned", targets=len(reading.plan.targets), ignored=reading.plan.ignored)
    if reading.plan.unmerged:
        durable.step(say_unmerged, world, job, reading, title="say")
    for skip in reading.plan.skips:
        durable.step(say_skipped, world, job, skip, title=f"skip {skip.target.name}")
    for target in reading.plan.targets:
        home = reading.plan.home_of(target)
        run = Run(
            deployment_id(job, target),
            replace(job.commit, replaces=reading.plan.replaced_at(target)),
            target,
            reading.row,
            job.by,
            remarks=(*_tagged(job), *_missed(job, reading)),
            pusher=job.pusher,
            home=home,
            by_id=job.by_id,
            pusher_id=job.pusher_id,
            why=reading.plan.reason_for(target),
        )
        begin(world, run)


def _tagged(job: Deploy) -> tuple[str, ...]:
    """What a push of a tag says of itself: the check run is on a commit, which has none in its name."""
    return (f"Deployed for the tag {job.commit.tag}.",) if job.commit.tag else ()


def _missed(job: Deploy, reading: Reading) -> tuple[str, ...]:
    """What a push says of itself that no webhook told of."""
    if not job.missed or job.commit.tag:
        return ()
    late = duration(max(0.0, reading.row.started - job.missed))
    return (f"Recovered {late} after the push: GitHub's webhook about it did not arrive.",)
