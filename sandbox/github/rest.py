"""The REST API's door: which method is asked, who asks, whether they may, and GitHub's headers on the answer."""

from __future__ import annotations

import hashlib
import json
import math
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from sandbox.github.answers import Answer, Call, Refused, not_found
from sandbox.github.limits import SECONDARY, Limits
from sandbox.github.methods import Found, Method, R, find
from sandbox.github.records import Repo
from sandbox.github.rest_apps import SUSPENDED
from sandbox.github.shapes import Shapes
from sandbox.github.state import Hub
from sandbox.github.tokens import BadCredentials, Grant, Tokens
from sandbox.github.user_tokens import UserToken
from sandbox.github.words import Json

API_VERSIONS = ("2022-11-28", "2026-03-10")
_HOUR = 3600
NOT_ACCESSIBLE = "Resource not accessible by integration"
# What is read of git by whichever replica is asked.
LAGGING = {
    f"GET {R}/commits/{{ref}}",
    f"GET {R}/contents/{{path}}",
    f"GET {R}/git/ref/{{ref}}",
    f"GET {R}/git/trees/{{tree_sha}}",
    f"GET {R}/compare/{{basehead}}",
    f"GET {R}/tarball/{{ref}}",
}


@dataclass(frozen=True)
class Asked:
    """A request as it came; `target` is the path and query, still escaped."""

    verb: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


