"""One Deployment under way: it runs stages, keeps the report current and closes it whatever happens.

Durability, the report and the doctor meet here, once; stages know none of the three.
"""

from __future__ import annotations

import contextvars
import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from threading import BoundedSemaphore, Lock
from types import TracebackType
from typing import Concatenate, Generic, ParamSpec, TypeVar, get_type_hints

from pydantic import TypeAdapter

from app import durable, log, retry
from app.diagnosis import Files, diagnose
from app.github import GitHub, GitHubError
from app.model import (
    Blame,
    Button,
    Commit,
    Ending,
    Finding,
    Live,
    Report,
    Row,
    RowState,
    Stop,
    Superseded,
    Target,
)
from app.outbox import Outbox, Post, Unsent
from app.redaction import redact
from app.report import LOG_TAIL_LINES, ended, moment
from app.settings import Settings
from app.store import Store, Ticket
from gcp.build_watcher import BuildWatcher
from gcp.cloud import Google
from gcp.errors import GoogleError, evidence

WAIT = "Wait for the lock"
GITHUB = "github-error"

P = ParamSpec("P")
T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")


Insist = Callable[[GitHub, Commit, Callable[[], str]], None]


@dataclass(frozen=True)
class World:
    """Everything outside this process, and the settings that say where it is."""

    settings: Settings
    store: Store
    github: GitHub
    google: Google
    builds: BuildWatcher
    outbox: Outbox

    @classmethod
    def build(cls, settings: Settings, store: Store) -> World:
        policy = retry.Policy(attempts=settings.retry_attempts, first_wait=settings.retry_first_wait)
        github = GitHub(settings.github_app_id, settings.github_private_key, settings.github_api_url, policy)
        google = Google(settings.google_endpoint, settings.storage_endpoint, policy)
        return cls(
            settings,
            store,
            github,
            google,
            BuildWatcher(google, settings.build_poll),
            Outbox(github, store, settings.public_url, settings.check_run_interval),
        )


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
    home: Target | None = None
    """Where merging the pull request will deploy the same service."""


@dataclass(frozen=True)
class Record:
    """What a finished stage leaves in the journal: its row, what it said, and its word as JSON."""

    row: Row
    made: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()
    log_url: str = ""
    value: object = None
    findings: tuple[Finding, ...] = ()
    successor: str = ""
    warnings: tuple[Finding, ...] = ()


@dataclass
class Scene:
    """The world as one stage sees it, and its ways to say what it does.

    `again`: an earlier process began this run, so what a stage is about to make may be there already.
    """

    world: World
    run: Run
    ticket: Ticket
    row: Row
    show: Callable[[Row], None]
    hear: Callable[[str], None]
    again: bool = False
    made_here: list[str] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=LOG_TAIL_LINES))
    log_url: str = ""

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
        """What this stage does side by side, each with a line of its own."""
        with self.lock:
            self.row = replace(self.row, parts=rows)
        self.show(self.row)

    def part(self, row: Row) -> None:
        """How one of them stands now."""
        with self.lock:
            rows = tuple(row if kept.title == row.title else kept for kept in self.row.parts)
            self.row = replace(self.row, parts=rows)
        self.show(self.row)

    def warn(self, finding: Finding) -> None:
        """Something that does not stop this deployment and that its author should know."""
        self.warnings.append(finding)

    def log_line(self, line: str) -> None:
        """One line of a build's or a container's own log."""
        shown = redact(line)
        self.tail.append(shown)
        self.hear(shown)

    def explain(self, error: GoogleError) -> Finding:
        """What a Google error means for this deployment."""
        return explain(self.world, self.run, error)

    def successor(self) -> str | None:
        """The commit that has asked for this lane since, if one has."""
        return self.world.store.lane_flag(self.run.target.lane, self.run.id)

    def overtaken(self) -> bool:
        """Whether a newer commit has asked for this lane, as it was a moment ago."""
        return self.world.store.lane_overtaken(self.run.target.lane, self.run.id)

    def insist(self) -> None:
        """Raise Superseded unless this deployment still holds its lane: before any write that serves."""
        held = self.world.store.lane_holds(self.run.target.lane, self.run.id, self.ticket.fence)
        if (newer := self.successor()) or not held:
            raise Superseded(newer or "a newer deployment")


@dataclass(frozen=True)
class Call(Generic[T]):
    """A stage and its words, to be run beside another."""

    title: str
    work: Callable[[Scene], T]
    answer: TypeAdapter[T]


