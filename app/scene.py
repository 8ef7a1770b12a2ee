"""The world as a stage sees it: what it was started with, what it may ask, and how it says what it does."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock

from app.fault import explain
from app.model import Commit, Finding, Person, Row, Stop, Superseded, Target, TargetJob, TargetWorker
from app.redaction import Stream
from app.report import LOG_TAIL_LINES
from app.store import Ticket
from app.telemetry import log
from app.text import colours
from app.text.long_lines import shortened
from app.trust import allowance, images
from app.trust.accounts import accounts
from app.trust.ownership import OF_SERVICE, is_adopted, is_ours, job_not_ours, not_ours, worker_not_ours
from app.world import World
from gcp.cloud_run import ServiceState
from gcp.errors import GoogleError
from gcp.named_jobs import JobState
from gcp.worker_pools import WorkerState


@dataclass(frozen=True)
class Run:
    """What a story is started with: a commit on its way to a Target, and how that was found out.

    `by` is the person who asked for it, if one did; `answer` the comment that is kept current with it.
    """

    id: str
    commit: Commit
    target: Target
    read: Row
    by: str = ""
    answer: int = 0
    remarks: tuple[str, ...] = ()
    pusher: str = ""
    """Who pushed it, where a push began it."""
    since: float = 0.0
    """When it was wanted first, in epoch seconds; 0: when it was read."""
    approved_by: str = ""
    """Who reviewed it where the environment requires that."""
    home: Target | None = None
    """Where merging the pull request will deploy the same service."""
    by_id: int = 0
    pusher_id: int = 0
    """Who these two are, whatever they are called by now; 0 where it is not known."""
    why: str = ""
    """The rule that decided, in a sentence or two; empty where a person did, whom `read` names."""

    @property
    def requesters(self) -> tuple[Person, ...]:
        """Who wants this deployment."""
        both = (Person(self.by_id, self.by), Person(self.pusher_id, self.pusher))
        return tuple(each for each in both if each.login)


@dataclass(frozen=True)
class PreviewRun(Run):
    """A Run whose commit is a pull request's: what the story of a preview is started with."""


def unseen(_row: Row) -> None:
    """Shows nothing: for a scene that nobody watches."""