class Rest:
    """Answers one request; everything that is refused is refused in GitHub's form."""

    def __init__(self, hub: Hub, tokens: Tokens) -> None:
        self._hub, self._tokens = hub, tokens
        self.limits = Limits()

    def answer(self, asked: Asked, base: str) -> Answer:
        found = find(asked.verb, asked.path)
        try:
            answer = self._answered(asked, found, base)
        except Refused as refused:
            answer = Answer(refused.status, refused.body(), refused.headers)
        return self._dressed(asked, found, answer)

    def refuse(self, asked: Asked, status: int, message: str, seconds: float) -> Answer:
        """A planned fault: an outage, or a rate limit with or without `Retry-After`."""
        headers: dict[str, str] = {}
        if status in (403, 429) and seconds > 0:
            message = message or SECONDARY
            headers["retry-after"] = str(math.ceil(seconds))
        elif status in (403, 429) and not message:
            message = "API rate limit exceeded for installation."
            headers |= {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 1)}
        refused = Refused(status, message or "Server Error", headers=headers)
        return self._dressed(asked, find(asked.verb, asked.path), Answer(status, refused.body(), headers))

    def _answered(self, asked: Asked, found: Found | None, base: str) -> Answer:
        if not asked.headers.get("user-agent"):
            raise Refused(
                403,
                "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.",
            )
        version = asked.headers.get("x-github-api-version")
        if version and version not in API_VERSIONS:
            raise Refused(400, f'"{version}" is not a supported version.')
        if person := self._tokens.people.of(asked.headers.get("authorization", "")):
            return self._told_person(asked, found, base, person)
        grant, as_app = self._caller(asked.headers.get("authorization", ""))
        if found is None:
            raise not_found()
        self.limits.count(str(grant.installation) if grant else "app", asked.verb)
        if found.method.as_app and not as_app:
            raise Refused(401, "A JSON web token could not be decoded")
        repo = self._repository(asked, found, grant, base)
        if not found.method.as_app and grant is None and not found.method.for_anybody:
            if repo is None:
                raise Refused(401, "Requires authentication")
            if repo.private or found.method.verb != "GET":
                raise not_found()
        unheard = self._hub.replicas.status_of(grant.token) if grant else 0
        # Asked in any case: while a token is not known, time passes for the push as well.
        if repo is not None and found.method.name in LAGGING:
            repo = replace(repo, git=self._hub.replicas.git(repo, found.method.name))
        if unheard:
            raise Refused(unheard, "Bad credentials" if unheard == 401 else NOT_ACCESSIBLE)
        if grant:
            self._insist_on_permission(grant, found.method, repo)
        query = dict(parse_qsl(asked.target.partition("?")[2], keep_blank_values=True))
        shapes = Shapes(base, self._hub)
        call = Call(
            self._hub, base, shapes, asked.path, found.params, query, asked.headers, _body(asked), grant, repo
        )
        return found.method.work(call)

    def _told_person(self, asked: Asked, found: Found | None, base: str, person: UserToken) -> Answer:
        """A person's token is asked for one thing by ServerGem: whether it opens a repository."""
        if found is None or found.method.name != f"GET {R}":
            raise Refused(403, "Resource not accessible by personal access token")
        repo = self._repository(asked, found, None, base)
        assert repo is not None, "the method is about a repository"
        out_of_reach = person.scopes is None and self._hub.installed_on(repo) is None
        if self._hub.role(repo, person.login) == "none" or (
            repo.private and (out_of_reach or not person.reads_private)
        ):
            raise not_found()
        return Answer(200, Shapes(base, self._hub).full_repository(repo), person.headers)

    def _caller(self, header: str) -> tuple[Grant | None, bool]:
        """The installation's grant, or whether it is the App; neither without a header."""
        if not header:
            return None, False
        scheme, _, token = header.partition(" ")
        if scheme.lower() not in ("bearer", "token"):
            raise Refused(401, "Bad credentials")
        try:
            if token.startswith("eyJ") and scheme.lower() == "bearer":
                self._tokens.check_app(token)
                return None, True
            return self._tokens.grant_of(token), False
        except BadCredentials as error:
            raise Refused(401, str(error)) from error

    def _repository(self, asked: Asked, found: Found, grant: Grant | None, base: str) -> Repo | None:
        if "owner" not in found.params:
            return None
        by_id = found.by_id
        owner, name = found.params["owner"], found.params["repo"]
        repo = self._hub.repos.get(by_id) if by_id is not None else self._hub.find(owner, name)
        if repo is None or (grant and not self._reaches(grant, repo)):
            raise not_found()
        if by_id is None and f"{owner}/{name}".lower() != repo.full_name.lower():
            rest = re.sub(r"^/repos/[^/]+/[^/]+", f"/repositories/{repo.id}", asked.target)
            status = 301 if asked.verb in ("GET", "HEAD") else 307
            where = base + rest
            raise Refused(status, "Moved Permanently", headers={"location": where}, extra={"url": where})
        return repo

    def _reaches(self, grant: Grant, repo: Repo) -> bool:
        return not repo.private or self._within(grant, repo)

    def _within(self, grant: Grant, repo: Repo) -> bool:
        installation = self._hub.installed_on(repo)
        chosen = grant.repositories is None or repo.id in grant.repositories
        return chosen and installation is not None and grant.installation == installation.id

    def _insist_on_permission(self, grant: Grant, method: Method, repo: Repo | None) -> None:
        installation = self._hub.installations().get(grant.installation)
        if installation is not None and installation.suspended_at:
            raise Refused(403, SUSPENDED)
        granted = not method.permissions or any(grant.may(name, method.access) for name in method.permissions)
        # What is public may be read from outside, and no more.
        foreign = repo is not None and method.access != "read" and not self._within(grant, repo)
        if not granted or foreign:
            raise Refused(403, NOT_ACCESSIBLE)
        if repo is not None and repo.archived and method.verb != "GET":
            raise Refused(403, "Repository was archived so is read-only.")

    def _dressed(self, asked: Asked, found: Found | None, answer: Answer) -> Answer:
        headers = {
            "server": "github.com",
            "x-github-media-type": "github.v3; format=json",
            "x-github-api-version-selected": asked.headers.get("x-github-api-version", API_VERSIONS[0]),
            "x-github-request-id": ":".join(secrets.token_hex(2).upper() for _ in range(5)),
            "x-ratelimit-limit": str(self.limits.limit),
            "x-ratelimit-remaining": str(self.limits.limit - self.limits.used),
            "x-ratelimit-used": str(self.limits.used),
            "x-ratelimit-reset": str(
                int(self._hub.started) + _HOUR * (1 + int((time.time() - self._hub.started) / _HOUR))
            ),
            "x-ratelimit-resource": "core",
            "vary": "Accept, Authorization, Cookie, X-GitHub-OTP,Accept-Encoding, Accept, X-Requested-With",
        }
        if found and not found.method.as_app:
            needed = [f"{name}={found.method.access}" for name in found.method.permissions or ("metadata",)]
            headers["x-accepted-github-permissions"] = "; ".join(needed)
        if asked.verb == "GET" and answer.status == 200:
            told = answer.encoded() + asked.headers.get("authorization", "").encode()
            headers["etag"] = f'W/"{hashlib.sha256(told).hexdigest()}"'
            headers["cache-control"] = "private, max-age=60, s-maxage=60"
            if asked.headers.get("if-none-match") == headers["etag"]:
                return Answer(304, None, headers)
        return Answer(answer.status, answer.body, {**headers, **answer.headers}, answer.content_type)


def _body(asked: Asked) -> Json:
    if not asked.body:
        return {}
    try:
        told = json.loads(asked.body)
    except ValueError as error:
        raise Refused(400, "Problems parsing JSON") from error
    if told is None:
        return {}
    if not isinstance(told, dict):
        raise Refused(400, "Body should be a JSON object")
    return told
