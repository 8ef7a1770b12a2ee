"""Deliveries: signed, sent in order by one worker, recorded with each attempt, and held or shuffled on demand."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import queue
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from ssl import SSLContext

import httpx

from sandbox.github.words import Json, now
from sandbox.record import Recorder

HOOK_ID = 480_000_001
ANSWER_SECONDS = 10.0
# A larger event is not delivered at all.
LARGEST_PAYLOAD = 25 * 1024 * 1024


@cache
def _authorities() -> SSLContext:
    """Read once for all sandboxes of a process: it takes a processor longer than a story's other deliveries."""
    return httpx.create_ssl_context(trust_env=False)


@dataclass(frozen=True)
class Event:
    """Something that happened, with its GUID: every delivery and redelivery of it carries the same one."""

    name: str
    payload: bytes
    installation_id: int | None
    repository_id: int | None
    guid: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def action(self) -> str | None:
        told = json.loads(self.payload).get("action")
        return str(told) if told is not None else None


@dataclass(frozen=True)
class Attempt:
    """One try to deliver an event. `status` is "OK" or why not; `status_code` 0 is no answer."""

    id: int
    event: Event
    redelivery: bool
    url: str = ""
    delivered_at: str = ""
    duration: float = 0.0
    status: str = "pending"
    status_code: int = 0
    request_headers: Json = field(default_factory=dict)
    response_headers: Json = field(default_factory=dict)
    response_body: str = ""

    def item(self) -> Json:
        return {
            "id": self.id,
            "guid": self.event.guid,
            "delivered_at": self.delivered_at,
            "redelivery": self.redelivery,
            "duration": self.duration,
            "status": self.status,
            "status_code": self.status_code,
            "event": self.event.name,
            "action": self.event.action,
            "installation_id": self.event.installation_id,
            "repository_id": self.event.repository_id,
            "throttled_at": None,
        }

    def whole(self) -> Json:
        return {
            **self.item(),
            "url": self.url,
            "request": {"headers": self.request_headers, "payload": json.loads(self.event.payload)},
            "response": {"headers": self.response_headers, "payload": self.response_body},
        }


class Deliveries:
    """One worker sends; `hold` and `release` decide what and in which order.

    `patience` is the seconds an answer may take, GitHub's ten unless somebody gives a slow machine more.
    https://docs.github.com/webhooks/using-webhooks/best-practices-for-using-webhooks#respond-within-10-seconds
    """

    def __init__(self, address: str, secret: str, app_id: int, recorder: Recorder) -> None:
        self.address, self._recorder = address, recorder
        self.sign(app_id, secret)
        self.patience = ANSWER_SECONDS
        self._ids = itertools.count(180_000_000_001)
        self._queue: queue.Queue[tuple[Event, bool] | None] = queue.Queue()
        self._lock = threading.Lock()
        self._attempts: dict[int, Attempt] = {}
        self._holding = False
        self._held: list[Event] = []
        self._drop = 0
        self._twice = 0
        self._worker: threading.Thread | None = None

    def start(self) -> None:
        self._worker = threading.Thread(target=self._work, name="sandbox-webhooks", daemon=True)
        self._worker.start()

    def stop(self) -> None:
        self._queue.put(None)
        if self._worker is not None:
            self._worker.join(ANSWER_SECONDS)

    def sign(self, app_id: int, secret: str) -> None:
        """Whose deliveries they are from now on, and with what they are signed."""
        self._app_id, self._secret = app_id, secret

    def send(self, event: Event) -> None:
        """Deliver an event, unless the plan is to hold or to lose it."""
        if len(event.payload) > LARGEST_PAYLOAD:
            return
        self._recorder.delivery(event.name, event.payload)
        with self._lock:
            if self._drop:
                self._drop -= 1
                return
            if self._holding:
                self._held.append(event)
                return
            times = 1
            if self._twice:
                self._twice -= 1
                times = 2
        for _ in range(times):
            self._queue.put((event, False))

    def hold(self) -> None:
        """From now on keep events back, until `release`."""
        with self._lock:
            self._holding = True

    @property
    def held(self) -> tuple[Event, ...]:
        with self._lock:
            return tuple(self._held)

    def release(self, order: Sequence[int] | None = None) -> None:
        """Send what was held, in this order: an index twice is a duplicate, one left out is lost."""
        with self._lock:
            held, self._held, self._holding = self._held, [], False
        for index in range(len(held)) if order is None else order:
            self._queue.put((held[index], False))

    def drop(self, times: int = 1) -> None:
        """The next events are never delivered, as happens."""
        with self._lock:
            self._drop += times

    def duplicate(self, times: int = 1) -> None:
        """The next events are delivered twice."""
        with self._lock:
            self._twice += times

    def redeliver(self, attempt_id: int) -> bool:
        """False when there is no such attempt."""
        attempt = self.attempt(attempt_id)
        if attempt is not None:
            self._queue.put((attempt.event, True))
        return attempt is not None

    def attempt(self, attempt_id: int) -> Attempt | None:
        with self._lock:
            return self._attempts.get(attempt_id)

    def attempts(self) -> list[Attempt]:
        """Newest first."""
        with self._lock:
            return sorted(self._attempts.values(), key=lambda attempt: attempt.id, reverse=True)

    def settle(self) -> None:
        """Wait until everything that was sent has been tried."""
        self._queue.join()

    def _work(self) -> None:
        # The person's proxy settings have no business on loopback.
        with httpx.Client(trust_env=False, verify=_authorities()) as client:
            while True:
                task = self._queue.get()
                try:
                    if task is None:
                        return
                    attempt = self._try(client, *task)
                    with self._lock:
                        self._attempts[attempt.id] = attempt
                finally:
                    self._queue.task_done()

    def _try(self, client: httpx.Client, event: Event, redelivery: bool) -> Attempt:
        url = self.address
        headers = self._headers(event)
        attempt = Attempt(next(self._ids), event, redelivery, url, now(), request_headers=headers)
        if not url:
            return replace(attempt, status="failed to connect to host")
        started = time.perf_counter()
        try:
            answer = client.post(url, content=event.payload, headers=headers, timeout=self.patience)
        except httpx.TimeoutException:
            return replace(attempt, status="timed out", duration=round(time.perf_counter() - started, 2))
        except httpx.HTTPError:
            return replace(attempt, status="failed to connect to host")
        return replace(
            attempt,
            duration=round(time.perf_counter() - started, 2),
            status="OK" if answer.is_success else f"Invalid HTTP Response: {answer.status_code}",
            status_code=answer.status_code,
            response_headers=dict(answer.headers),
            response_body=answer.text,
        )

    def _headers(self, event: Event) -> Json:
        key = self._secret.encode()
        return {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/5a0d6b1",
            "X-GitHub-Event": event.name,
            "X-GitHub-Delivery": event.guid,
            "X-GitHub-Hook-ID": str(HOOK_ID),
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-GitHub-Hook-Installation-Target-ID": str(self._app_id),
            "X-Hub-Signature": "sha1=" + hmac.new(key, event.payload, hashlib.sha1).hexdigest(),
            "X-Hub-Signature-256": "sha256=" + hmac.new(key, event.payload, hashlib.sha256).hexdigest(),
        }
