"""The writers: newest state wins, the last one always, and one letter holds up no other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from app.github import GitHub
from app.model import Report
from app.outbox.letter import Letter, has_news, marked
from app.outbox.sending import Sender, rendered
from app.report import github_deployment_state
from app.store import Store
from app.telemetry import log, trace
from app.turn import Most, Party, party_of, whose_turn

WRITERS = 4
# After a refused final state: how long until it is tried again, and at most.
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0


class Outbox:
    """`open` a deployment's check run, `show` its report as it changes, `finish` with the last one."""

    def __init__(
        self, github: GitHub, store: Store, public_url: str, interval: float, first_pause: float = FIRST_PAUSE
    ) -> None:
        self._store, self._interval = store, interval
        self._sender = Sender(github, store, public_url)
        self._first_pause = first_pause
        self._letters: dict[str, Letter] = {}
        self._changed, self._amending = threading.Condition(), threading.Lock()
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="outbox")
        self._stopping = False
        threading.Thread(target=self._watch, name="outbox", daemon=True).start()

    def open(self, deployment_id: str, lane: str, report: Report) -> bool:
        """Begin (or, after a restart, take up again) what a person sees of this deployment; whether it was begun."""
        known = self._store.deployments.opened(deployment_id, report, lane)
        with self._changed:
            self._letters[deployment_id] = Letter(report, known)
            self._changed.notify()
        return known.taken_up

    def take_up(self, ended_before: float = float("inf")) -> None:
        """Send the last states that GitHub does not have yet: all after a start, later those that others left."""
        for unshown in self._store.deployments.unshown(ended_before):
            report = unshown.report
            with self._changed:
                self._letters.setdefault(report.deployment_id, Letter(report, unshown.known))
                self._changed.notify()

    def show(self, deployment_id: str, report: Report) -> None:
        """Replace what will be sent next; costs GitHub nothing when many changes come at once."""
        self._store.deployments.progressed(deployment_id, report)
        with self._changed:
            if letter := self._letters.get(deployment_id):
                letter.write(report)
                self._changed.notify()

    def finish(self, deployment_id: str, report: Report, *, patience: float = 20.0) -> None:
        """Send the last state and wait for it, up to `patience` seconds; after that it goes on by itself."""
        self._store.deployments.ended(deployment_id, report)
        with self._changed:
            letter = self._letters[deployment_id]
            letter.write(report)
            letter.due = 0.0
            self._changed.notify()
        try:
            letter.delivered.result(timeout=patience)
        except TimeoutError:
            log.fact("check_run.late", deployment=deployment_id)

    def amend(self, deployment_id: str, change: Callable[[Report], Report]) -> Report | None:
        """Change what a finished deployment's check run says; None when there is no such deployment.

        One after the other: what two say at the same moment is said of both.
        """
        with self._amending:
            amended = self._store.deployments.amend(deployment_id, change)
            known = self._store.deployments.known(deployment_id)
            if amended is None or known is None:
                return None
            before, after = amended
            with self._changed:
                if letter := self._letters.get(deployment_id):
                    letter.write(after)
                else:
                    letter = Letter(after, known, sent_state=github_deployment_state(before))
                    letter.sent = rendered(deployment_id, letter, before)
                    self._letters[deployment_id] = letter
                self._changed.notify()
        return after

    def age(self) -> float:
        """How many seconds the oldest news has waited that GitHub lacks; 0 when there is none."""
        with self._changed:
            waiting = [letter.since for letter in self._letters.values() if has_news(letter)]
        return time.monotonic() - min(waiting) if waiting else 0.0

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
                idle = [each for each in self._letters.items() if not each[1].busy and has_news(each[1])]
                due = [each for each in idle if each[1].due <= now]
                self._hand_out(due)
                waits = [letter.due - now for _, letter in idle if letter.due > now]
                self._changed.wait(min(waits, default=None))

    def _hand_out(self, due: list[tuple[str, Letter]]) -> None:
        """Give the free writers something, repositories by turns; what finds none waits until one comes back."""
        held = [_party(letter) for letter in self._letters.values() if letter.busy]
        while len(held) < WRITERS:
            place = whose_turn([_party(each) for _, each in due], held, Most.of(WRITERS))
            if place is None:
                return
            deployment_id, letter = due.pop(place)
            letter.busy = True
            held.append(_party(letter))
            self._writers.submit(self._write, deployment_id, letter)

    def _write(self, deployment_id: str, letter: Letter) -> None:
        with self._changed:
            report = letter.report
        try:
            with trace.under(letter.place):
                self._sender.send(deployment_id, letter, report)
            letter.told, letter.failures, pause = report, 0, self._interval
        except Exception as error:  # noqa: BLE001 - a writer must outlive any one letter; it is logged whole
            log.fault("check_run.refused", error, deployment=deployment_id)
            pause = min(self._first_pause * 2**letter.failures, LONGEST_PAUSE)
            letter.failures = min(letter.failures + 1, 30)
        try:
            self._put_back(deployment_id, letter, report, pause)
        except Exception as error:  # noqa: BLE001 - the store is away; what GitHub has is said to it later
            log.fault("check_run.not_kept", error, deployment=deployment_id)
            with self._changed:
                letter.busy, letter.told, letter.due = False, None, time.monotonic() + self._first_pause
                self._changed.notify()

    def _put_back(self, deployment_id: str, letter: Letter, report: Report, pause: float) -> None:
        """For its next state or its next try; a letter whose last state has arrived, or never will, is done with."""
        with self._changed:
            last = letter.report.ending is not None and letter.report is not report
            letter.due = 0.0 if last else time.monotonic() + pause
            if report.ending and not has_news(letter):
                if letter.dropped:
                    self._store.deployments.progressed(deployment_id, marked(report, letter.dropped))
                self._store.deployments.shown(deployment_id)
                del self._letters[deployment_id]
                if not letter.delivered.done():
                    letter.delivered.set_result(None)
            letter.busy = False
            self._changed.notify()


def _party(letter: Letter) -> Party:
    return party_of(letter.report.commit.repository)
