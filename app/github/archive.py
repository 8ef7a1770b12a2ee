"""A commit's tarball, streamed: PyGithub would read it whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import httpx

from app.github.connection import API_VERSION, USER_AGENT
from app.github.endpoints import TARBALL
from app.github.errors import GitHubError, unreachable
from app.github.wire import Wire, path_within
from app.model import Commit
from app.telemetry import trace
from app.trusted import authorities

CONNECT_SECONDS, SILENCE_SECONDS = 15.0, 60.0
# httpx would close an idle connection after five seconds, and pushes come further apart.
KEEP_OPEN_SECONDS = 60.0

AHEAD = 8  # threads that ask for addresses
MOST_EXPECTED = 256

Retrying = Callable[[Callable[[], httpx.Response]], httpx.Response]


class Archives:
    """Opens tarballs over connections that stay open between commits."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._expected: dict[tuple[int, str], Future[str]] = {}
        self._ahead = ThreadPoolExecutor(AHEAD, thread_name_prefix="archive")
        self._client = httpx.Client(
            verify=authorities(),
            timeout=httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(keepalive_expiry=KEEP_OPEN_SECONDS),
            headers={"user-agent": USER_AGENT, "accept-encoding": "identity"},
        )

    @contextmanager
    def tarball(self, commit: Commit, retrying: Retrying) -> Iterator[tuple[Iterator[bytes], int | None]]:
        """The chunks, and the size when GitHub says it. A break in the middle is a GitHubError to the reader."""
        with trace.span(
            "GitHub GET",
            outside=True,
            **{"url.path": path_within(TARBALL, commit.repository, ref=commit.sha)},
        ):
            response = retrying(lambda: self._open(commit))
        try:
            size = response.headers.get("content-length", "")
            yield _chunks(response), int(size) if size.isdecimal() else None
        finally:
            response.close()

    def expect(self, commit: Commit) -> None:
        """Ask for the archive's address now; whoever opens it next need not wait for that."""
        key = (commit.repository.id, commit.sha)
        while len(self._expected) >= MOST_EXPECTED:
            self._expected.pop(next(iter(self._expected)), None)
        self._expected[key] = self._ahead.submit(self._address, commit)

    def close(self) -> None:
        self._ahead.shutdown(cancel_futures=True)
        self._client.close()

    def _open(self, commit: Commit) -> httpx.Response:
        """The archive's stream. Its address needs no credentials, and none are sent there."""
        expected = self._expected.pop((commit.repository.id, commit.sha), None)
        if expected is not None:
            try:
                return self._stream(commit, expected.result())
            except GitHubError:
                expected = None  # it was too early, or too long ago: five minutes at most
        return self._stream(commit, self._address(commit))

    def _stream(self, commit: Commit, address: str) -> httpx.Response:
        try:
            response = self._client.send(self._client.build_request("GET", address), stream=True)
            if response.is_success:
                return response
            response.read()
        except httpx.HTTPError as error:
            raise unreachable(error) from error
        raise self._wire.refused(
            commit.repository.installation_id, response.status_code, response.headers, response.text
        )

    def _address(self, commit: Commit) -> str:
        """Where GitHub keeps this archive for the next minutes."""
        wire, repository = self._wire, commit.repository
        wire.insist_not_quiet(repository.installation_id)
        token = wire.tokens.of(repository)
        path = path_within(TARBALL, repository, ref=commit.sha)
        headers = {"authorization": f"Bearer {token}", "x-github-api-version": API_VERSION}
        request = self._client.build_request(TARBALL.verb, wire.api_url + path, headers=headers)
        try:
            response = self._client.send(request)
        except httpx.HTTPError as error:
            raise unreachable(error) from error
        if response.status_code == httpx.codes.FOUND and response.next_request is not None:
            return str(response.next_request.url)
        refusal = wire.refused(
            repository.installation_id, response.status_code, response.headers, response.text
        )
        raise wire.with_token(repository, token, refusal)


def _chunks(response: httpx.Response) -> Iterator[bytes]:
    try:
        yield from response.iter_raw()
    except httpx.HTTPError as error:
        raise unreachable(error) from error
