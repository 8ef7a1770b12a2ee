"""What opens a private repository's archive at its own host, for five minutes."""

from __future__ import annotations

import secrets
import threading
import time

from sandbox.github.records import Repo

SECONDS = 300.0


class ArchiveKeys:
    """Those that were given out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[str, tuple[int, float]] = {}

    def new(self, repo: Repo) -> str:
        key = secrets.token_urlsafe(16)
        with self._lock:
            self._keys[key] = (repo.id, time.time() + SECONDS)
        return key

    def opens(self, key: str, repo: Repo) -> bool:
        with self._lock:
            id, until = self._keys.get(key, (0, 0.0))  # noqa: A001 - GitHub's word
        return id == repo.id and time.time() < until
