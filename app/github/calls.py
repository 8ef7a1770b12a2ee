"""How GitHub is asked: once more when it is of use, and never twice for what was made already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from app.github import endpoints
from app.github.archive import Archives
from app.github.errors import GitHubError
from app.github.wire import Wire
from app.model import Repository
from app.retry import Policy, retrying

T = TypeVar("T")


class Calls:
    """How we ask: once more when it is of use, and never twice for what was made already."""

    def __init__(self, app_id: str, private_key: str, api_url: str, retry: Policy) -> None:
        self._wire = Wire(app_id, private_key, api_url)
        self._archives = Archives(self._wire)
        self._retry = retry

    def close(self) -> None:
        """Give the connections back."""
        self._wire.close()
        self._archives.close()

    def _again(self, work: Callable[[], T]) -> T:
        return retrying(work, transient=self._transient, service="GitHub", policy=self._retry)

    def _transient(self, error: Exception) -> float | None:
        """None when it is no use, or when GitHub wants a longer silence than this call may take."""
        if not isinstance(error, GitHubError) or not error.transient:
            return None
        wait = error.retry_after or 0.0
        return wait if wait < self._retry.total else None

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
        self, endpoint: endpoints.Endpoint, repository: Repository, query: dict[str, object], **parts: str
    ) -> Any:
        try:
            return self._again(lambda: self._wire.ask(endpoint, repository, query=query, **parts)).json()
        except GitHubError as error:
            # "No commit found for the ref …" is not about the thing that was asked for, but about its commit.
            if not error.absent or (endpoint is endpoints.CONTENTS and "No commit" in error.message):
                raise
            return None


def id_of(thing: dict[str, Any]) -> int:
    return int(thing["id"])
