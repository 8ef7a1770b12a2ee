"""The stories: a push becomes deployments, a pull request previews, and both can be taken back. Read top to bottom."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial

from pydantic import TypeAdapter

from app import config, durable, log
from app.deployment import Deployment, Run, Scene, World, call, unexpected
from app.model import (
    Button,
    Commit,
    Deploy,
    Ending,
    Farewell,
    Finding,
    Group,
    Live,
    Preview,
    PullRequest,
    Report,
    Review,
    Row,
    RowState,
    ServiceConfig,
    Skip,
    Stop,
    Target,
    Weight,
    Welcome,
    check_name,
)
from app.previews import environment_of
from app.report import ended
from app.stages.build import build
from app.stages.compare import compare
from app.stages.configure import CONFIG_PATH, Plan, configure
from app.stages.judge import Chosen, Judgement, judge
from app.stages.migrate import migrate
from app.stages.order import insist_on_newest, nothing_newer
from app.stages.preflight import look, memory, preflight
from app.stages.release import release
from app.stages.remove import remove as remove_service
from app.stages.roll_back import Return, find_return, roll_back
from app.stages.shift import restore, shift
from app.stages.tell import tell_answer, tell_pull_request
from app.stages.upload import upload
from app.stages.verify import verify
from app.store import Ticket
from app.store.previews import PreviewRow
from app.store.talks import Begun

READ = "Read configuration"
PREFLIGHT, UPLOAD, BUILD = "Check Google Cloud", "Upload source", "Build image"
MIGRATE, RELEASE, VERIFY = "Run release command", "Release without traffic", "Verify"
SHIFT, RESTORE = "Move traffic", "Restore traffic"
COMPARE, REMOVE = "Compare with what serves", "Remove preview"
FIND, ROLL_BACK = "Find what served before", "Move traffic back"

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
        durable.step(f"skip {skip.target.name}", partial(_say_skipped, world, job, skip), type(None))
    for target in reading.plan.targets:
        home = reading.plan.home_of(target)
        run = Run(_run_id(job, target), job.commit, target, reading.row, job.by, home=home)
        begin(world, "deploy", run)


def deploy(world: World, run: Run) -> None:
    """A commit on its way to one Target, from its source to an address that serves it."""
    with Deployment(world, run, _titles(run.target)) as this:
        this.enter_lane(insist_on_newest)
        live, before = _bring(this, run.commit, run.target)
        this.press(*_buttons(run, before))
        this.live(live)
    _afterwards(world, run, this.report)


def review(world: World, job: Review) -> None:
    """Whatever happened to a pull request: look at it as it is now, and make what runs for it agree."""
    log.about(delivery=job.delivery_id, repository=job.repository.full_name, pull_request=str(job.number))
    started = time.time()
    found = durable.step("judge", partial(judge, world, job), Judgement)
    plan = durable.step("plan", partial(_plan, world, job, found, started), _Review)
    log.fact(
        "pull_request.judged", rule=found.verdict.rule, previews=len(plan.runs), removed=len(plan.removals)
    )
    for removal in plan.removals:
        durable.start("remove", removal.id, removal)
    for run in plan.runs:
        begin(world, "preview", run)
    durable.step("say", partial(_say_judged, world, job, found, plan), type(None))


def preview(world: World, run: Run) -> None:
    """A pull request's commit as a running copy of its own."""
    commit, target = run.commit, run.target
    assert target.preview is not None, "only a preview is started with this story"
    with Deployment(world, run, (*_titles(target), *([COMPARE] if run.home else []))) as this:
        this.remark(*_left_out(target))
        this.enter_lane(insist_on_newest)
        if run.home:
            this.merging(this.stage(COMPARE, compare, run.home))
        live, _ = _bring(this, commit, target)
        this.expires(durable.step("expiry", partial(_expiry, world, target), float))
        this.press(Button.EXTEND)
        this.live(live)
    _afterwards(world, run, this.report)
    durable.step(
        "tell", partial(tell_pull_request, world, commit.repository, commit.pull_request), type(None)
    )


