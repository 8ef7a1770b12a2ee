"""What is said without a deployment: what is wrong, what is skipped and why; and who hears of a deployment's end."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace

from app import durable
from app.acts.tell import tell_answer, tell_pull_request
from app.model import (
    Button,
    Commit,
    Deploy,
    Ending,
    Finding,
    LookAtPullRequest,
    Report,
    Row,
    RowState,
    Skip,
)
from app.report import ended
from app.scene import Run
from app.start import READ, deployment_id
from app.stories.judgement import Judgement
from app.stories.plan import Reading
from app.verdict import ending_of
from app.world import World

FORK_GETS = (
    "Look at what changed before you approve: the code of this commit is then built and run.",
    "It gets the services that the base branch configures, with the variables under previews.env alone: no secrets, no "
    "release command, an account without roles, and no shared cache. What it builds is never used for anything else.",
    "The approval is for this commit, this base branch and this configuration; when one of them changes, it ends.",
)


def say(world: World, lane: str, report: Report) -> None:
    """One check run, from its beginning to its end."""
    world.outbox.open(report.deployment_id, lane, report)
    world.outbox.finish(report.deployment_id, report)


def say_misconfigured(world: World, job: Deploy, reading: Reading) -> None:
    """A check run of its own, since without a configuration there is no Target."""
    say_bad_configuration(
        world, job.commit, f"{job.delivery_id}-configuration", reading.findings, reading.row
    )


def say_bad_configuration(
    world: World, commit: Commit, id_: str, findings: tuple[Finding, ...], row: Row
) -> None:
    report = Report(commit, "ServerGem / configuration", rows=(row,), deployment_id=id_)
    title = findings[0].title if len(findings) == 1 else f"servergem.yml has {len(findings)} faults"
    say(world, "", ended(report, ending_of(findings), title, findings))


def say_unmerged(world: World, job: Deploy, reading: Reading) -> None:
    """The commit asks to be deployed, and may not: on a check run of its own, on the lines that ask."""
    id_, branch = f"{job.delivery_id}-configuration", job.commit.repository.default_branch
    report = Report(job.commit, "ServerGem / configuration", rows=(reading.row,), deployment_id=id_)
    if job.commit.tag:
        title = f"Not deployed: {branch} does not have what {job.commit.tag} names"
    else:
        title = f"Not deployed: servergem.yml on {branch} names no environment for {job.commit.branch}"
    say(world, "", ended(report, Ending.SKIPPED, title, reading.plan.unmerged))


def say_skipped(world: World, job: Deploy, skip: Skip) -> None:
    """A required check that never reports would block a merge for ever, so a skipped one reports too."""
    report = Report(job.commit, skip.target.check_name, deployment_id=deployment_id(job, skip.target))
    say(world, skip.target.lane, ended(report, Ending.SKIPPED, skip.rule))


def say_judged(world: World, job: LookAtPullRequest, found: Judgement, begun: bool) -> None:
    """What is not deployed says why, and the comment shows what is."""
    pull = found.pull
    if pull is None:
        return
    commit = pull.head
    if found.findings and pull.open:
        row = Row(READ, RowState.FAILED, time.time(), time.time())
        id_ = f"pr-{job.repository.id}-{job.number}-{pull.head_sha[:12]}-configuration"
        say_bad_configuration(world, commit, id_, found.findings, row)
    for skip in found.skips if pull.open else ():
        say(world, skip.target.lane, _as_the_last_word(world, job, skip, _skipped(job, commit, found, skip)))
    if found.comment:
        tell_pull_request(
            world,
            job.repository,
            job.number,
            ending=lower(found.verdict.rule),
            head=pull.head_sha,
            begin=begun,
        )


def _skipped(job: LookAtPullRequest, commit: Commit, found: Judgement, skip: Skip) -> Report:
    """The check run of a service that gets no preview, or only when somebody says so."""
    rule = hashlib.sha256(skip.rule.encode()).hexdigest()[:6]
    id_ = f"pr-{job.repository.id}-{job.number}-{commit.sha[:12]}-{skip.target.source_name}-not-{rule}"
    report = Report(commit, skip.target.check_name, deployment_id=id_)
    if not (found.verdict.approvable and found.terms):
        return ended(report, Ending.SKIPPED, skip.rule)
    # What is pressed on this check run is for these terms, and no others.
    report = replace(report, deployment_id=f"{id_}-{found.terms.mark}")
    asking = replace(report, buttons=(Button.APPROVE,), remarks=FORK_GETS)
    return ended(asking, Ending.AWAITING, "Waits for the approval of somebody with write permission")


def _as_the_last_word(world: World, job: LookAtPullRequest, skip: Skip, report: Report) -> Report:
    """A report with an id that puts it last on the commit: GitHub shows the newest check run of each name alone.

    What was said once is not said again, unless something else was said or done since. Such an id ends as the first one
    does, with the mark of the terms that a fork asks for.
    """
    first = report.deployment_id
    newest = world.store.deployments.newest_on(skip.target.lane, report.commit.sha)
    if newest in ("", first):
        return report
    is_again = newest.startswith("again-") and newest.endswith(f"-{first}")
    return replace(report, deployment_id=newest if is_again else f"again-{job.delivery_id}-{first}")


def afterwards(world: World, run: Run, report: Report) -> None:
    """After a failure nothing of its project is believed any more; whoever asked by a comment hears of the end."""
    if report.ending in (Ending.FAILED, Ending.NOT_YOURS):
        world.memory.forget(run.target.project)
    if run.answer:
        durable.step(tell_answer, world, run.commit.repository, run.answer, title="answer")


def lower(sentence: str) -> str:
    """A rule as the rest of another sentence."""
    return sentence[:1].lower() + sentence[1:]