def call(title: str, work: Callable[Concatenate[Scene, P], T], *args: P.args, **kwargs: P.kwargs) -> Call[T]:
    """`work` with all but its scene filled in; its return annotation says how to write its word down."""
    answer: TypeAdapter[T] = TypeAdapter(get_type_hints(work)["return"])
    return Call(title, lambda scene: work(scene, *args, **kwargs), answer)


# Each pair of stages asks a dozen questions side by side; a thousand pushes at once must not ask them all at once.
AT_ONCE = 12
_places = BoundedSemaphore(AT_ONCE)
_doors: defaultdict[str, Lock] = defaultdict(Lock)


class Deployment:
    """One run of a story: `with Deployment(world, run) as this`, then stages."""

    def __init__(
        self,
        world: World,
        run: Run,
        titles: tuple[str, ...],
        *,
        shown: bool = True,
        announced: bool = True,
    ) -> None:
        """`shown` unset: an errand without a check run. `announced` unset: GitHub hears of it when it has ended."""
        self.world, self.run = world, run
        self._post: Post = world.outbox if shown else Unsent()
        rows = (run.read, *(Row(title) for title in titles))
        self.report = Report(
            run.commit,
            run.target.check_name,
            environment=run.target.environment if announced else "",
            rows=rows,
            deployment_id=run.id,
            remarks=run.remarks,
        )
        self._ticket = Ticket(fence=0, holder=False)
        self._again = False
        self._lock = Lock()

    def __enter__(self) -> Deployment:
        log.about(
            deployment=self.run.id,
            repository=self.run.commit.repository.full_name,
            commit=self.run.commit.sha,
            target=self.run.target.lane,
        )
        self._again = self._post.open(self.run.id, self.run.target.lane, self.report)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Close the report, say so, and give the lane to whoever waits. Only our own endings are swallowed."""
        if error is not None and not isinstance(error, Exception):
            return False  # the process is going down: the run is continued, not closed
        if isinstance(error, Stop):
            self._fail(error.findings)
        elif isinstance(error, Superseded):
            self._end(Ending.SUPERSEDED, f"Superseded by {named(error.successor)} before it took traffic")
        elif error is not None:
            self._fail((self._doctor(error),))
        durable.step("close", self._close, type(None))
        return True

    def enter_lane(self, insist_on_newest: Insist) -> None:
        """Wait until this deployment holds its Target's lane; Superseded when a newer commit wants it too.

        One step of the journal: whoever had the lane before a restart has it after, without being asked again.
        """
        self._ticket = durable.step("enter lane", partial(self._wait_for_lane, insist_on_newest), Ticket)

    def _wait_for_lane(self, insist_on_newest: Insist) -> Ticket:
        """Whoever is in the lane is asked about first, so that a late webhook of an older commit turns nobody out."""
        store, lane = self.world.store, self.run.target.lane
        with _doors[lane]:
            if rival := store.lane_rival(lane, self.run.id):
                insist_on_newest(self.world.github, self.run.commit, lambda: rival)
            ticket = store.lane_enter(lane, self.run.id, self.run.commit.sha)
        while not ticket.holder:
            ticket = store.lane_wait(lane, self.run.id)
        self._wait_for_lock()
        return ticket

    def _wait_for_lock(self) -> None:
        """While somebody has closed this lane: the newest deployment waits, older ones are superseded by it."""
        store, lane, shown = self.world.store, self.run.target.lane, ""
        row = Row(WAIT, RowState.RUNNING, started=time.time())
        while lock := store.traffic.lock_of(lane):
            if newer := store.lane_flag(lane, self.run.id):
                raise Superseded(newer)
            if lock.sentence != shown:
                shown = lock.sentence
                self._show(row.noted(f"{shown}; until {moment(lock.expires)} or /unlock"))
            time.sleep(self.world.settings.lock_poll)
        if shown:
            self._show(replace(row, state=RowState.DONE, ended=time.time()).noted(shown))

    def stage(
        self, title: str, work: Callable[Concatenate[Scene, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run one stage, or take its word from the journal when it was finished before a restart."""
        one = call(title, work, *args, **kwargs)
        record = durable.step(title, partial(self._perform, one), Record)
        return self._accept(one, record)

    def both(self, first: Call[A], second: Call[B]) -> tuple[A, B]:
        """Run two stages side by side, as one step of the journal."""
        title = f"{first.title} + {second.title}"
        records = durable.step(title, partial(self._perform_both, first, second), tuple[Record, Record])
        faults = tuple({(f.code, f.title): f for record in records for f in record.findings}.values())
        for record in records:
            self._fold(record)
        if successor := next((r.successor for r in records if r.successor), ""):
            raise Superseded(successor)
        if faults:
            raise Stop(faults)
        return (
            first.answer.validate_python(records[0].value),
            second.answer.validate_python(records[1].value),
        )

    @contextmanager
    def on_failure(
        self, title: str, work: Callable[Concatenate[Scene, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Iterator[None]:
        """Run `work` as one more stage when what is inside does not succeed; the failure stays the failure."""
        try:
            yield
        except Exception:
            self.stage(title, work, *args, **kwargs)
            raise

    def live(self, live: Live) -> None:
        """The deployment is done: this address serves this commit."""
        self.report = replace(self.report, url=live.url, revision=live.revision)
        self._end(Ending.LIVE, "")

    def _doctor(self, error: Exception) -> Finding:
        if isinstance(error, GoogleError):
            return explain(self.world, self.run, error)
        return unexpected(error, self.run.id)

    def _perform(self, one: Call[T]) -> Record:
        row = Row(one.title, RowState.RUNNING, started=time.time())
        scene = Scene(self.world, self.run, self._ticket, row, self._show, self._hear, self._again)
        retry.heard.set(scene.note)
        self._show(row)
        log.fact("stage.started", stage=one.title)
        state, successor, value = RowState.DONE, "", None
        findings: tuple[Finding, ...] = ()
        try:
            value = one.answer.dump_python(one.work(scene), mode="json")
        except Superseded as newer:
            state, successor = RowState.SKIPPED, newer.successor
        except Stop as stop:
            state, findings = RowState.FAILED, stop.findings
        except GoogleError as error:
            state, findings = RowState.FAILED, (explain(self.world, self.run, error),)
        except GitHubError as error:
            state, findings = RowState.FAILED, (unexpected(error, self.run.id),)
        row = replace(scene.row, state=state, ended=time.time())
        self._show(row)
        log.fact("stage.ended", stage=one.title, state=state.value, seconds=round(row.seconds, 3))
        return Record(
            row,
            tuple(scene.made_here),
            tuple(scene.tail),
            scene.log_url,
            value,
            findings,
            successor,
            tuple(scene.warnings),
        )

    def _perform_both(self, first: Call[A], second: Call[B]) -> tuple[Record, Record]:
        with _places, ThreadPoolExecutor(1) as beside:
            other = beside.submit(contextvars.copy_context().run, self._perform, second)
            return self._perform(first), other.result()

    def _accept(self, one: Call[T], record: Record) -> T:
        self._fold(record)
        if record.successor:
            raise Superseded(record.successor)
        if record.findings:
            raise Stop(record.findings)
        return one.answer.validate_python(record.value)

    def _fold(self, record: Record) -> None:
        """Put a stage's record into the report: the same whether it ran just now or before a restart."""
        with self._lock:
            self.report = replace(
                self.report,
                made=(*self.report.made, *record.made),
                findings=(*self.report.findings, *record.warnings),
                log_tail=record.tail or self.report.log_tail,
                log_url=record.log_url or self.report.log_url,
            )
        self._show(record.row)

    def _show(self, row: Row) -> None:
        with self._lock:
            rows = {kept.title: kept for kept in self.report.rows} | {row.title: row}
            self.report = replace(self.report, rows=tuple(rows.values()))
            self._post.show(self.run.id, self.report)

    def _hear(self, line: str) -> None:
        with self._lock:
            self.report = replace(self.report, log_tail=(*self.report.log_tail[-LOG_TAIL_LINES + 1 :], line))
        self.world.store.add_log_line(self.run.id, line)

    def _fail(self, findings: tuple[Finding, ...]) -> None:
        """Failed, and whether that is news: not when the base branch fails alike, nor when it is not ours to mend."""
        run, mark = self.run, fingerprint(self.run.target, findings[0])
        self.world.store.talks.went_wrong(run.id, mark)
        ending, note = Ending.FAILED, findings[0].title
        if run.commit.pull_request:
            home = run.commit.repository
            since = self.world.store.talks.failing_since(
                home.id, home.default_branch, run.target.source_name, mark
            )
            if since:
                note = f"Already failing on {home.default_branch} since {since[:7]}: {note}"
            if all(finding.blame is Blame.GOOGLE or finding.code == GITHUB for finding in findings):
                ending = Ending.NOT_YOURS
        allowed = self.world.settings.repairs
        mending = {f.remedy.button for f in findings if f.remedy and f.remedy.button in allowed}
        self.press(*sorted(mending), Button.RETRY)
        self._end(ending, note, findings)

    def press(self, *buttons: Button) -> None:
        """What a person may press once this has ended, the most likely first."""
        with self._lock:
            self.report = replace(self.report, buttons=(*self.report.buttons, *buttons))

    def remark(self, *remarks: str) -> None:
        """What a person should know beside the stages."""
        with self._lock:
            self.report = replace(self.report, remarks=(*self.report.remarks, *remarks))

    def merging(self, changes: tuple[str, ...]) -> None:
        """What merging this pull request will change where it serves."""
        with self._lock:
            self.report = replace(self.report, merge=changes)

    def expires(self, at: float) -> None:
        """When this preview goes by itself, in epoch seconds."""
        with self._lock:
            self.report = replace(self.report, expires=at)

    def rolled_back(self, live: Live, note: str, serves: str) -> None:
        """The traffic is where it was before; `serves` is the commit there, empty when it was not ours."""
        self.report = replace(
            self.report,
            url=live.url,
            revision=live.revision,
            serves=serves,
            environment=self.run.target.environment,
        )
        self._end(Ending.ROLLED_BACK, note)

    def _end(self, ending: Ending, note: str, findings: tuple[Finding, ...] = ()) -> None:
        with self._lock:
            self.report = ended(self.report, ending, note, findings)

    def _close(self) -> None:
        """Everything that must happen at the end, each part repeatable."""
        self.world.store.lane_leave(self.run.target.lane, self.run.id)
        self._post.finish(self.run.id, self.report)
        ending = self.report.ending
        log.fact("deployment.ended", ending=ending.value if ending else "", note=self.report.ending_note)


def named(successor: str) -> str:
    """A commit as people write it; whatever else may take a lane, in its own words."""
    return successor[:7] if len(successor) == 40 and successor.isalnum() else successor


def fingerprint(target: Target, finding: Finding) -> str:
    """The same for the same failure of a service at another commit: without numbers, which are lines and sizes."""
    path = finding.place.path if finding.place else ""
    words = re.sub(r"[0-9a-f]{7,40}|\d+", "#", finding.title)
    return f"{target.source_name}|{finding.code}|{path}|{words}"


def explain(world: World, run: Run, error: GoogleError) -> Finding:
    """A Google error as a Finding, on the line of servergem.yml that asked for what Google refuses."""
    found = diagnose(evidence(error), _configuration(world, run))
    if found.known:
        return found.findings[0]
    return Finding(
        code="google-error",
        title=f"Google answered {error.code} to {error.method}"[:80],
        message=error.message,
        fix="Read Google's answer below; when it says that it is temporary, re-run this check.",
        blame=Blame.GOOGLE if error.transient else Blame.UNKNOWN,
        excerpt=str(error),
    )


def _configuration(world: World, run: Run) -> Files:
    """servergem.yml at this commit, when there is one and GitHub gives it."""
    path = run.target.config_path
    if not path:
        return Files.of({})
    try:
        return Files.of({path: world.github.file(run.commit, path) or ""})
    except GitHubError as error:
        log.warning("configuration.unread", error=str(error))
        return Files.of({})


def unexpected(error: Exception, run_id: str) -> Finding:
    """What stopped a run and was not looked for: GitHub's trouble, or our own fault."""
    if isinstance(error, GitHubError):
        return _from_github(error)
    log.fault("deployment.broke", error)
    return _our_own_fault(error, run_id)


def _from_github(error: GitHubError) -> Finding:
    return Finding(
        code=GITHUB,
        title=f"GitHub answered {error.status or 'nothing'}"[:80],
        message=str(error),
        fix="Re-run this check; https://www.githubstatus.com says whether GitHub has trouble.",
        blame=Blame.UNKNOWN,
        link="https://www.githubstatus.com",
    )


def _our_own_fault(error: Exception, run_id: str) -> Finding:
    return Finding(
        code="servergem-fault",
        title=f"ServerGem failed: {type(error).__name__}",
        message="Nothing was changed on the service that serves now.",
        fix=f"Tell the operator of this ServerGem; its log has the whole story under deployment {run_id}.",
        blame=Blame.SERVERGEM,
    )