def remove(world: World, job: Removal) -> None:
    """A preview goes, unless its pull request wants it again; then GitHub is asked once more."""
    run, rows = job.run, world.store.previews
    this = Deployment(world, run, (REMOVE,), shown=False)
    with this:
        this.enter_lane(nothing_newer)
        durable.step("begin", partial(rows.removing, run.target.lane), type(None))
        still = durable.step("still", partial(_still_unwanted, world, job), bool)
        if still:
            this.stage(REMOVE, remove_service, run.target, merged=job.merged)
            durable.step("end", partial(_removed, world, job), type(None))
        else:
            durable.step("keep", partial(rows.still_wanted, run.target.lane), type(None))
        this.live(Live("", ""))
    if this.report.ending is Ending.FAILED:
        log.warning("preview.not_removed", service=run.target.name, why=this.report.ending_note)
    elif not job.final:
        home = run.commit.repository
        durable.start("review", f"after:{run.id}", Review(home, run.commit.pull_request, run.id))


def rollback(world: World, job: Rollback) -> None:
    """The traffic goes back to where it was, and the commit that is left does not come again by itself."""
    run = job.run
    with Deployment(world, run, (FIND, ROLL_BACK), announced=False) as this:
        this.enter_lane(nothing_newer)
        back = this.stage(FIND, find_return, run.target, job.to)
        durable.step("ban", partial(_ban, world, job, back), type(None))
        live = this.stage(ROLL_BACK, roll_back, run.target, back)
        serving = back.sha[:7] or back.words
        this.rolled_back(live, f"Rolled back by {run.by}: {serving} serves again", back.sha)
    _afterwards(world, run, this.report)


def group(world: World, job: Group) -> None:
    """A merge queue waits for the checks of pull requests, which were made on their own heads."""
    durable.step("say", partial(_say_group, world, job), type(None))


def welcome(world: World, job: Welcome) -> None:
    """A repository came within reach: one check run says whether a push would deploy it, and nothing is made."""
    durable.step("first look", partial(_say_first_look, world, job), type(None))


def farewell(world: World, job: Farewell) -> None:
    """A repository is out of reach: its previews go, and nobody is told."""
    for row in durable.step(
        "find", partial(world.store.previews.of_repository, job.repository.id), list[PreviewRow]
    ):
        removal = removal_of(world, row, job.reason, final=True, mark=job.delivery_id)
        durable.start("remove", removal.id, removal)


def _bring(this: Deployment, commit: Commit, target: Target) -> tuple[Live, bool]:
    """From source to address; and whether something else served there before."""
    bucket_ready: Future[str] = Future()
    ground, source = this.both(
        call(PREFLIGHT, preflight, commit, target, bucket_ready),
        call(UPLOAD, upload, commit, target, bucket_ready),
    )
    image = this.stage(BUILD, build, commit, target, source)
    if target.service.release:
        this.stage(MIGRATE, migrate, commit, target, image, ground)
    revision = this.stage(RELEASE, release, commit, target, image, ground)
    with this.on_failure(RESTORE, restore, target, revision):
        verified = this.stage(VERIFY, verify, commit, target, revision)
        return this.stage(SHIFT, shift, commit, target, revision, verified), not revision.first


@dataclass(frozen=True)
class Removal:
    """What a removal is started with. `final`: the repository is out of reach, and GitHub is asked nothing.

    `regardless`: it goes although the pull request would have it (its time is over, or its place is needed).
    """

    run: Run
    reason: str
    merged: bool = False
    final: bool = False
    regardless: bool = False

    @property
    def id(self) -> str:
        return self.run.id


@dataclass(frozen=True)
class Rollback:
    """What a rollback is started with: `to` is the beginning of a commit, empty for what served before."""

    run: Run
    to: str = ""


def begin(world: World, story: str, run: Run) -> None:
    """Start a deployment, so that it can be started again from what is kept of it."""
    durable.step(f"keep {run.id}"[:100], partial(keep, world, story, run), type(None))
    durable.start(story, run.id, run)


def keep(world: World, story: str, run: Run) -> None:
    """Remember what a run was started with, and who waits to hear of it."""
    begun = Begun(run.id, story, RUN.dump_json(run).decode(), run.target.source_name, run.commit.pull_request)
    world.store.talks.begun(begun)
    if run.answer:
        world.store.talks.follows(run.answer, run.id)


