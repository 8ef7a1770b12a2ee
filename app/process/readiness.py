"""Whether a push would be deployed: each thing that this takes, asked now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.redaction import redact

READY_SECONDS = 10.0  # how long an answer of /readyz is kept

Question = Callable[[], object]
"""Raises whatever is wrong."""


@dataclass(frozen=True)
class Answer:
    """One part of /readyz."""

    ok: bool
    why: str = ""
    starting: bool = False
    """Not yet, and otherwise in a moment, without anybody's help."""


class NotYet(Exception):  # noqa: N818 - reads as what happened
    """Something of ours that is not there, in a sentence."""


class Starting(NotYet):
    """What is not there yet is on its way."""

    def __init__(self) -> None:
        super().__init__("ServerGem is starting")


class Readiness:
    """Asks its questions once in READY_SECONDS at most, however many want to know; while it starts, each time."""

    def __init__(self, questions: Callable[[], Mapping[str, Question]]) -> None:
        self._questions = questions
        self._asked_at = 0.0
        self._answers: dict[str, Answer] = {}
        self._asking = threading.Lock()

    def answers(self) -> dict[str, Answer]:
        with self._asking:
            if not self._answers or time.monotonic() - self._asked_at > READY_SECONDS:
                self._answers = {name: _answer(ask) for name, ask in self._questions().items()}
                starting = any(answer.starting for answer in self._answers.values())
                self._asked_at = 0.0 if starting else time.monotonic()
            return self._answers


def _answer(question: Question) -> Answer:
    """Ask; an exception is the answer no."""
    try:
        question()
    except NotYet as not_yet:
        return Answer(False, redact(str(not_yet)), isinstance(not_yet, Starting))
    except Exception as error:  # noqa: BLE001 - whatever it was, it is the reason shown
        return Answer(False, redact(f"{type(error).__name__}: {error}"))
    return Answer(True)
