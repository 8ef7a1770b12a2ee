"""What is asked of the REST API and what it answers, in GitHub's own words for a refusal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

from sandbox.github.actors import Actor
from sandbox.github.records import Repo
from sandbox.github.shapes import Shapes
from sandbox.github.state import Hub
from sandbox.github.tokens import Grant
from sandbox.github.words import Json

T = TypeVar("T")
DOCS = "https://docs.github.com/rest"
PER_PAGE, MOST_PER_PAGE = 30, 100


class Refused(Exception):  # noqa: N818 - an answer like any other, only shorter
    """An answer of 300 and above, with GitHub's body."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: Sequence[Any] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.errors = status, message, list(errors)
        self.headers, self.extra = dict(headers or {}), dict(extra or {})

    def body(self) -> Json:
        errors = {"errors": self.errors} if self.errors else {}
        told = {"message": self.message, **errors, **self.extra, "documentation_url": DOCS}
        return told if self.status < 400 else {**told, "status": str(self.status)}


def not_found(message: str = "Not Found") -> Refused:
    return Refused(404, message)


def invalid(resource: str, *faults: tuple[str, str, str]) -> Refused:
    """422 with one entry for each fault: field, code, message."""
    errors = [
        {"resource": resource, "field": name, "code": code, **({"message": message} if message else {})}
        for name, code, message in faults
    ]
    return Refused(422, "Validation Failed", errors=errors)


def malformed(sentence: str) -> Refused:
    """422 as GitHub words it when the body does not fit the schema."""
    return Refused(422, f"Invalid request.\n\n{sentence}")


@dataclass(frozen=True)
class Answer:
    """`body` is JSON, or bytes as they are, or a stream of them; None is no body."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"

    def encoded(self) -> bytes:
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()

    @property
    def stream(self) -> Iterator[bytes] | None:
        return self.body if isinstance(self.body, Iterator) else None


@dataclass(frozen=True)
class Call:
    """One request, understood: who asks what of which repository. `base` is `http://host:port`."""

    hub: Hub
    base: str
    shapes: Shapes
    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Json
    grant: Grant | None
    found: Repo | None

    @property
    def repo(self) -> Repo:
        assert self.found is not None, "this method is not about a repository"
        return self.found

    @property
    def actor(self) -> Actor:
        """The App, which is who asks wherever something is written."""
        return Actor(self.shapes, self.shapes.bot_login)

    def number(self, name: str) -> int:
        if not self.params[name].isdecimal():
            raise not_found()
        return int(self.params[name])

    def commit(self, ref: str) -> str:
        """The sha that `ref` means, or GitHub's 422."""
        if not self.repo.git.refs():
            raise Refused(409, "Git Repository is empty.")
        sha = self.repo.git.resolve(ref)
        if sha is None:
            raise Refused(422, f"No commit found for SHA: {ref}")
        return sha

    def slice(self) -> tuple[int, int]:
        """Which page, and how long a page is."""
        per_page = _positive(self.query.get("per_page"), PER_PAGE)
        return _positive(self.query.get("page"), 1), min(per_page, MOST_PER_PAGE)

    def page(self, items: Sequence[T]) -> tuple[list[T], dict[str, str]]:
        """The page that was asked for, and the way on, by the repository's id as GitHub gives it."""
        number, per_page = self.slice()
        start = (number - 1) * per_page
        return list(items[start : start + per_page]), self.links(len(items))

    def links(self, total: int) -> dict[str, str]:
        number, per_page = self.slice()
        last = max(1, -(-total // per_page))
        wanted: dict[str, int] = {}
        if number < last:
            wanted |= {"next": number + 1, "last": last}
        if number > 1:
            wanted |= {"prev": number - 1, "first": 1}
        links = [f'<{self._at(page)}>; rel="{rel}"' for rel, page in wanted.items()]
        return {"link": ", ".join(links)} if links else {}

    def _at(self, page: int) -> str:
        path = (
            re.sub(r"^/repos/[^/]+/[^/]+", f"/repositories/{self.found.id}", self.path)
            if self.found
            else self.path
        )
        return f"{self.base}{path}?{urlencode({**self.query, 'page': page})}"


def _positive(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() and int(text) > 0 else otherwise
