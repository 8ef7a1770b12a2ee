"""An open report: all that a person sees of one deployment while it is under way, sent on with every change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Lock

from app.call import Record
from app.model import Report, Row
from app.outbox import Post
from app.report import LOG_TAIL_LINES, placed
from app.store import Store
from app.text.colours import uncoloured


class OpenReport:
    """Stages that run side by side may all write to it. `post` is who sends it on, `store` keeps the lines of logs."""

    def __init__(self, report: Report, post: Post, store: Store) -> None:
        self.now = report
        self._post, self._store = post, store
        self._lock = Lock()

    def open(self, lane: str) -> bool:
        """Have it sent from now on; whether an earlier process had opened it already."""
        return self._post.open(self.now.deployment_id, lane, self.now)

    def change(self, how: Callable[[Report], Report]) -> None:
        """Change what is seen next."""
        with self._lock:
            self.now = how(self.now)

    def show(self, row: Row) -> None:
        """How one stage stands; a stage without a line gets the next one."""
        with self._lock:
            self.now = replace(self.now, rows=placed(self.now.rows, row))
            self._post.show(self.now.deployment_id, self.now)

    def hear(self, of: str, line: str) -> None:
        """One more line of a log, with its colours; `of` says whose log it is."""
        text = uncoloured(line)
        with self._lock:
            other = self.now.log_of != of
            before = () if other else self.now.log_tail
            self.now = replace(self.now, log_tail=(*before[-LOG_TAIL_LINES + 1 :], text), log_of=of)
        if other:
            self._store.deployments.add_log_line(self.now.deployment_id, f"— {of} —")
        self._store.deployments.add_log_line(self.now.deployment_id, line)

    def fold(self, record: Record) -> None:
        """Add what a stage has left: the same whether it ran just now or before a restart."""
        self.change(
            lambda now: replace(
                now,
                made=(*now.made, *record.made),
                findings=(*now.findings, *record.warnings),
                log_tail=record.tail or now.log_tail,
                log_of=record.log_of or now.log_of,
                log_url=record.log_url or now.log_url,
            )
        )
        self.show(record.row)

    def finish(self) -> None:
        """Send it for the last time."""
        self._post.finish(self.now.deployment_id, self.now)
