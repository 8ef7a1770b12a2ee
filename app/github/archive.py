"""A commit's tarball, streamed: PyGithub would read it whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from app.github.endpoints import TARBALL
from app.github.errors import unreachable
from app.github.wire import API_VERSION, USER_AGENT, Wire, path_of
from app.model import Commit

CONNECT_SECONDS, SILENCE_SECONDS = 15.0, 60.0
# httpx would close an idle connection after five seconds, and pushes come further apart.
KEEP_OPEN_SECONDS = 60.0

Retrying = Callable[[Callable[[], httpx.Response]], httpx.Response]


class Archives:
    """Opens tarballs over connections that stay open between commits."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        # httpx drops Authorization when GitHub sends it on to codeload.github.com.
        self._client = httpx.Client(
            timeout=httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=True,
            limits=httpx.Limits(keepalive_expiry=KEEP_OPEN_SECONDS),
            headers={"user-agent": USER_AGENT, "accept-encoding": "identity"},
        )

    @contextmanager
    def tarball(self, commit: Commit, retrying: Retrying) -> Iterator[tuple[Iterator[bytes], int | None]]:
        """The chunks, and the size when GitHub says it. A break in the middle is a GitHubError to the reader."""
        response = retrying(lambda: self._open(commit))
        try:
            size = response.headers.get("content-length", "")
            yield _chunks(response), int(size) if size.isdecimal() else None
        finally:
            response.close()

    def close(self) -> None:
        self._client.close()

    def _open(self, commit: Commit) -> httpx.Response:
        wire, repository = self._wire, commit.repository
        wire.insist_not_quiet(repository.installation_id)
        token = wire.tokens.of(repository)
        path = path_of(TARBALL, repository=wire.name_of(repository), ref=commit.sha)
        headers = {"authorization": f"Bearer {token}", "x-github-api-version": API_VERSION}
        request = self._client.build_request(TARBALL.verb, wire.api_url + path, headers=headers)
        try:
            response = self._client.send(request, stream=True)
            if response.is_success:
                return response
            response.read()
        except httpx.HTTPError as error:
            raise unreachable(error) from error
        refusal = wire.refused(
            repository.installation_id, response.status_code, response.headers, response.text
        )
        raise wire.distrusted(repository, token, refusal) if refusal.status == 401 else refusal


def _chunks(response: httpx.Response) -> Iterator[bytes]:
    try:
        yield from response.iter_raw()
    except httpx.HTTPError as error:
        raise unreachable(error) from error
