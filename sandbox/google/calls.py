"""The book of calls: how often each method was called, and a line of JSON for each call if somebody wants it."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sandbox.google.state import now
from sandbox.spans import Spans


@dataclass(frozen=True)
class Call:
    """One answered call: what was asked, how it ended, when it came and how long it took."""

    method: str
    request: Any
    status: str
    time: str
    seconds: float


class Calls(Mapping[str, int]):
    """Counts by method; a mapping, so `dict(calls)` is what was called how often."""

    def __init__(self, record: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._file = None
        self.spans = Spans()
        if record is not None:
            record.parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered, so that each line is one write: exchanges with GitHub may go to the same file.
            self._file = record.open("ab", buffering=0)

    @property
    def recording(self) -> bool:
        return self._file is not None

    def arrived(self, method: str) -> None:
        with self._lock:
            self._counts[method] += 1

    def answered(self, method: str, request: Any, status: str, seconds: float) -> None:
        """Write the call down."""
        if self._file is None:
            return
        line = json.dumps(asdict(Call(method, request, status, now().isoformat(), round(seconds, 6))))
        with self._lock:
            if not self._file.closed:
                self._file.write(f"{line}\n".encode())

    def reset(self) -> None:
        """Count from nought again."""
        with self._lock:
            self._counts.clear()

    def total(self) -> int:
        with self._lock:
            return self._counts.total()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def __getitem__(self, method: str) -> int:
        """How often `method` was called; never a KeyError."""
        with self._lock:
            return self._counts[method]

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter(list(self._counts))

    def __len__(self) -> int:
        with self._lock:
            return len(self._counts)
