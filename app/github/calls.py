"""How GitHub is asked: once more when it is of use, and never twice for what was made already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from app.github import endpoints
from app.github.archive import Archives
from app.github.errors import GitHubError, NotHeardYet
from app.github.wire import Wire
from app.model import Repository
from app.retry import Policy, retrying

T = TypeVar("T")


# GitHub tells of a push before all that answers for it has heard of it, which takes seconds: so many first waits.
# https://github.com/rancher/fleet/pull/4842, https://github.com/octokit/octokit.js/issues/900
SETTLING = 3


class _Doubtful(Exception):  # noqa: N818 - an answer that is asked for again
    def __init__(self, found: object) -> None:
        super().__init__("GitHub may not have heard of the push yet")
        self.found = found


class Calls:
    """How we ask: once more when it is of use, and never twice for what was made already."""

    def __init__(self, app_id: str, private_key: str, api_url: str, retry: Policy) -> None:
        self._wire = Wire(app_id, private_key, api_url)
        self._archives = Archives(self._wire)
        self._retry = retry
        self._settling = SETTLING * retry.first_wait

    def close(self) -> None:
        """Give the connections back."""
        self._wire.close()
        self._archives.close()

    def _again(self, work: Callable[[], T]) -> T:
        return retrying(work, transient=self._transient, service="GitHub", policy=self._retry)

    def _transient(self, error: Exception) -> float | None:
        """None when it is no use, or when GitHub wants a longer silence than this call may take."""
        if isinstance(error, NotHeardYet):
            return self._settling
        if not isinstance(error, GitHubError) or not error.transient:
            return None
        wait = error.retry_after or 0.0
        return wait if wait < self._retry.total else None

    def _once_there(self, work: Callable[[], T]) -> T:
        """Again also while what a push brought is not there."""

        def transient(error: Exception) -> float | None:
            absent = isinstance(error, GitHubError) and error.absent
            return self._settling if absent else self._transient(error)

        return retrying(work, transient=transient, service="GitHub", policy=self._retry)

    def settled(self, look: Callable[[], T], doubtful: Callable[[T], bool]) -> T:
        """What `look` finds, asked for again while it is `doubtful`: as it would be before a push that GitHub told of.

        What it still finds at last is so. `look` has its own attempts, so that only doubt leads to another look.
        """

        def certain() -> T:
            found = look()
            if doubtful(found):
                raise _Doubtful(found)
            return found

        def transient(error: Exception) -> float | None:
            return self._settling if isinstance(error, _Doubtful) else None

        try:
            return retrying(certain, transient=transient, service="GitHub", policy=self._retry)
        except _Doubtful as last:
            return cast(T, last.found)

    def _make(
        self, look: Callable[[], int | None], post: Callable[[], int], *, doubtful: bool = False
    ) -> int:
        """POST once; after an answer that did not come, look for what it may have made before the next."""

        def attempt() -> int:
            nonlocal doubtful
            if doubtful and (found := look()) is not None:
                return found
            doubtful = True
            return post()

        return self._again(attempt)

    def _get_or_none(
        self,
        endpoint: endpoints.Endpoint,
        repository: Repository,
        query: dict[str, object],
        *,
        expected: bool = False,
        **parts: str,
    ) -> Any:
        """What is there, None where nothing is; of what is `expected`, once it had the time to come."""
        asked = self._once_there if expected else self._again
        try:
            return asked(lambda: self._wire.ask(endpoint, repository, query=query, **parts)).json()
        except GitHubError as error:
            # "No commit found for the ref …" is not about the thing that was asked for, but about its commit.
            if not error.absent or (endpoint is endpoints.CONTENTS and "No commit" in error.message):
                raise
            return None


def id_of(thing: dict[str, Any]) -> int:
    return int(thing["id"])
