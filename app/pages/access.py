"""Who may see what: whoever may read a repository at this moment, and operators everything.

One code for both ways of saying who one is: the session of a browser, and a person's own token at GitHub, which opens
here no more than it opens there.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import threading
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from starlette.concurrency import run_in_threadpool

from app.github.errors import GitHubError
from app.github.user_tokens import Reach, UserTokens
from app.model import Person, Repository
from app.pages.strangers import From, Strangers
from app.telemetry import log

if TYPE_CHECKING:
    from app.github import GitHub

Key = TypeVar("Key", bound=Hashable)
Told = TypeVar("Told")

# How long GitHub's answer is good.
REMEMBERED_SECONDS = 60.0
MOST_REMEMBERED = 10_000
# All forms of GitHub's tokens have these characters; what has others is not sent there.
TOKEN = re.compile(r"[A-Za-z0-9_.-]{1,1000}")


@dataclass(frozen=True)
class Bearer:
    """A person's own token at GitHub, for as long as the request that carries it."""

    token: str = field(repr=False)

    @property
    def mark(self) -> str:
        """What it is remembered by."""
        return hashlib.sha256(self.token.encode()).hexdigest()


@dataclass(frozen=True)
class Visitor:
    """Whoever looks at a page; `bearer` is the token that says who that is, where no session does.

    `operates`: the settings name this person as an operator. `is_operator`: this visitor sees what an operator sees,
    which everybody does where the operator has opened the pages.
    """

    person: Person | None
    is_operator: bool
    bearer: Bearer | None = None
    operates: bool = False


@dataclass
class Remembered(Generic[Key, Told]):
    """GitHub's answers, for as long as they are good. Safe for any thread."""

    _known: dict[Key, tuple[Told, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, key: Key, ask: Callable[[], Told]) -> Told:
        """The answer of the last minute, or a new one; what `ask` raises is not remembered."""
        now = time.monotonic()
        with self._lock:
            known = self._known.get(key)
        if known and now < known[1]:
            return known[0]
        answer = ask()
        with self._lock:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = (answer, now + REMEMBERED_SECONDS)
        return answer


@dataclass
class Access:
    """Asks GitHub as the App what a person may, and with the person's token what that opens; no token is kept."""

    github: GitHub
    tokens: UserTokens
    strangers: Strangers = field(default_factory=Strangers)
    _may_read: Remembered[tuple[int, int], bool] = field(default_factory=Remembered)
    _may_write: Remembered[tuple[int, int], bool] = field(default_factory=Remembered)
    _public: Remembered[int, bool] = field(default_factory=Remembered)
    _people: Remembered[str, Person | None] = field(default_factory=Remembered)
    _reaches: Remembered[tuple[str, int], Reach] = field(default_factory=Remembered)

    def may_read(self, visitor: Visitor, repository: Repository) -> bool:
        """Whether GitHub lets this person read the repository. GitHubError when it cannot be asked."""
        person = visitor.person
        if visitor.is_operator or person is None:
            return visitor.is_operator
        if visitor.bearer and not self.reach(visitor.bearer, repository).reads:
            return False
        return self._may_read.of(
            (person.id, repository.id), lambda: self.github.may_read(repository, person.login, person.id)
        )

    def seems_to_write(self, visitor: Visitor, repository: Repository) -> bool:
        """Whether to show buttons; whoever presses one is asked about anew. False when GitHub cannot be asked."""
        person = visitor.person
        if person is None:
            return False
        try:
            return self._may_write.of((person.id, repository.id), lambda: self.writes(person, repository))
        except GitHubError as error:
            log.fault("access.unknown", error, repository=repository.full_name)
            return False

    def writes(self, person: Person, repository: Repository) -> bool:
        """Whether this person may write to it, asked at this moment. GitHubError when GitHub cannot be asked."""
        return self.github.may_write(repository, person.login, person.id)

    def reach(self, bearer: Bearer, repository: Repository) -> Reach:
        """What the token itself opens of the repository. GitHubError when GitHub cannot be asked."""
        return self._reaches.of(
            (bearer.mark, repository.id), lambda: self.tokens.reach(bearer.token, repository)
        )

    def person(self, bearer: Bearer, where: From) -> Person | None:
        """Whose token it is; None when it is nobody's. GitHubError when GitHub cannot be asked; TooMany."""
        if not TOKEN.fullmatch(bearer.token):
            return None
        mark = bearer.mark
        return self._people.of(
            mark, lambda: self.strangers.asked(mark, where, lambda: self.tokens.person(bearer.token))
        )

    def is_public(self, repository: Repository) -> bool:
        """Whether everybody may read the repository. GitHubError when GitHub cannot be asked."""
        return self._public.of(repository.id, lambda: self.github.is_public(repository))

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
