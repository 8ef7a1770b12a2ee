"""A record of what was said: each REST exchange and each webhook as one JSON object a line."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# What identifies a caller stays readable, what would let somebody else be that caller does not.
_SHOWN_CREDENTIAL = 12


class Recorder:
    """Appends lines to a file; with no path it keeps nothing. Safe for any thread."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._file = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered, so that each line is one write: Google's calls may go to the same file.
            self._file = path.open("ab", buffering=0)

    def exchange(
        self,
        method: str,
        path: str,
        *,
        request_headers: Mapping[str, str],
        request_body: bytes,
        status: int | None = None,
        response_headers: Mapping[str, str] | None = None,
        response_body: bytes = b"",
    ) -> None:
        """One request as it came, and its answer; no status when the connection was lost before one."""
        line: dict[str, Any] = {"method": method, "path": path, "request_headers": _masked(request_headers)}
        if request_body:
            line["request_body"] = _json_or_text(request_body)
        if status is not None:
            line |= {"status": status, "response_headers": dict(response_headers or {})}
            line["response_body"] = _json_or_text(response_body) if response_body else None
        self._write(line)

    def delivery(self, event: str, payload: bytes) -> None:
        """One webhook as it was signed."""
        self._write({"event": event, "payload": json.loads(payload)})

    def close(self) -> None:
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _write(self, line: dict[str, Any]) -> None:
        text = json.dumps(line, ensure_ascii=False)
        with self._lock:
            if self._file is not None:
                self._file.write(f"{text}\n".encode())


def _masked(headers: Mapping[str, str]) -> dict[str, str]:
    shown = dict(headers)
    scheme, _, secret = shown.get("authorization", "").partition(" ")
    if secret:
        shown["authorization"] = f"{scheme} {secret[:_SHOWN_CREDENTIAL]}…"
    return shown


def _json_or_text(body: bytes) -> Any:
    text = body.decode(errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        return text