@dataclass
class Scene:
    """What a stage may ask, and how it reports; it need not hold a lane.

    `show` is called with the stage's row whenever that changes.
    """

    world: World
    run: Run
    row: Row
    show: Callable[[Row], None] = unseen
    made_here: list[str] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def note(self, words: str) -> None:
        """A remark on this stage's row: a retry, a repair, a reason."""
        with self.lock:
            self.row = self.row.noted(words)
        log.fact("stage.note", stage=self.row.title, note=words)
        self.show(self.row)

    def made(self, words: str) -> None:
        """Something that was created or switched on for this deployment."""
        self.made_here.append(words)
        self.note(words)

    def parts(self, rows: tuple[Row, ...]) -> None:
        """The parts that this stage does side by side, each a line of its own below the stage's."""
        with self.lock:
            self.row = replace(self.row, parts=rows)
        self.show(self.row)

    def part(self, row: Row) -> None:
        """One of those parts as it stands now, found by its title."""
        with self.lock:
            rows = tuple(row if kept.title == row.title else kept for kept in self.row.parts)
            self.row = replace(self.row, parts=rows)
        self.show(self.row)

    def warn(self, finding: Finding) -> None:
        """Tell the author something that does not stop this deployment."""
        self.warnings.append(finding)

    def explain(self, error: GoogleError) -> Finding:
        """What a Google error means for this deployment."""
        return explained(self.world, self.run, error)

    def insist_on_ours(self, target: Target, state: ServiceState | None) -> None:
        """Stop when the service is another repository's, or was made by somebody else; before each write and look."""
        if state is not None and not self.owns(target, state.labels):
            raise Stop((not_ours(dict(state.labels), self.run.commit, target),))

    def insist_on_our_job(self, target: Target, job: TargetJob, state: JobState | None) -> None:
        """Stop when a job of this name is not this repository's."""
        if state is not None and not self.owns(target, state.labels):
            raise Stop((job_not_ours(dict(state.labels), target, job),))

    def insist_on_our_worker(self, target: Target, worker: TargetWorker, state: WorkerState | None) -> None:
        """Stop when a worker of this name is not this repository's."""
        if state is not None and not self.owns(target, state.labels):
            raise Stop((worker_not_ours(dict(state.labels), target, worker),))

    def owns(self, target: Target, labels: tuple[tuple[str, str], ...]) -> bool:
        """Whether what has these labels is this repository's, for this Target."""
        app, repository = self.world.settings.github_app_id, self.run.commit.repository.id
        return is_ours(dict(labels), app, repository, target)

    def owns_beside(self, target: Target, labels: tuple[tuple[str, str], ...]) -> bool:
        """Whether a job or a worker with these labels is of this Target's service, and this repository's."""
        return dict(labels).get(OF_SERVICE) == target.name and self.owns(target, labels)

    def insist_on_allowed(self, target: Target) -> None:
        """Stop when the Target is more than the operator lets its repository have."""
        world, repository = self.world, self.run.commit.repository
        if allowance.is_by_name(world.settings, world.allow, repository):
            owner = world.store.names.owner(repository.full_name, repository.id)
            allowance.insist_on_its_own(repository, owner)
        given = allowance.project_of(world.settings, repository)
        found = allowance.within(allowance.of(world.allow, repository), given)
        own = allowance.own_accounts(world.settings, world.google.member)
        if findings := (*allowance.beyond(found, target, own), *images.not_ours(world.settings, target)):
            raise Stop(findings)

    def insist_on_an_account_of_its_own(self, target: Target, state: ServiceState | None) -> None:
        """Stop when a service that was adopted would keep an account of ServerGem's."""
        if state is None or "service_account" in target.named or not is_adopted(dict(state.labels)):
            return
        kept = dict(state.shape).get("service_account", "")
        own = allowance.own_accounts(self.world.settings, self.world.google.member)
        if allowance.is_own(kept.lower(), own):
            raise Stop((allowance.runs_as_ours(kept, target),))


@dataclass(kw_only=True)
class InLane(Scene):
    """The scene of a deployment that holds its Target's lane, and may change what serves as long as it does.

    `hear` is called with each line of a log and whose log it is. `again`: an earlier process began this run, so that
    what a stage is about to make may be there already.
    """

    ticket: Ticket
    hear: Callable[[str, str], None]
    again: bool = False
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=LOG_TAIL_LINES))
    log_of: str = ""
    hidden: Stream = field(default_factory=Stream)
    log_url: str = ""

    def log_line(self, line: str, *, of: str = "Build log") -> None:
        """One line of the log of what this stage runs; `of` says whose log it is, as a heading."""
        if of != self.log_of:
            self.log_of, self.hidden = of, Stream()
        shown = shortened(self.hidden.line(line))
        self.tail.append(shown)
        self.hear(of, colours.kept(shown, line))

    def successor(self) -> str | None:
        """The commit that has asked for this lane since, if one has."""
        return self.world.store.lanes.flag(self.run.target.lane, self.run.id)

    def overtaken(self) -> bool:
        """Whether a newer commit has asked for this lane; cheap, since the answer may be half a second old."""
        return self.world.store.lanes.overtaken(self.run.target.lane, self.run.id)

    def insist(self) -> None:
        """Raise Superseded when a newer commit waits or the lane is lost; before each write that serves."""
        if newer := self.successor():
            raise Superseded(newer)
        self.insist_on_lane()

    def insist_on_lane(self) -> None:
        """Raise Superseded when the lane is lost, whoever waits for it: before something of ours is put right."""
        if not self.world.store.lanes.holds(self.run.target.lane, self.run.id, self.ticket.fence):
            raise Superseded("another deployment has taken the lane")


def explained(world: World, run: Run, error: GoogleError) -> Finding:
    """What a Google error means for a run."""
    use = accounts(world.settings, run.target)
    run_as = use.build_account if error.method.startswith("CloudBuild.") else use.runtime_account
    return explain(world.github, world.google.member, run.commit, run.target, error, run_as)
