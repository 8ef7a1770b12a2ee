"""A pull request: what runs for it is made to agree with what it is now."""

from __future__ import annotations

import time
from dataclasses import dataclass

from app import durable
from app.acts.order import insist_on_newest
from app.acts.tell import tell_pull_request
from app.deployment import Deployment, Road
from app.model import Button, LookAtPullRequest, PullRequest, Row, RowState, Target
from app.scene import PreviewRun
from app.stages.compare import compare
from app.start import READ, Removal, begin, removal_of
from app.store.previews import PreviewRow
from app.store.pull_requests import Looked
from app.stories.announce import afterwards, say_judged
from app.stories.deploy import road, to_an_address
from app.stories.judgement import Chosen, Judgement, judge
from app.telemetry import log
from app.world import World

COMPARE: Road = {compare: "Compare with what serves"}


def look_at_pull_request(world: World, job: LookAtPullRequest) -> None:
    """Whatever happened to a pull request: look at it as it is now, and make what runs for it agree."""
    log.about(delivery=job.delivery_id, repository=job.repository.full_name, pull_request=str(job.number))
    started = time.time()
    found = durable.step(judge, world, job)
    plan = durable.step(_plan, world, job, found, started)
    log.fact(
        "pull_request.judged", rule=found.verdict.rule, previews=len(plan.runs), removed=len(plan.removals)
    )
    for removal in plan.removals:
        world.start(removal, removal.id)
    for run in plan.runs:
        begin(world, run)
    durable.step(say_judged, world, job, found, bool(plan.runs), title="say")


def preview(world: World, run: PreviewRun) -> None:
    """A pull request's commit as a running copy of its own."""
    commit, target = run.commit, run.target
    assert target.preview is not None, "only a preview is started with this story"
    with Deployment(world, run, road(target) | (COMPARE if run.home else {})) as this:
        this.remark(*_left_out(target))
        this.enter_lane(insist_on_newest)
        if run.home:
            this.merging(this.stage(compare, run.home))
        live, _ = to_an_address(this)
        this.expires(durable.step(_expiry, world, target))
        this.press(Button.EXTEND)
        this.live(live)
    afterwards(world, run, this.report)
    durable.step(tell_pull_request, world, commit.repository, commit.pull_request, title="tell")


@dataclass(frozen=True)
class _Plan:
    """What a look at a pull request begins."""

    runs: tuple[PreviewRun, ...] = ()
    removals: tuple[Removal, ...] = ()


def _plan(world: World, job: LookAtPullRequest, found: Judgement, started: float) -> _Plan:
    """Keep what is wanted before anything of it is made, and find what is wanted no longer."""
    world.store.pull_requests.judged(
        job.repository.id, job.number, found.told, found.pull.seen if found.pull else ""
    )
    plan = _Plan() if found.findings else _planned(world, job, found, started)
    world.store.pull_requests.looked(job.delivery_id, _came(found, plan))
    return plan


def _came(found: Judgement, plan: _Plan) -> Looked:
    """For whoever looks at the delivery later."""
    gone = [f"the preview {each.run.target.name} goes" for each in plan.removals]
    said = dict.fromkeys([found.verdict.rule, *(finding.title for finding in found.findings), *gone])
    return Looked("; ".join(said), tuple(run.id for run in plan.runs))


def _planned(world: World, job: LookAtPullRequest, found: Judgement, started: float) -> _Plan:
    rows = world.store.previews
    if found.terms:
        world.store.approvals.judged(job.repository.id, job.number, found.terms)
    row = Row(READ, RowState.DONE, started, time.time())
    runs = tuple(
        _preview_run(world, job, found.pull, each, row)
        for each in found.chosen
        if found.pull and (job.attempt or not rows.resting(each.target.lane, found.pull.head_sha))
    )
    # What is going already asks once more at its end, and a second removal would use up the next one's name.
    unwanted = [
        each
        for each in rows.of(job.repository.id, job.number)
        if each.lane not in found.lanes and not each.going
    ]
    merged = found.pull is not None and found.pull.merged
    removals = [removal_of(world, each, found.verdict.rule, merged=merged) for each in unwanted]
    return _Plan(runs, (*removals, *(_beyond_the_limit(world, job) if runs else ())))


def _preview_run(
    world: World, job: LookAtPullRequest, pull: PullRequest, chosen: Chosen, row: Row
) -> PreviewRun:
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
    id_ = "-".join(str(part) for part in parts if part != "")
    world.store.previews.runs_as(target.lane, id_)
    head = (
        f"It is the head of pull request #{pull.number}. {chosen.why}"
        if chosen.why and not job.attempt
        else ""
    )
    return PreviewRun(id_, pull.head, target, row, answer=job.answer, home=chosen.home, why=head)


def _beyond_the_limit(world: World, job: LookAtPullRequest) -> list[Removal]:
    """The previews that have to make room, the longest untouched first, never one of this pull request."""
    allowed = world.allow.of(job.repository)
    limit = (allowed and allowed.previews) or world.settings.previews_limit
    rows = world.store.previews.of_repository(job.repository.id)
    others = [row for row in rows if row.number != job.number]
    reason = f"This repository may have {limit} previews, and newer ones took its place"
    return [removal_of(world, row, reason, regardless=True) for row in others[: max(0, len(rows) - limit)]]


def _left_out(target: Target) -> tuple[str, ...]:
    """What a preview does without, and what it is told of its siblings."""
    assert target.preview is not None, "only previews leave things out"
    left_out, not_for_forks = target.preview.left_out, target.preview.not_for_forks
    remarks: list[str] = []
    if left_out:
        remarks.append(
            f"Left out, because previews get nothing of production's: {', '.join(left_out)}. "
            "Name them under previews.env or previews.secrets if a preview may have them."
        )
    if not_for_forks:
        named = ", ".join(not_for_forks)
        remarks.append(f"Left out, because a fork's preview has neither jobs nor workers: {named}.")
    return tuple(remarks)


def _expiry(world: World, target: Target) -> float:
    row = world.store.previews.one(target.lane)
    return row.expires if row else 0.0