def removal_of(
    world: World,
    row: PreviewRow,
    reason: str,
    *,
    merged: bool = False,
    final: bool = False,
    regardless: bool = False,
    mark: str = "",
) -> Removal:
    """The removal of a preview: one for each time that it was made, and for each `mark`."""
    begun = world.store.talks.run(row.run_id)
    id_ = f"remove-{row.name}-{row.repository_id}-{row.generation}{mark and '-' + mark}"
    if begun is not None:
        run = replace(RUN.validate_json(begun.run), id=id_, answer=0)
    else:
        run = Run(id_, Commit(row.home, row.sha, "", pull_request=row.number), target_of(row), Row(READ))
    return Removal(run, reason, merged, final, regardless)


def target_of(row: PreviewRow) -> Target:
    """As much of a preview's Target as its removal needs, when nothing more is known of it."""
    return Target(
        row.project,
        row.region,
        environment_of(row.number),
        ServiceConfig(row.name),
        of=row.service,
        preview=Preview(row.number, fork=row.fork),
    )


def _titles(target: Target) -> tuple[str, ...]:
    """The stages on the way to an address, in order."""
    with_release = (MIGRATE,) if target.service.release else ()
    return (PREFLIGHT, UPLOAD, BUILD, *with_release, RELEASE, VERIFY, SHIFT)


def _buttons(run: Run, before: bool) -> tuple[Button, ...]:
    """What may be wanted next of a deployment that is live."""
    return (*([Button.PROMOTE] if run.home else []), *([Button.ROLL_BACK] if before else []))


def _afterwards(world: World, run: Run, report: Report) -> None:
    """What has to be believed no more after a failure, and who waits to hear of the end."""
    if report.ending in (Ending.FAILED, Ending.NOT_YOURS):
        memory.forget(run.target.project)
    if run.answer:
        durable.step("answer", partial(tell_answer, world, run.commit.repository, run.answer), type(None))


@dataclass(frozen=True)
class _Reading:
    """The configuration as it was read, or what is wrong with it."""

    row: Row
    plan: Plan
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class _Review:
    """What a look at a pull request begins."""

    runs: tuple[Run, ...] = ()
    removals: tuple[Removal, ...] = ()


RUN: TypeAdapter[Run] = TypeAdapter(Run)


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


def _plan(world: World, job: Review, found: Judgement, started: float) -> _Review:
    """Keep what is wanted before anything of it is made, and find what is wanted no longer."""
    rows = world.store.previews
    rows.judged(job.repository.id, job.number, found.told)
    if found.findings:
        return _Review()
    row = Row(READ, RowState.DONE, started, time.time())
    runs = tuple(
        _preview_run(world, job, found.pull, each, row)
        for each in found.chosen
        if found.pull and (job.attempt or not rows.resting(each.target.lane, found.pull.head_sha))
    )
    unwanted = [each for each in rows.of(job.repository.id, job.number) if each.lane not in found.lanes]
    merged = found.pull is not None and found.pull.merged
    removals = [removal_of(world, each, found.verdict.rule, merged=merged) for each in unwanted]
    return _Review(runs, (*removals, *(_beyond_the_limit(world, job) if runs else ())))


def _preview_run(world: World, job: Review, pull: PullRequest, chosen: Chosen, row: Row) -> Run:
    """The same for the same head however many events tell of it; another one for whoever asks again."""
    target, home = chosen.target, job.repository
    assert target.preview is not None, "judge() makes previews"
    kept = world.store.previews.want(
        PreviewRow(
            target.lane,
            home.id,
            home.owner,
            home.name,
            home.installation_id,
            pull.number,
            target.source_name,
            target.name,
            target.project,
            target.region,
            pull.fork,
            pull.head_sha,
            expires=time.time() + target.preview.ttl,
        )
    )
    again = job.attempt if not job.only or target.source_name in job.only else ""
    parts = ["pr", home.id, pull.number, pull.head_sha[:12], target.source_name, kept.generation, again]
    run_id = "-".join(str(part) for part in parts if part != "")
    world.store.previews.runs_as(target.lane, run_id)
    return Run(run_id, pull.head, target, row, answer=job.answer, home=chosen.home)


