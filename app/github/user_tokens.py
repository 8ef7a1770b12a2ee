"""A person's own token at GitHub: who it is, and what it opens there. It is asked with, and never kept.

A token may do less than its person: https://docs.github.com/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps.
Whoever holds one that was given for little must not reach through us what it does not reach at GitHub.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from app.github.connection import API_VERSION, USER_AGENT
from app.github.errors import GitHubError
from app.github.sign_in import TIMEOUT_SECONDS
from app.model import Person, Repository
from app.trusted import authorities

SCOPES = "x-oauth-scopes"
# What these say is about the token or the repository; anything else is about GitHub.
REFUSED = (401, 403, 404)


@dataclass(frozen=True)
class Reach:
    """What a token opens of one repository, whatever its person may do there.

    `writes` only where GitHub says so: a fine-grained token has no scopes, and GitHub tells nobody what it may change.
    """

    reads: bool = False
    writes: bool = False


@dataclass(frozen=True)
class UserTokens:
    """GitHub, asked with people's own tokens."""

    api_url: str

    def person(self, token: str) -> Person | None:
        """Who it is; None when the token is nobody's. GitHubError when GitHub cannot be asked."""
        answer = self._ask("/user", token)
        if answer is None:
            return None
        told = _json(answer)
        return Person(int(told["id"]), str(told["login"]))

    def reach(self, token: str, repository: Repository) -> Reach:
        """What it opens of the repository at this moment. GitHubError when GitHub cannot be asked."""
        answer = self._ask(f"/repositories/{repository.id}", token)
        if answer is None:
            return Reach()
        scopes = {each.strip() for each in answer.headers.get(SCOPES, "").split(",")}
        is_private = bool(_json(answer)["private"])
        return Reach(reads=True, writes="repo" in scopes or (not is_private and "public_repo" in scopes))

    def _ask(self, path: str, token: str) -> httpx.Response | None:
        """None when GitHub refuses this token."""
        headers = {
            "accept": "application/vnd.github+json",
            "authorization": f"Bearer {token}",
            "user-agent": USER_AGENT,
            "x-github-api-version": API_VERSION,
        }
        try:
            answer = httpx.get(
                f"{self.api_url.rstrip('/')}{path}",
                headers=headers,
                timeout=TIMEOUT_SECONDS,
                verify=authorities(),
            )
        except httpx.HTTPError as error:
            raise GitHubError(0, f"GitHub did not answer: {type(error).__name__}", transient=True) from error
        if answer.status_code in REFUSED and answer.headers.get("x-ratelimit-remaining") != "0":
            return None
        if answer.status_code != 200:
            raise GitHubError(answer.status_code, "GitHub did not say what this token opens")
        return answer


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        told: dict[str, Any] = answer.json()
    except ValueError as error:
        raise GitHubError(answer.status_code, "GitHub's answer is not JSON", transient=True) from error
    return told
