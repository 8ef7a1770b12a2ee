"""Asking: what GitHub, Google and our own rows say before a press or a comment is decided on. Nothing is written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from app import config
from app.config import Config
from app.configuration import configuration_of_pull
from app.conversation.anew import gate, once_more
from app.conversation.bringing import brought
from app.conversation.hearing import DEPLOY, Attempt, Brought, Hearing, Pressing, PreviewLog, ShownPreview
from app.conversation.promoting import promoting
from app.conversation.standing import (
    decided_where_named,
    deployed_by,
    every_target,
    named_by,
    run_of,
    standings_of,
)
from app.github import Listing
from app.model import (
    RERUN,
    BringImage,
    Button,
    Commit,
    HearComment,
    PressButton,
    PullRequest,
    Report,
    Stop,
)
from app.scene import Run
from app.store.previews import WANTED, PreviewRow
from app.store.runs import Begun
from app.talk import Command, image_in, scope
from app.text.escaping import in_markdown
from app.trust.allowance import project_of
from app.trust.approval import Terms, terms_of
from app.world import World
from gcp import cloud_logging
from gcp.cloud_logging import Log, LogLine

RUNS_AGAIN = frozenset({RERUN, Button.RETRY, Button.ENABLE_API, Button.GRANT_ROLE})


def pressing(world: World, job: PressButton) -> Pressing:
    """A press with what has to be known of it; its presser's right is asked for at this moment, whatever the button."""
    known = Pressing(
        press=job,
        now=time.time(),
        allowed=world.github.may_write(job.repository, job.sender, job.sender_id),
        report=world.store.deployments.report(job.deployment_id) if job.deployment_id else None,
        repairs=world.settings.repairs,
        operator=world.operates(job.sender, job.sender_id),
    )
    if known.report and known.report.commit.repository.id != job.repository.id:
        return replace(known, report=None, foreign=True)
    if not known.allowed:
        return known
    run = run_of(world.store.runs.run(job.deployment_id))
    known = replace(known, run=run)
    if job.button in RUNS_AGAIN:
        known = replace(known, attempts=_attempts(world, job, operator=known.operator))
    if job.button == Button.EXTEND and run:
        known = replace(known, preview=_preview_of(world, run))
    if job.button == Button.ROLL_BACK and run:
        newest = next(iter(world.store.traffic.shifts(run.target.lane, 1)), None)
        known = replace(known, newest=newest)
    if job.button == Button.PROMOTE and run and run.home:
        first, *others = promoting(world, _there(job, run), run, known.report, operator=known.operator)
        known = replace(known, anew=first, beside=tuple(others))
    if job.button == Button.APPROVE and run and known.report and not known.report.commit.pull_request:
        rules = world.github.protection(job.repository, run.target.environment)
        return replace(
            known, rules=rules, anew=once_more(world, _there(job, run), run.target, operator=known.operator)
        )
    if job.button == Button.APPROVE and known.report:
        pull = world.github.pull_request(job.repository, known.report.commit.pull_request)
        known = replace(known, pull=pull, terms=_terms(world, pull) if pull else None)
    return known


def hearing(
    world: World, job: HearComment, commands: tuple[Command, ...], *, writer: bool, answer: int
) -> Hearing:
    """A comment with what has to be known of it: for whoever may not write, from our own rows alone."""
    previews, pulls, repository = world.store.previews, world.store.pull_requests, job.repository
    known = Hearing(
        repository=repository,
        number=job.number,
        author=job.author,
        author_id=job.author_id,
        link=job.link,
        delivery_id=job.delivery_id,
        now=time.time(),
        writer=writer,
        made=datetime.fromisoformat(job.at).timestamp(),
        answer=answer,
        previews=tuple(_shown(world, row) for row in previews.of(repository.id, job.number)),
        verdict=pulls.verdict(repository.id, job.number),
        looked_at=PullRequest.head_of(pulls.seen(repository.id, job.number)),
        operator=world.operates(job.author, job.author_id),
    )
    if not writer:
        return replace(known, standings=standings_of(world, deployed_by(world, repository.id)))
    pull = world.github.pull_request(repository, job.number)
    if pull is None:
        return replace(known, deaf="GitHub no longer shows this pull request to ServerGem.")
    try:
        project_of(world.settings, repository)
        read, listing = configuration_of_pull(world, pull)
    except Stop as stop:
        title = in_markdown(stop.finding.title)
        return replace(known, deaf=f"{pull.head_sha[:7]} cannot be deployed: {title}.")
    known = replace(known, found=pull, **_meant(world, job, pull, read))
    return _of_writer(world, known, read, listing, commands)


