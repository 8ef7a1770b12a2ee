"""One exchange with GitHub: who asks, where it leads, and what is remembered of it.

What is wrong with the defaults, measured: PyGithub sleeps before each write, repeats a POST after a 502,
never repeats a PATCH, follows a 301 without its query and takes a 307 for success.

A repository is asked for by its id, which nobody else gets. Its name is whoever's has taken it since: once a
renamed one's is taken anew GitHub leads there, and tells and takes what is somebody else's. GitHub's own redirects and
next pages go by the id too.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from requests import RequestException

from app.github.answer import Answer, Remembered
from app.github.connection import Client
from app.github.credentials import AppKey, Tokens
from app.github.endpoints import TOKEN, Endpoint, permissions
from app.github.errors import GitHubError, NotHeardYet, refusal, unreachable
from app.model import Repository
from app.places import Places
from app.telemetry import metrics, trace
from app.turn import NOBODY, Party, party_of

ACCEPT = "application/vnd.github+json"
# GitHub's limit is 100 at once: .../rate-limits-for-the-rest-api#about-secondary-rate-limits
AT_ONCE = 50
# GET is redirected with 301, everything else with 307; `_as_it_came` writes 308 for the first. An id never is.
MOVED = (307, 308)
NOT_MODIFIED = 304


class Wire:
    """Sends one request and never a second one. Safe for any thread."""

    def __init__(self, app_id: str, private_key: str, api_url: str) -> None:
        self.api_url = api_url.rstrip("/")
        self.key = AppKey(app_id, private_key)
        self.tokens = Tokens(self._mint)
        self._clients: deque[Client] = deque()
        self._places = Places(AT_ONCE)
        self._quiet_until: dict[int, float] = {}
        self._remembered = Remembered()

    def as_app(self, endpoint: Endpoint, body: Any = None, **parts: object) -> Answer:
        """Ask as the App itself."""
        return self._send(NOBODY, endpoint.verb, path_of(endpoint, **parts), self.key.jwt(), None, body)

    def as_app_about(self, endpoint: Endpoint, repository: Repository) -> Answer:
        """Ask as the App itself about one repository."""
        return self._send(
            NOBODY, endpoint.verb, path_within(endpoint, repository), self.key.jwt(), None, None
        )

    def pages_as_app(self, endpoint: Endpoint) -> Iterator[Any]:
        """Each page's JSON, as far as the caller reads."""
        page: str | None = f"{path_of(endpoint)}?per_page=100"
        while page:
            answer = self._send(NOBODY, endpoint.verb, page, self.key.jwt(), None, None)
            yield answer.json()
            page = answer.next_page

    def ask(
        self,
        endpoint: Endpoint,
        repository: Repository,
        *,
        query: Mapping[str, object] | None = None,
        body: Any = None,
        etag: str = "",
        **parts: object,
    ) -> Answer:
        """Ask about one repository; 304 when it is still what had this `etag`."""
        path = path_within(endpoint, repository, **parts)
        return self._as_installation(endpoint.verb, path, repository, query, body, etag)

    def ask_again(self, endpoint: Endpoint, repository: Repository, *, query: Mapping[str, object]) -> Answer:
        """As `ask`; while nothing has changed since the last time it costs nothing of the rate limit.

        https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests
        """
        key = f"{repository.installation_id} {path_within(endpoint, repository)} {sorted(query.items())}"
        known = self._remembered.of(key)
        answer = self.ask(endpoint, repository, query=query, etag=known.headers["etag"] if known else "")
        if known and answer.status == NOT_MODIFIED:
            return known
        self._remembered.keep(key, answer)
        return answer

    def pages(
        self, endpoint: Endpoint, repository: Repository, *, query: Mapping[str, object], **parts: object
    ) -> Iterator[Any]:
        """Each page's JSON, as far as the caller reads; the way on is GitHub's own `Link`."""
        answer = self.ask(endpoint, repository, query={"per_page": 100, **query}, etag="", **parts)
        yield from self._from(answer, repository)

    def pages_again(
        self, endpoint: Endpoint, repository: Repository, *, query: Mapping[str, object]
    ) -> Iterator[Any]:
        """As `pages`, where the first one is asked for again and again."""
        answer = self.ask_again(endpoint, repository, query={"per_page": 100, **query})
        yield from self._from(answer, repository)

    def _from(self, answer: Answer, repository: Repository) -> Iterator[Any]:
        yield answer.json()
        while page := answer.next_page:
            answer = self._as_installation("GET", page, repository, None, None)
            yield answer.json()

    def insist_not_quiet(self, installation: int) -> None:
        """Raise while GitHub has asked this installation to be quiet; going on may get an App banned."""
        wait = self._quiet_until.get(installation, 0.0) - time.monotonic()
        if wait > 0:
            raise GitHubError(429, "GitHub's rate limit for this installation is used up", True, wait)

    def refused(self, installation: int, status: int, headers: Mapping[str, str], body: str) -> GitHubError:
        """The error for an answer, after taking note of a rate limit for all threads."""
        error = refusal(status, headers, body, now=time.time())
        if error.rate_limited and error.retry_after is not None:
            self._quiet_until[installation] = time.monotonic() + error.retry_after
        return error

    def with_token(self, repository: Repository, token: str, error: GitHubError) -> GitHubError:
        """The refusal, beside the token that was refused.

        A young one may not be known everywhere yet, and a newer one would be younger still; an older one that was
        revoked, or ran out before its time, is worth another attempt with a new one.
        """
        if error.doubts_token and self.tokens.is_young(repository, token):
            return NotHeardYet(error.status, error.message, transient=True)
        if error.status != 401:
            return error
        self.tokens.forget(repository, token)
        return GitHubError(error.status, error.message, transient=True)

    def close(self) -> None:
        while self._clients:
            self._clients.pop().connection.close()

    def _mint(self, repository: Repository) -> tuple[str, float]:
        """A token for this one repository and what we call; what the owner has not accepted yet is done without."""
        wanted: dict[str, Any] = {"repository_ids": [repository.id], "permissions": permissions()}
        try:
            answer = self.as_app(TOKEN, wanted, installation=repository.installation_id).json()
        except GitHubError as error:
            if error.status != 422:
                raise
            del wanted["permissions"]
            answer = self.as_app(TOKEN, wanted, installation=repository.installation_id).json()
        return str(answer["token"]), datetime.fromisoformat(answer["expires_at"]).timestamp()

    def _as_installation(
        self,
        verb: str,
        path: str,
        repository: Repository,
        query: Mapping[str, object] | None,
        body: Any,
        etag: str = "",
    ) -> Answer:
        token = self.tokens.of(repository)
        try:
            return self._send(party_of(repository), verb, path, token, query, body, etag)
        except GitHubError as error:
            raise self.with_token(repository, token, error) from error

    def _send(
        self,
        party: Party,
        verb: str,
        path: str,
        bearer: str,
        query: Mapping[str, object] | None,
        body: Any,
        etag: str = "",
    ) -> Answer:
        installation = party.installation
        self.insist_not_quiet(installation)
        headers = {"Accept": ACCEPT} | ({"If-None-Match": etag} if etag else {})
        words = {"url.path": path.partition("?")[0]}
        with trace.span(f"GitHub {verb}", outside=True, **words), self._client(party) as client:
            client.bearer.value = bearer
            try:
                status, told, text = client.requester.requestJson(
                    verb, path, dict(query or {}), headers, body, client.connection
                )
            except RequestException as error:
                raise unreachable(error) from error
        metrics.limit_left(installation, told.get("x-ratelimit-remaining", ""))
        if status >= 400 or status in MOVED:
            raise self.refused(installation, status, told, text)
        return Answer(status, told, text)

    @contextmanager
    def _client(self, party: Party) -> Iterator[Client]:
        """A client for one request: never two threads' at once, and the last used first, its connection warm."""
        with self._places.one(party):
            try:
                client = self._clients.pop()
            except IndexError:
                client = Client.to(self.api_url)
            try:
                yield client
            finally:
                self._clients.append(client)


def path_within(endpoint: Endpoint, repository: Repository, **parts: object) -> str:
    """The endpoint's path for this very repository, whatever it is called."""
    by_id = replace(
        endpoint, path=endpoint.path.replace("/repos/{repository}", f"/repositories/{repository.id}")
    )
    return path_of(by_id, **parts)


def path_of(endpoint: Endpoint, **parts: object) -> str:
    """The endpoint's path; slashes in a branch or a file's path stay, everything else odd is escaped."""
    return endpoint.path.format(**{name: quote(str(part), safe="/") for name, part in parts.items()})
