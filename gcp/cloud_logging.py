"""Cloud Logging: what builds, revisions and jobs printed; entries come late, in any order, and may be many.

A log that cannot be read is told and never raised: it is no reason for a deployment to fail.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.retry import Policy
from gcp.cloud import TIMEOUT, Google
from gcp.errors import GoogleError, ask
from gcp.kinds import Kind
from gcp.later import later
from gcp.log_reads import RESERVE

if TYPE_CHECKING:
    from google.cloud.logging_v2 import types
else:
    types = later("google.cloud.logging_v2.types")

MOST_ENTRIES = 1000
# So many pages are followed at once, and no further: each is a read of its own.
MOST_PAGES = 10
# A filter may have 20,000 characters: https://cloud.google.com/logging/quotas#query-limits
MOST_BUILDS = 200
# Entries come late and out of order; those of the last seconds are asked for again.
LAG = 5.0
# No build runs longer: https://cloud.google.com/build/quotas. Without a beginning the whole retention is searched.
HISTORY = 24 * 3600.0
# A log is at its end when for this share of the patience nothing came: 5 of 30 seconds.
QUIET = 1 / 6
SPENT = "could not read the log: the project's reads of logs are used up for this minute"
PROGRAM = frozenset({"stdout", "stderr"})
# The next look is the next try, and each try counts.
ONCE = Policy(attempts=1)


@dataclass(frozen=True)
class LogLine:
    """One entry. `stream` is stdout, stderr, system or build; `time` epoch seconds; `of` the build or revision."""

    stream: str
    text: str
    time: float
    insert_id: str
    of: str


@dataclass(frozen=True)
class Question:
    """Whose entries are wanted, in Google's filter language; `label` names whose one of them is."""

    filter: str
    label: str


@dataclass(frozen=True)
class Answer:
    """What was found, in order. `trouble` says why it is not all; `final` that asking again would not help."""

    lines: tuple[LogLine, ...]
    trouble: str = ""
    final: bool = False


def of_builds(build_ids: Iterable[str]) -> Question:
    """What these builds printed."""
    ids = " OR ".join(f'"{build_id}"' for build_id in list(build_ids)[:MOST_BUILDS])
    return Question(f'resource.type="build" AND resource.labels.build_id=({ids})', "build_id")


def of_revision(region: str, service: str, revision: str) -> Question:
    """What a revision printed, and what Cloud Run says of it."""
    wanted = (
        'resource.type="cloud_run_revision"'
        f' AND resource.labels.service_name="{service}"'
        f' AND resource.labels.revision_name="{revision}"'
        f' AND resource.labels.location="{region}"'
    )
    return Question(wanted, "revision_name")


def of_execution(execution: str) -> Question:
    """What the execution of a job printed, and what Cloud Run says of it."""
    wanted = f'resource.type="cloud_run_job" AND labels."run.googleapis.com/execution_name"="{execution}"'
    return Question(wanted, "job_name")


def read(
    google: Google,
    project: str,
    question: Question,
    since: float,
    *,
    backwards_to: Collection[str] | None = None,
    patience: float = 0.0,
) -> Answer:
    """The lines since then (epoch seconds), page by page; with `backwards_to` from the end to what is known.

    `patience` is how long each page may wait for a read that is left, in seconds.
    """
    backwards = backwards_to is not None
    request = types.ListLogEntriesRequest(
        resource_names=[f"projects/{project}"],
        filter=f'{question.filter} AND timestamp>="{_time(since)}"',
        order_by="timestamp desc" if backwards else "timestamp asc",
        page_size=MOST_ENTRIES,
    )
    found: list[LogLine] = []
    trouble, final = "", False
    for _ in range(MOST_PAGES):
        if not google.log_reads.take(project, patience, 0.0 if backwards else RESERVE):
            trouble = SPENT
            break
        try:
            page = _page(google, request)
        except GoogleError as error:
            if error.kind in (Kind.RATE, Kind.SPENT):
                google.log_reads.refused(project, error.denial.retry_after)
            trouble, final = f"could not read the log: {error.message}"[:200], not error.transient
            break
        lines = [_line(entry, question.label) for entry in page.entries]
        found += lines
        # A page may be empty although there is more: Google had no time to search on.
        request.page_token = page.next_page_token
        if not request.page_token or (lines and lines[-1].insert_id in (backwards_to or ())):
            break
    return Answer(tuple(reversed(found) if backwards else found), trouble, final)