def _beyond_the_limit(world: World, job: Review) -> list[Removal]:
    """The previews that have to make room, the longest untouched first, never one of this pull request."""
    limit = world.settings.previews_limit
    rows = world.store.previews.of_repository(job.repository.id)
    others = [row for row in rows if row.number != job.number]
    reason = f"This repository may have {limit} previews, and newer ones took its place"
    return [removal_of(world, row, reason, regardless=True) for row in others[: max(0, len(rows) - limit)]]


def _left_out(target: Target) -> tuple[str, ...]:
    """What a preview does without, and what it is told of its siblings."""
    assert target.preview is not None, "only previews leave things out"
    left_out = target.preview.left_out
    if not left_out:
        return ()
    return (
        f"Left out, because previews get nothing of production's: {', '.join(left_out)}. "
        "Name them under `previews.env` or `previews.secrets` if a preview may have them.",
    )


def _expiry(world: World, target: Target) -> float:
    row = world.store.previews.one(target.lane)
    return row.expires if row else 0.0


def _still_unwanted(world: World, job: Removal) -> bool:
    """GitHub is asked once more: the pull request may have been opened again since."""
    if job.final or job.regardless:
        return True
    commit = job.run.commit
    found = judge(world, Review(commit.repository, commit.pull_request, job.id))
    return not found.findings and job.run.target.lane not in found.lanes


def _removed(world: World, job: Removal) -> None:
    """Say where a preview was that it is gone."""
    rows, lane = world.store.previews, job.run.target.lane
    row = rows.one(lane)
    rows.removed(lane, rests=row.sha if row and job.regardless else "")
    if job.final or row is None:
        return
    commit = job.run.commit
    world.outbox.amend(
        row.run_id, lambda report: replace(report, gone=f"Preview removed: {_lower(job.reason)}")
    )
    tell_pull_request(world, commit.repository, commit.pull_request, ending=_lower(job.reason))


def _ban(world: World, job: Rollback, back: Return) -> None:
    """What a person has taken back waits for a person, or for something newer."""
    lane = job.run.target.lane
    if back.leaves and back.leaves != back.sha:
        world.store.traffic.roll_back(lane, back.leaves, job.run.by)
    if back.sha:
        world.store.traffic.pardon(lane, back.sha)


def _say_misconfigured(world: World, job: Deploy, reading: _Reading) -> None:
    """A check run of its own, since without a configuration there is no Target."""
    _say_bad_configuration(
        world, job.commit, f"{job.delivery_id}-configuration", reading.findings, reading.row
    )


def _say_bad_configuration(
    world: World, commit: Commit, run_id: str, findings: tuple[Finding, ...], row: Row
) -> None:
    report = Report(commit, "ServerGem / configuration", rows=(row,), deployment_id=run_id)
    title = findings[0].title if len(findings) == 1 else f"{CONFIG_PATH} has {len(findings)} faults"
    _say(world, "", ended(report, Ending.FAILED, title, findings))


def _say_skipped(world: World, job: Deploy, skip: Skip) -> None:
    """A required check that never reports would block a merge for ever, so a skipped one reports too."""
    report = Report(job.commit, skip.target.check_name, deployment_id=_run_id(job, skip.target))
    _say(world, skip.target.lane, ended(report, Ending.SKIPPED, skip.rule))


def _say_judged(world: World, job: Review, found: Judgement, plan: _Review) -> None:
    """What is not deployed says why, and the comment shows what is."""
    pull = found.pull
    if pull is None:
        return
    commit = pull.head
    if found.findings and pull.open:
        row = Row(READ, RowState.FAILED, time.time(), time.time())
        run_id = f"pr-{job.repository.id}-{job.number}-{pull.head_sha[:12]}-configuration"
        _say_bad_configuration(world, commit, run_id, found.findings, row)
    for skip in found.skips if pull.open else ():
        _say(world, skip.target.lane, _skipped(job, commit, found, skip))
    if found.comment:
        tell_pull_request(
            world,
            job.repository,
            job.number,
            ending=_lower(found.verdict.rule),
            head=pull.head_sha,
            begin=bool(plan.runs),
        )


