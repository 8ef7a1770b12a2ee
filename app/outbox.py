"""What is on its way to GitHub: one writer for each deployment's check run, newest state wins.

A slow or failing GitHub never slows or fails a deployment: stages leave their report here and go on.
At most one update in `interval` seconds for each check run; the last state always, even after a restart.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Protocol

from app import log
from app.github import GitHub, GitHubError
from app.github.bodies import ANNOTATIONS_PER_REQUEST
from app.model import Commit, Ending, Report
from app.report import CheckRunPayload, check_run, github_deployment_state
from app.store import Known, Store

WRITERS = 4
# After a refused final state: how long until it is tried again, and at most.
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0


@dataclass
class _Letter:
    """One deployment's post: the newest report, and what GitHub already has."""

    report: Report
    known: Known
    sent: CheckRunPayload | None = None
    sent_state: str = ""
    due: float = 0.0
    busy: bool = False
    pause: float = FIRST_PAUSE
    delivered: Future[None] = field(default_factory=Future)


class Post(Protocol):
    """Where a deployment leaves its report."""

    def open(self, run_id: str, lane: str, report: Report) -> bool:
        """Begin; whether an earlier process had begun."""

    def show(self, run_id: str, report: Report) -> None:
        """Replace what is shown."""

    def finish(self, run_id: str, report: Report) -> None:
        """Leave the last report."""


class Unsent:
    """For errands that have no check run; their own log lines tell of them."""

    def open(self, run_id: str, lane: str, report: Report) -> bool:
        """Whatever an errand does it may have done before."""
        return True

    def show(self, run_id: str, report: Report) -> None:
        """Nobody looks."""

    def finish(self, run_id: str, report: Report) -> None:
        """Nobody looks."""