@dataclass
class Log:
    """One log that is followed: each line is given once. `trouble` is why the last look did not find all."""

    google: Google
    project: str
    question: Question
    told: set[str] = field(default_factory=set)
    trouble: str = ""
    _newest: float = field(default_factory=lambda: time.time() - HISTORY)
    _since: float = field(default_factory=lambda: time.time() - HISTORY)
    _closed: bool = False
    _spoken: bool = False

    def next_lines(self) -> tuple[LogLine, ...]:
        """What has come since the last look."""
        return self._fresh(read(self.google, self.project, self.question, self._newest - LAG))

    def last_lines(self, patience: float) -> tuple[LogLine, ...]:
        """What is missing between the end of the log and what was told."""
        answer = read(
            self.google, self.project, self.question, self._since, backwards_to=self.told, patience=patience
        )
        return self._fresh(answer)

    def to_the_end(
        self,
        *,
        patience: float,
        quiet: float,
        interval: float,
        is_last: Callable[[LogLine], bool] = lambda _line: False,
        complete: bool = False,
    ) -> Iterator[LogLine]:
        """The rest of a log whose writer has ended, its end included however late it comes; times in seconds.

        It is over with a line that `is_last` (`complete`: it was told already), or when the program itself
        has said something and nothing came for the `quiet` time, or when the patience is; then with what came late
        among lines that were told already, of which a look sees the last page alone.
        """
        until = time.monotonic() + patience
        heard = time.monotonic()
        while not self._closed:
            fresh = self.last_lines(max(0.0, until - time.monotonic()))
            yield from fresh
            now = time.monotonic()
            heard = now if fresh else heard
            complete = complete or any(is_last(line) for line in fresh)
            if complete:
                return
            if now >= until or (self._spoken and now - heard >= quiet):
                yield from self._late_lines(max(0.0, until - now))
                return
            time.sleep(interval)

    def _late_lines(self, patience: float) -> tuple[LogLine, ...]:
        """What no look has seen, since it was written before a page of lines that came sooner."""
        if len(self.told) <= MOST_ENTRIES:
            return ()
        whole = read(
            self.google, self.project, self.question, self._since, backwards_to=(), patience=patience
        )
        return self._fresh(whole)

    def _fresh(self, answer: Answer) -> tuple[LogLine, ...]:
        fresh = tuple(line for line in answer.lines if line.insert_id not in self.told)
        self.told.update(line.insert_id for line in fresh)
        self._newest = max([self._newest, *(line.time for line in fresh)])
        self._spoken = self._spoken or any(line.stream in PROGRAM for line in fresh)
        self.trouble, self._closed = answer.trouble, self._closed or answer.final
        return fresh


def _page(google: Google, request: types.ListLogEntriesRequest) -> Any:
    pager: Any = ask(
        ONCE,
        "LoggingServiceV2.ListLogEntries",
        lambda: google.logging.list_log_entries(request=request, retry=None, timeout=TIMEOUT),
    )
    return next(iter(pager.pages))


def _line(entry: types.LogEntry, label: str) -> LogLine:
    stream = entry.log_name.rpartition("%2F")[2] if "%2F" in entry.log_name else "build"
    payload: Any = entry.json_payload
    text = entry.text_payload or str((payload or {}).get("message", ""))
    of = dict(entry.resource.labels).get(label, "")
    return LogLine(stream, text, entry.timestamp.timestamp() if entry.timestamp else 0.0, entry.insert_id, of)


def _time(seconds: float) -> str:
    return (
        datetime.fromtimestamp(max(seconds, 0.0), UTC)
        .isoformat(timespec="microseconds")
        .replace("+00:00", "Z")
    )
