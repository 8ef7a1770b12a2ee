"""Who may see what: whoever may read a repository at this moment, and operators everything."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from app import log
from app.github.errors import GitHubError
from app.github.sign_in import Person
from app.model import Repository

if TYPE_CHECKING:
    from app.github import GitHub

# How long GitHub's answer is good.
REMEMBERED_SECONDS = 60.0
MOST_REMEMBERED = 10_000


@dataclass(frozen=True)
class Visitor:
    """Whoever looks at a page; nobody signs in where the operator has opened the pages."""

    person: Person | None
    is_operator: bool


@dataclass
class Access:
    """Asks GitHub as the App, so that nobody's token is kept."""

    github: GitHub
    _known: dict[tuple[int, int], tuple[bool, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def may_read(self, visitor: Visitor, repository: Repository) -> bool:
        """Whether GitHub lets this person read the repository. GitHubError when it cannot be asked."""
        if visitor.is_operator or visitor.person is None:
            return visitor.is_operator
        key, now = (visitor.person.id, repository.id), time.monotonic()
        with self._lock:
            answer, until = self._known.get(key, (False, 0.0))
        if now < until:
            return answer
        answer = self.github.may_read(repository, visitor.person.login, visitor.person.id)
        with self._lock:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = (answer, now + REMEMBERED_SECONDS)
        return answer

    async def readable(self, visitor: Visitor, repositories: Iterable[Repository]) -> frozenset[int]:
        """The ids of those that this person may read; what GitHub cannot tell now is left out."""
        every = list(repositories)
        answers = await asyncio.gather(*(run_in_threadpool(self._told, visitor, each) for each in every))
        return frozenset(each.id for each, may in zip(every, answers, strict=True) if may)

    def _told(self, visitor: Visitor, repository: Repository) -> bool:
        try:
            return self.may_read(visitor, repository)
        except GitHubError as error:
            log.fault("access.unknown", error, repository=repository.full_name)
            return False
