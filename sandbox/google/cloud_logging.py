"""Cloud Logging: entries that arrive with a lag, and `entries.list` with filter, order and pages."""

from __future__ import annotations

import base64
import datetime
import itertools
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from google.cloud.logging_v2.types import ListLogEntriesResponse, LogEntry

from sandbox.google import log_filter
from sandbox.google.errors import invalid
from sandbox.google.state import Projects, now, segments

API = "logging.googleapis.com"
_SEVERITIES = {"DEFAULT": 0, "INFO": 200, "ERROR": 500}


@dataclass(frozen=True)
class Entry:
    """One line that somebody printed, or that Google said about it."""

    project: str
    log: str
    resource: str
    resource_labels: Mapping[str, str]
    text: str
    severity: str = "DEFAULT"
    labels: Mapping[str, str] = field(default_factory=dict)
    timestamp: datetime.datetime = field(default_factory=now)
    received: float = field(default_factory=time.monotonic)
    number: int = 0

    @property
    def log_name(self) -> str:
        return f"projects/{self.project}/logs/{self.log}"

    @property
    def stream(self) -> str:
        """Which of a container's ways it came; a build has one."""
        return self.log.rpartition("%2F")[2] if "%2F" in self.log else "build"

    def values(self, path: str) -> list[str]:
        """What a filter finds under `path`."""
        match path.split("."):
            case ["resource", "type"]:
                return [self.resource]
            case ["resource", "labels", key]:
                return [self.resource_labels[key]] if key in self.resource_labels else []
            case ["labels", *parts]:
                key = _bare(".".join(parts))
                return [self.labels[key]] if key in self.labels else []
            case ["timestamp" | "receiveTimestamp" | "receive_timestamp"]:
                return [self.timestamp.strftime("%Y-%m-%dT%H:%M:%S.%fZ")]
            case ["textPayload" | "text_payload" | "*"]:
                return [self.text]
            case ["severity"]:
                return [self.severity]
            case ["logName" | "log_name"]:
                return [self.log_name]
            case ["insertId" | "insert_id"]:
                return [self.insert_id]
        return []

    @property
    def insert_id(self) -> str:
        return f"{self.number:016x}"

    def message(self) -> LogEntry:
        return LogEntry(
            log_name=self.log_name,
            resource={"type": self.resource, "labels": dict(self.resource_labels)},
            timestamp=self.timestamp,
            receive_timestamp=self.timestamp,
            severity=_SEVERITIES[self.severity],
            insert_id=self.insert_id,
            labels=dict(self.labels),
            text_payload=self.text,
        )


def _bare(key: str) -> str:
    return key.strip('"')


class CloudLogging:
    """All entries of all projects, in the order in which they were written."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects
        self._lock = threading.Lock()
        self._entries: dict[str, list[Entry]] = {}
        self._numbers = itertools.count(1)

    def methods(self) -> dict[str, Any]:
        return {"LoggingServiceV2.ListLogEntries": self.list_log_entries}

    def write(
        self,
        project: str,
        log: str,
        resource: str,
        resource_labels: Mapping[str, str],
        text: str,
        *,
        severity: str = "DEFAULT",
        labels: Mapping[str, str] | None = None,
    ) -> None:
        """Take one line; it can be read after the lag."""
        with self._lock:
            number = next(self._numbers)
            entry = Entry(
                project, log, resource, resource_labels, text, severity, labels or {}, number=number
            )
            self._entries.setdefault(project, []).append(entry)

    def list_log_entries(self, request: Any) -> ListLogEntriesResponse:
        if not request.resource_names:
            raise invalid("At least one resource name is required")
        test = log_filter.parse(request.filter)
        found: list[Entry] = []
        for name in request.resource_names:
            project = self._projects.admit(
                segments(name).get("projects", ""), API, "logging.logEntries.list", name, pays=False
            )
            found += [each for each in self._visible(project.id) if test(each.values)]
        order = request.order_by.strip().lower()
        if order not in {"", "timestamp", "timestamp asc", "timestamp desc"}:
            raise invalid(f"Invalid order_by '{request.order_by}'")
        found.sort(key=lambda entry: (entry.timestamp, entry.number), reverse=order == "timestamp desc")
        return self._page(found, request)

    def _visible(self, project: str) -> list[Entry]:
        behaviour, moment = self._projects.behaviour, time.monotonic()
        lag = {"": behaviour.log_lag} | {
            stream: behaviour.log_lag + more for stream, more in behaviour.stream_lag.items()
        }
        with self._lock:
            entries = self._entries.get(project, ())
            return [entry for entry in entries if entry.received + lag.get(entry.stream, lag[""]) <= moment]

    def _page(self, found: list[Entry], request: Any) -> ListLogEntriesResponse:
        """A page may have fewer entries than were asked for, or none, although there is more.

        https://cloud.google.com/logging/docs/reference/v2/rpc/google.logging.v2#listlogentriesresponse
        """
        behaviour = self._projects.behaviour
        size = min(request.page_size or 50, behaviour.log_page)
        start, empty = _place(request.page_token)
        if empty < behaviour.empty_pages:
            return ListLogEntriesResponse(next_page_token=_token(start, empty + 1))
        page = found[start : start + size]
        more = start + size < len(found)
        return ListLogEntriesResponse(
            entries=[entry.message() for entry in page],
            next_page_token=_token(start + size, empty) if more else "",
        )


def _token(start: int, empty: int) -> str:
    return base64.b64encode(f"{start} {empty}".encode()).decode()


def _place(token: str) -> tuple[int, int]:
    """From which entry on, and how many empty pages there were."""
    start, empty = base64.b64decode(token).split() if token else (b"0", b"0")
    return int(start), int(empty)
