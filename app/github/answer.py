"""What GitHub says below 400, and what of it is remembered."""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.github.errors import GitHubError

NEXT_PAGE = re.compile(r'<([^>]+)>;\s*rel="next"')
# Enough for the first page of some thousand repositories in which nothing happens; characters.
MOST_REMEMBERED = 16 << 20


@dataclass(frozen=True)
class Answer:
    """What GitHub said, below 400. `headers` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: str

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise GitHubError(self.status, "GitHub's answer is not JSON", transient=True) from error

    @property
    def next_page(self) -> str | None:
        found = NEXT_PAGE.search(self.headers.get("link", ""))
        return found[1] if found else None


class Remembered:
    """The last answers to what is asked again and again, as many as have room. Safe for any thread."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most, self._held = most, 0
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: str) -> Answer | None:
        with self._lock:
            return self._answers.get(key)

    def keep(self, key: str, answer: Answer) -> None:
        """Remember it, if it can be asked for by its ETag; the ones that were kept first make room."""
        with self._lock:
            if (old := self._answers.pop(key, None)) is not None:
                self._held -= len(old.body)
            if not answer.headers.get("etag") or len(answer.body) > self._most:
                return
            self._answers[key] = answer
            self._held += len(answer.body)
            while self._held > self._most:
                _, gone = self._answers.popitem(last=False)
                self._held -= len(gone.body)
