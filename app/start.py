"""What stories are started with beside GitHub's own jobs, and how a deployment is started so that it can be again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from pydantic import TypeAdapter

from app import durable
from app.deployment_ids import attempt_after
from app.model import Commit, Deploy, Person, Preview, Row, ServiceConfig, Target
from app.model.formerly import formerly
from app.previews import environment_of
from app.scene import Run
from app.store.previews import PreviewRow
from app.store.runs import Begun
from app.world import World

READ = "Read configuration"
RUN: TypeAdapter[Run] = TypeAdapter(Run)


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


@dataclass(frozen=True)
class Waited:
    """What held this deployment back was an environment's wait timer alone, and that was over at `until`."""

    __pydantic_config__: ClassVar = formerly(deployment_id="run_id")

    deployment_id: str
    until: float

    @property
    def id(self) -> str:
        return f"{self.deployment_id}-waited-{self.until:.0f}"


def begin(world: World, job: Run | Rollback) -> None:
    """Start a deployment, so that it can be started again from what is kept of it."""
    run = job.run if isinstance(job, Rollback) else job
    durable.step(keep, world, world.story_of(job), run, title=f"keep {run.id}"[:100])
    world.start(job, run.id)


def keep(world: World, story: str, run: Run) -> None:
    """Remember what a run was started with, and who waits to hear of it."""
    begun = Begun(run.id, story, RUN.dump_json(run).decode(), run.target.strand, run.commit.pull_request)
    world.store.runs.begun(begun)
    if run.answer:
        world.store.answers.follows(run.answer, run.id)


def attempt(run: Run, mark: str, who: Person, *, waits: bool) -> Run:
    """Another attempt that a person asks for; whoever wanted the first one is not forgotten.

    What `waits` goes on waiting since it was wanted first; what has ended is wanted anew, and waits anew.
    """
    first = run.requesters[-1] if run.requesters else Person(0, "")
    return replace(
        run,
        id=attempt_after(run.id, mark),
        by=who.login,
        by_id=who.id,
        pusher=first.login,
        pusher_id=first.id,
        answer=0,
        why="",
        since=(run.since or run.read.started) if waits else 0.0,
    )


def deployment_id(job: Deploy, target: Target) -> str:
    """One deployment for each delivery and Target, however often the delivery comes."""
    return f"{job.delivery_id}-{target.mark}"


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
    begun = world.store.runs.run(row.deployment_id)
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
        owner=row.repository_id,
    )
