"""Cloud Logging: the lines of a build or of a revision, in order; entries lag by seconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from google.cloud.logging_v2.types import ListLogEntriesRequest, LogEntry

from gcp.cloud import TIMEOUT, Google

MOST_ENTRIES = 1000
# A filter may have 20,000 characters: https://cloud.google.com/logging/quotas#query-limits
MOST_BUILDS = 200


@dataclass(frozen=True)
class LogLine:
    """One entry. `stream` is stdout, stderr, system or build; `time` epoch seconds; `of` the build or revision."""

    stream: str
    text: str
    time: float
    insert_id: str
    of: str


def build_lines(google: Google, project: str, build_ids: Iterable[str], since: float) -> tuple[LogLine, ...]:
    """What these builds printed since `since`, in one query."""
    ids = " OR ".join(f'"{build_id}"' for build_id in list(build_ids)[:MOST_BUILDS])
    wanted = f'resource.type="build" AND resource.labels.build_id=({ids}) AND timestamp>="{_time(since)}"'
    return _lines(google, project, wanted, "build_id")


def revision_lines(
    google: Google, project: str, region: str, service: str, revision: str
) -> tuple[LogLine, ...]:
    """What a revision printed, and what Cloud Run says of it."""
    wanted = (
        'resource.type="cloud_run_revision"'
        f' AND resource.labels.service_name="{service}"'
        f' AND resource.labels.revision_name="{revision}"'
        f' AND resource.labels.location="{region}"'
    )
    return _lines(google, project, wanted, "revision_name")


def execution_lines(google: Google, project: str, execution: str) -> tuple[LogLine, ...]:
    """What the execution of a job printed, and what Cloud Run says of it."""
    wanted = f'resource.type="cloud_run_job" AND labels."run.googleapis.com/execution_name"="{execution}"'
    return _lines(google, project, wanted, "job_name")


def _lines(google: Google, project: str, wanted: str, label: str) -> tuple[LogLine, ...]:
    request = ListLogEntriesRequest(
        resource_names=[f"projects/{project}"],
        filter=wanted,
        order_by="timestamp asc",
        page_size=MOST_ENTRIES,
    )
    page: Any = google.ask(
        "LoggingServiceV2.ListLogEntries",
        lambda: google.logging.list_log_entries(request=request, retry=None, timeout=TIMEOUT),
    )
    first_page = next(iter(page.pages))
    return tuple(_line(entry, label) for entry in first_page.entries)


def _line(entry: LogEntry, label: str) -> LogLine:
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
