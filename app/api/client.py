"""A ServerGem asked from elsewhere, over its API, with a token of the person who asks."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import quote, urlsplit

import httpx
from pydantic import ValidationError

from app.api.shapes import DeploymentPage, PressShape, Refused, ServiceList, Shape, WholeDeployment
from app.retry import retrying
from app.trusted import authorities

TIMEOUT_SECONDS = 90.0  # longer than ServerGem waits for GitHub, for all that it asks there
LOOK_SECONDS = 1.0
BLOCK_LINES = 5000
# The pages and GitHub's own door say these when it is worth another try.
PASSING = frozenset({429, 502, 503, 504})
AT_HOME = frozenset({"localhost", "127.0.0.1", "::1"})
Answer = TypeVar("Answer", bound=Shape)


class NoAnswer(Exception):  # noqa: N818 - what ServerGem said instead, for a person
    """Why there is no answer, and what to do. `passing`: the same may be asked again."""

    def __init__(self, reason: str, *, passing: bool = False) -> None:
        super().__init__(reason)
        self.passing = passing


@dataclass(frozen=True)
class Client:
    """One ServerGem, for one person. Each method raises NoAnswer."""

    url: str
    token: str = field(repr=False)

    @classmethod
    def of(cls, url: str, environment: Mapping[str, str]) -> Client:
        """With the token of GITHUB_TOKEN, or of `gh`. NoAnswer when there is none, or it would be overheard."""
        address = urlsplit(url)
        if address.scheme != "https" and address.hostname not in AT_HOME:
            raise NoAnswer(
                f"{url} is not https, and your token would be read on the way. Name it as https://…"
            )
        return cls(url.rstrip("/"), environment.get("GITHUB_TOKEN", "") or _token_of_gh())

    def deployments(
        self, *, repository: str = "", environment: str = "", state: str = "", limit: int = 25
    ) -> DeploymentPage:
        asked = {"repository": repository, "environment": environment, "state": state, "limit": str(limit)}
        return self._get(DeploymentPage, "/deployments", {name: word for name, word in asked.items() if word})

    def services(self, *, repository: str = "") -> ServiceList:
        return self._get(ServiceList, "/services", {"repository": repository} if repository else {})

    def deployment(self, id_: str) -> WholeDeployment:
        return self._get(WholeDeployment, _one(id_))

    def log(self, id_: str, first: int = 1) -> Iterator[str]:
        """Its lines so far, from the first one that is wanted."""
        while True:
            block = self._lines(id_, first)
            yield from block
            first += len(block)
            if len(block) < BLOCK_LINES:
                return

    def follow(self, id_: str) -> Iterator[str]:
        """Its lines as they come, until it has ended and all of them were read."""
        count, running = 0, True
        while running:
            running = self.deployment(id_).state == "running"
            for line in self.log(id_, count + 1):
                count += 1
                yield line
            time.sleep(LOOK_SECONDS if running else 0.0)

    def ended(self, id_: str, seconds: float) -> WholeDeployment:
        """How it is once it has ended, or after so many seconds."""
        until = time.monotonic() + seconds
        while (found := self.deployment(id_)).state == "running" and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
        return found

    def roll_back(self, id_: str) -> PressShape:
        """What came of it. Asked once: whoever gets no answer looks before asking again."""
        pressed = _read(PressShape, self._sent("POST", f"{_one(id_)}/rollback", {}))
        while not (came := self._get(PressShape, f"{_one(id_)}/rollbacks/{pressed.id}")).outcome:
            time.sleep(LOOK_SECONDS)
        return came

    def _lines(self, id_: str, first: int) -> list[str]:
        part = {"from": str(first), "lines": str(BLOCK_LINES)}
        return self._again(f"{_one(id_)}/log", part).text.split("\n")[:-1]

    def _get(self, shape: type[Answer], path: str, query: Mapping[str, str] | None = None) -> Answer:
        return _read(shape, self._again(path, query or {}))

    def _again(self, path: str, query: Mapping[str, str]) -> httpx.Response:
        return retrying(lambda: self._sent("GET", path, query), transient=_transient, service="ServerGem")

    def _sent(self, verb: str, path: str, query: Mapping[str, str]) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}", "accept": "application/json, text/plain"}
        address = f"{self.url}/api/v1{path}"
        try:
            answer = httpx.request(
                verb, address, params=query, headers=headers, timeout=TIMEOUT_SECONDS, verify=authorities()
            )
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise NoAnswer(f"{self.url} does not answer: {type(error).__name__}.", passing=True) from error
        if answer.status_code >= 300:
            raise NoAnswer(_reason(answer), passing=answer.status_code in PASSING)
        return answer


def _token_of_gh() -> str:
    try:
        done = subprocess.run(["gh", "auth", "token"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        done = None
    if done is None or done.returncode != 0:
        raise NoAnswer("There is no token to ask with: set GITHUB_TOKEN, or type: gh auth login")
    return done.stdout.strip()


def _transient(error: Exception) -> float | None:
    return 0.0 if isinstance(error, NoAnswer) and error.passing else None


def _one(id_: str) -> str:
    return f"/deployments/{quote(id_, safe='')}"


def _read(shape: type[Answer], answer: httpx.Response) -> Answer:
    try:
        return shape.model_validate_json(answer.content)
    except ValidationError as error:
        raise NoAnswer(
            f"{answer.url.host} does not answer as ServerGem does; is it the right address?"
        ) from error


def _reason(answer: httpx.Response) -> str:
    """ServerGem's own sentence, or what stands between."""
    try:
        return Refused.model_validate_json(answer.content).reason
    except ValidationError:
        return f"{answer.url.host} answered {answer.status_code}, and not as ServerGem does."