def _meant(world: World, job: HearComment, pull: PullRequest, read: Config) -> dict[str, Any]:
    """What tells whether the head is the one that the comment is about.

    GitHub does not tell when a fork was pushed to, so for those it is what we ourselves knew at that time.
    """
    if not pull.fork:
        came = world.github.came_at(pull.head)
        return {"moved": not came or came > job.at}
    at = datetime.fromisoformat(job.at).timestamp()
    seen = world.store.approvals.seen_by(job.repository.id, job.number, at)
    return {"terms": terms_of(pull, read), "judged": seen}


def _terms(world: World, pull: PullRequest) -> Terms | None:
    """What a fork asks for now; None where its base has no valid configuration by now."""
    try:
        return terms_of(pull, configuration_of_pull(world, pull)[0])
    except Stop:
        return None


def _of_writer(
    world: World, known: Hearing, read: Config, listing: Listing, commands: tuple[Command, ...]
) -> Hearing:
    """The targets of the configuration, and the answers that only some commands need."""
    branch = known.repository.default_branch
    every = config.environments(read, branch)
    known = replace(
        known,
        services=tuple(service.name for service in read.services),
        environments=tuple(each.name for each in every),
        home=config.home_of(every, branch).name,
    )
    named = named_by(known, commands)
    targets = decided_where_named(world, known, every_target(world, known, read), listing, named)
    commit = known.pull.head
    asked_for = [set(command.words) for command in commands if command.name == "logs"]
    return replace(
        known,
        standings=standings_of(world, targets),
        gates=tuple(gate(world, commit, read, environment) for environment in sorted(named)),
        brought=tuple(_brought(world, known, commands)),
        logs=tuple(
            _log(world, each.row)
            for each in known.previews
            if any(not words or each.row.service in words for words in asked_for)
        ),
    )


def _brought(world: World, known: Hearing, commands: tuple[Command, ...]) -> Iterator[Brought]:
    for command in commands:
        named = scope(command.words, (), known.environments)
        if command.name != "deploy" or not (image := image_in(named.rest)):
            continue
        service, digest = image
        job = BringImage(
            known.repository,
            service,
            named.environment,
            digest,
            known.author,
            known.delivery_id,
            known.answer,
            known.author_id,
        )
        yield replace(brought(world, job), words=command.words)


def _shown(world: World, row: PreviewRow) -> ShownPreview:
    report = world.store.deployments.report(row.deployment_id)
    run = run_of(world.store.runs.run(row.deployment_id))
    return ShownPreview(row, report.url if report else "", run.target if run else None)


def _log(world: World, row: PreviewRow) -> PreviewLog:
    report = world.store.deployments.report(row.deployment_id)
    if report is None or not report.revision:
        return PreviewLog(row.service, started=False)
    question = cloud_logging.of_revision(row.region, row.name, report.revision)
    log = Log(world.google, row.project, question)
    found: tuple[LogLine, ...] = ()
    # Each read is asked for once, since reads are few; whoever is asked by a person looks again after a lost one.
    for attempt in range(world.settings.retry_attempts):
        time.sleep(attempt * world.settings.retry_first_wait)
        found = log.last_lines(world.settings.log_patience)
        if not log.trouble:
            break
    return PreviewLog(row.service, tuple(line.text for line in found), log.trouble)


def _attempts(world: World, job: PressButton, *, operator: bool) -> tuple[Attempt, ...]:
    runs = world.store.runs
    ids = [job.deployment_id] if job.deployment_id else runs.runs_of(job.repository.id, job.sha)
    return tuple(
        _attempt(
            world,
            job,
            runs.run(deployment_id),
            world.store.deployments.report(deployment_id),
            operator=operator,
        )
        for deployment_id in ids
    )


def _attempt(
    world: World, job: PressButton, begun: Begun | None, report: Report | None, *, operator: bool
) -> Attempt:
    run = run_of(begun)
    if begun is None or run is None:
        return Attempt(report)
    deploys = begun.story == DEPLOY
    again = once_more(world, _there(job, run), run.target, operator=operator) if deploys else None
    return Attempt(report, begun.story, run, begun.service, again)


def _there(job: PressButton, run: Run) -> Commit:
    """Its commit in the repository as it is now: which branch decides there may have changed since it ran."""
    return replace(run.commit, repository=job.repository)


def _preview_of(world: World, run: Run) -> PreviewRow | None:
    """The preview that this deployment made, while it is there and nothing newer has made it."""
    row = world.store.previews.one(run.target.lane)
    return row if row and row.deployment_id == run.id and row.state == WANTED else None