def _skipped(job: Review, commit: Commit, found: Judgement, skip: Skip) -> Report:
    """The check run of a service that gets no preview, or only when somebody says so."""
    rule = hashlib.sha256(skip.rule.encode()).hexdigest()[:6]
    run_id = f"pr-{job.repository.id}-{job.number}-{commit.sha[:12]}-{skip.target.source_name}-not-{rule}"
    report = Report(commit, skip.target.check_name, deployment_id=run_id)
    if not found.verdict.approvable:
        return ended(report, Ending.SKIPPED, skip.rule)
    asking = replace(report, buttons=(Button.APPROVE,), remarks=FORK_GETS)
    return ended(asking, Ending.AWAITING, "Waits for the approval of somebody with write permission")


FORK_GETS = (
    "Look at what changed before you approve: the code of this commit is then built and run.",
    "It gets the configuration of the base branch, no secrets, an account without roles, and no shared cache; "
    "what it builds is never used for anything else.",
    "The approval is for this commit alone and ends with the next push.",
)


def _say_group(world: World, job: Group) -> None:
    """The names that a branch may require, on the commit that the queue would land."""
    text = world.github.file(job.commit, CONFIG_PATH)
    try:
        services = config.read(text, path=CONFIG_PATH, repository_name=job.commit.repository.name).services
    except Stop as stop:
        row = Row(READ, RowState.FAILED, time.time(), time.time())
        _say_bad_configuration(world, job.commit, f"{job.delivery_id}-configuration", stop.findings, row)
        return
    for service in services:
        report = Report(
            job.commit, check_name(service.name, "preview"), deployment_id=f"{job.delivery_id}-{service.name}"
        )
        _say(world, "", ended(report, Ending.SKIPPED, "Checked in its pull request; deployed when it lands"))


def _say_first_look(world: World, job: Welcome) -> None:
    """The configuration as it is, and the questions of preflight without their repairs."""
    branch = world.github.default_branch(job.repository)
    home = replace(job.repository, default_branch=branch or "")
    sha = world.github.branch_head(home, branch) if branch else None
    if not branch or sha is None:
        log.fact("welcome.empty")
        return
    commit, started = Commit(home, sha, branch), time.time()
    reading = _read(world, Deploy(commit, delivery_id=job.delivery_id), started)
    findings, rows = reading.findings, [reading.row]
    for target in reading.plan.targets:
        run = Run(job.delivery_id, commit, target, reading.row)
        scene = Scene(world, run, Ticket(0, holder=True), Row(PREFLIGHT), _unseen, _unheard)
        findings += look(scene, commit, target, make=False, github=True)
        rows.append(replace(scene.row, title=f"{PREFLIGHT} for {target.name}", state=RowState.DONE))
    report = Report(
        commit, "ServerGem / first look", rows=tuple(rows), deployment_id=f"{job.delivery_id}-{home.id}"
    )
    stopping = [finding for finding in findings if finding.weight is Weight.STOP]
    names = ", ".join(target.name for target in reading.plan.targets) or "nothing"
    if stopping:
        title = f"A push would not deploy yet: {stopping[0].title}"
        _say(world, "", ended(report, Ending.AWAITING, title, findings))
    else:
        _say(world, "", ended(report, Ending.READY, f"The next push to {branch} deploys {names}", findings))


def _unseen(_row: Row) -> None:
    """Nobody follows a first look."""


def _unheard(_line: str) -> None:
    """It has no log."""


def _say(world: World, lane: str, report: Report) -> None:
    world.outbox.open(report.deployment_id, lane, report)
    world.outbox.finish(report.deployment_id, report)


def _lower(sentence: str) -> str:
    """A rule as the rest of another sentence."""
    return sentence[:1].lower() + sentence[1:]


def stories(world: World) -> dict[str, tuple[Story, type]]:
    """Every story by the name under which it is journalled, with what it is started with."""
    return {
        "push": (partial(push, world), Deploy),
        "deploy": (partial(deploy, world), Run),
        "review": (partial(review, world), Review),
        "preview": (partial(preview, world), Run),
        "remove": (partial(remove, world), Removal),
        "rollback": (partial(rollback, world), Rollback),
        "group": (partial(group, world), Group),
        "welcome": (partial(welcome, world), Welcome),
        "farewell": (partial(farewell, world), Farewell),
    }