class Outbox:
    """`open` a deployment's check run, `show` its report as it changes, `finish` with the last one."""

    def __init__(self, github: GitHub, store: Store, public_url: str, interval: float) -> None:
        self._github, self._store = github, store
        self._public_url, self._interval = public_url.rstrip("/"), interval
        self._letters: dict[str, _Letter] = {}
        self._changed = threading.Condition()
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="outbox")
        self._stopping = False
        threading.Thread(target=self._watch, name="outbox", daemon=True).start()

    def open(self, run_id: str, lane: str, report: Report) -> bool:
        """Begin (or, after a restart, take up again) what a person sees of this deployment; whether it was begun."""
        known = self._store.deployment_opened(run_id, report, lane)
        with self._changed:
            self._letters[run_id] = _Letter(report, known)
            self._changed.notify()
        return known.taken_up

    def take_up(self) -> None:
        """After a start: send the last states that GitHub does not have yet."""
        for unshown in self._store.deployments_unshown():
            report = unshown.report
            with self._changed:
                self._letters.setdefault(report.deployment_id, _Letter(report, unshown.known))
                self._changed.notify()

    def show(self, run_id: str, report: Report) -> None:
        """Replace what will be sent next; costs GitHub nothing when many changes come at once."""
        self._store.deployment_progressed(run_id, report)
        with self._changed:
            if letter := self._letters.get(run_id):
                letter.report = report
                self._changed.notify()

    def finish(self, run_id: str, report: Report, *, patience: float = 20.0) -> None:
        """Send the last state and wait for it, up to `patience` seconds; after that it goes on by itself."""
        self._store.deployment_ended(run_id, report)
        with self._changed:
            letter = self._letters[run_id]
            letter.report, letter.due = report, 0.0
            self._changed.notify()
        try:
            letter.delivered.result(timeout=patience)
        except TimeoutError:
            log.fact("check_run.late", deployment=run_id)

    def amend(self, run_id: str, change: Callable[[Report], Report]) -> Report | None:
        """Change what a finished deployment's check run says; None when there is no such deployment."""
        with self._changed:
            if letter := self._letters.get(run_id):
                letter.report = change(letter.report)
                self._store.deployment_amended(run_id, letter.report)
                self._changed.notify()
                return letter.report
        before, known = self._store.report(run_id), self._store.deployment_known(run_id)
        if before is None or known is None:
            return None
        after = change(before)
        self._store.deployment_amended(run_id, after)
        state = github_deployment_state(before)
        with self._changed:
            letter = _Letter(after, known, sent=check_run(before), sent_state=state)
            self._letters.setdefault(run_id, letter).report = after
            self._changed.notify()
        return after

    def close(self) -> None:
        """Stop the writers; what is unsent is in the store and is sent at the next start."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._writers.shutdown(wait=True)

    def _watch(self) -> None:
        while True:
            with self._changed:
                if self._stopping:
                    return
                now = time.monotonic()
                waits = []
                for run_id, letter in self._letters.items():
                    if letter.busy or not _has_news(letter):
                        continue
                    if letter.due <= now:
                        letter.busy = True
                        self._writers.submit(self._write, run_id, letter)
                    else:
                        waits.append(letter.due - now)
                self._changed.wait(min(waits, default=None))

    def _write(self, run_id: str, letter: _Letter) -> None:
        with self._changed:
            report = letter.report
        pause = self._interval
        try:
            self._send(run_id, letter, report)
            letter.pause = FIRST_PAUSE
        except GitHubError as error:
            log.fault("check_run.refused", error, deployment=run_id)
            pause, letter.pause = letter.pause, min(letter.pause * 2, LONGEST_PAUSE)
        except Exception as error:  # noqa: BLE001 - a writer must outlive any one letter; it is logged whole
            log.fault("check_run.broke", error, deployment=run_id)
            pause, letter.pause = letter.pause, min(letter.pause * 2, LONGEST_PAUSE)
        with self._changed:
            letter.busy = False
            letter.due = 0.0 if letter.report.ending and letter.report != report else time.monotonic() + pause
            if report.ending and not _has_news(letter):
                del self._letters[run_id]
                self._store.deployment_shown(run_id)
                if not letter.delivered.done():
                    letter.delivered.set_result(None)
            self._changed.notify()

    def _send(self, run_id: str, letter: _Letter, report: Report) -> None:
        payload = check_run(report)
        if letter.known.check_run_id == 0:
            self._create(run_id, letter, report.commit, payload)
        if payload != letter.sent:
            self._update(report.commit, letter, payload)
        if _state_is_news(letter, report):
            self._say_state(run_id, letter, report, github_deployment_state(report))

    def _create(self, run_id: str, letter: _Letter, commit: Commit, payload: CheckRunPayload) -> None:
        made = self._github.create_check_run(
            commit,
            name=letter.report.check_name,
            external_id=run_id,
            details_url=self._page(run_id),
            payload=payload,
            again=letter.known.taken_up,
        )
        if not letter.known.taken_up:
            letter.sent = replace(payload, annotations=payload.annotations[:ANNOTATIONS_PER_REQUEST])
        letter.known = replace(letter.known, check_run_id=made)
        self._store.deployment_check_run(run_id, made)

    def _update(self, commit: Commit, letter: _Letter, payload: CheckRunPayload) -> None:
        """Annotations before the conclusion: whoever waits for a check run to end finds it whole."""
        check_run_id, plain = letter.known.check_run_id, replace(payload, annotations=())
        if payload.annotations and (letter.sent is None or payload.annotations != letter.sent.annotations):
            self._github.add_annotations(
                commit.repository,
                check_run_id,
                payload.title,
                payload.summary,
                payload.annotations,
                text=payload.text,
            )
        if letter.sent is None or plain != replace(letter.sent, annotations=()):
            self._github.update_check_run(commit.repository, check_run_id, plain)
        letter.sent = payload

    def _say_state(self, run_id: str, letter: _Letter, report: Report, state: str) -> None:
        if letter.known.github_deployment_id == 0:
            serving = replace(report.commit, sha=report.serves) if report.serves else report.commit
            made = self._github.create_github_deployment(
                serving,
                report.environment,
                report.check_name,
                key=run_id,
                transient=report.commit.pull_request > 0,
                again=letter.known.taken_up,
            )
            letter.known = replace(letter.known, github_deployment_id=made)
            self._store.deployment_github_deployment(run_id, made)
        self._github.set_github_deployment_status(
            report.commit.repository,
            letter.known.github_deployment_id,
            state,
            log_url=self._page(run_id),
            environment_url=report.url,
            description=check_run(report).title,
        )
        letter.sent_state = state

    def _page(self, run_id: str) -> str:
        return f"{self._public_url}/deployments/{run_id}"


def _has_news(letter: _Letter) -> bool:
    return check_run(letter.report) != letter.sent or _state_is_news(letter, letter.report)


def _state_is_news(letter: _Letter, report: Report) -> bool:
    """Only what goes somewhere is a deployment to GitHub: not a skipped service, not a broken configuration."""
    goes_somewhere = bool(report.environment) and report.ending not in (Ending.SKIPPED, Ending.AWAITING)
    return goes_somewhere and github_deployment_state(report) != letter.sent_state
