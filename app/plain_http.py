"""One plain question over HTTP, without anybody's credentials: what was answered, and what time it is there."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx

from app.trusted import authorities

TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class Said:
    """An answer; `at` is its Date in epoch seconds, None where it has none that can be read."""

    status: int
    text: str
    at: float | None


class Unanswered(Exception):  # noqa: N818 - reads as what happened
    """Nobody answered, and why."""


def ask(url: str) -> Said:
    """GET, once. Raises Unanswered."""
    try:
        answer = httpx.get(
            url, timeout=TIMEOUT_SECONDS, headers={"user-agent": "ServerGem"}, verify=authorities()
        )
    except httpx.HTTPError as error:
        raise Unanswered(f"{type(error).__name__}: {error}") from error
    return Said(answer.status_code, answer.text, _when(answer.headers.get("date", "")))


def _when(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
