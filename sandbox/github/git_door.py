"""Where git itself knocks: who may clone and push, and what a push sets off."""

from __future__ import annotations

import tempfile
from typing import IO, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.github import pull_requests, smart_http
from sandbox.github.actors import Actor
from sandbox.github.records import Repo
from sandbox.github.shapes import Shapes
from sandbox.github.state import FOUNDER, Hub
from sandbox.github.tokens import BadCredentials, Tokens

# Until this size what is pushed stays in memory.
_SPOOLED = 8 << 20


class GitDoor:
    """git over HTTP for all repositories."""

    def __init__(self, hub: Hub, tokens: Tokens) -> None:
        self._hub, self._tokens = hub, tokens

    def routes(self) -> list[Route]:
        return [
            Route("/{owner}/{name}/info/refs", self._git, methods=["GET"]),
            Route("/{owner}/{name}/git-upload-pack", self._git, methods=["POST"]),
            Route("/{owner}/{name}/git-receive-pack", self._git, methods=["POST"]),
        ]

    async def _git(self, request: Request) -> Response:
        """A clone or a push; a token, where one is given, has to be good for it. A person's push founds what is new."""
        owner, name = request.path_params["owner"], request.path_params["name"].removesuffix(".git")
        rest = request.url.path.split("/", 3)[3]
        pushing = "git-receive-pack" in (rest, request.query_params.get("service"))
        user, password = smart_http.basic(request.headers.get("authorization", ""))
        repo = self._hub.find(owner, name)
        if repo is None and pushing and not password:
            repo = self._hub.founded(owner, name)
        if repo is None:
            return PlainTextResponse("Repository not found.", 404)
        if password.startswith("ghs_") and not self._may_git(password, repo, pushing):
            return PlainTextResponse("Permission denied.", 403)
        with tempfile.SpooledTemporaryFile(_SPOOLED) as body:
            try:
                length = await smart_http.spool(request, body)
            except ClientDisconnect:  # a git that fails in the middle of a push says why itself
                return Response(status_code=400)
            # http-backend reads from a file of its own, not from Python's buffer.
            body.rollover()
            body.seek(0)
            pusher = user if user and user != "x-access-token" else _somebody(repo)
            work = self._push if rest == "git-receive-pack" else self._serve
            answer = await run_in_threadpool(
                work, request, repo, rest, cast("IO[bytes]", body), length, pusher
            )
        return StreamingResponse(answer.chunks, answer.status, dict(answer.headers))

    def _serve(
        self, request: Request, repo: Repo, rest: str, body: IO[bytes], length: int, _pusher: str
    ) -> smart_http.GitAnswer:
        site, asked = f"{smart_http.base_of(request)}/{repo.full_name}", request.url.query
        return smart_http.serve(
            repo.git.path, site, rest, request.method, asked, request.headers, body, length
        )

    def _push(
        self, request: Request, repo: Repo, rest: str, body: IO[bytes], length: int, pusher: str
    ) -> smart_http.GitAnswer:
        """One push at a time, so that what changed is what this push changed."""
        with repo.pushing:
            before = repo.git.refs()
            answer = self._serve(request, repo, rest, body, length, pusher)
            chunks = list(answer.chunks)
            self._hub.pushed(repo, before)
            pull_requests.pushed(Actor(Shapes(smart_http.base_of(request), self._hub), pusher), repo, before)
        return smart_http.GitAnswer(answer.status, answer.headers, iter(chunks))

    def _may_git(self, token: str, repo: Repo, pushing: bool) -> bool:
        try:
            grant = self._tokens.grant_of(token)
        except BadCredentials:
            return False
        within = grant.repositories is None or repo.id in grant.repositories
        return within and grant.may("contents", "write" if pushing else "read")


def _somebody(repo: Repo) -> str:
    """Who pushes without a name: git gives one only when it is asked, and here nobody is."""
    return FOUNDER if repo.parent is None else repo.owner
