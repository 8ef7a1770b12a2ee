"""What programs may ask at `/api/v1/`: deployments, logs, what serves, insight; and to do one thing: roll back.

Paths, words and answers are described in `app/api/description.py`, and its test holds each answer against that.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api import telling
from app.api.description import MOST_DEPLOYMENTS, description
from app.api.rolling_back import Rollbacks
from app.api.shapes import DeploymentPage, ServiceList, WholeDeployment
from app.api.words import Refusal, not_there
from app.github.errors import GitHubError
from app.insight import DAYS, PARTS, insight
from app.model import Ending, Repository
from app.pages.asked import found_for, may_read, number, readable, store_of
from app.pages.insight import MOST_PAST, pasts_of
from app.pages.log_lines import log_text
from app.pages.presses import Begins
from app.pages.served import Filters, Served, rows
from app.settings import Settings
from app.store import Store
from app.store.history import Wanted
from app.telemetry import log
from app.text.escaping import plain_data

AT_FIRST = 25
STATES = frozenset({"running", *Ending})
Answer = tuple[BaseModel, int]


def routes(settings: Settings, begins: Begins | None) -> list[Route]:
    """To be put beside the pages, behind the same guard. Without `begins` (in a lone door) nothing can be begun."""
    answers, rollbacks = Answers(settings.public_url), Rollbacks(begins)
    one = "/api/v1/deployments/{id}"
    return [
        Route("/api/v1/openapi.json", answers.described),
        Route("/api/v1/deployments", _told(answers.deployments)),
        Route(one, _told(answers.deployment)),
        Route(f"{one}/log", _told_as_text(answers.log)),
        Route(f"{one}/rollback", _told(rollbacks.begin), methods=["POST"]),
        Route(f"{one}/rollbacks/{{press}}", _told(rollbacks.outcome)),
        Route("/api/v1/services", _told(answers.services)),
        Route("/api/v1/insight", _told(answers.insight)),
        Route("/api/{rest:path}", _told(_nothing)),
    ]


@dataclass(frozen=True)
class Answers:
    """What is only read."""

    public_url: str

    async def described(self, _request: Request) -> Response:
        return JSONResponse(description(self.public_url))

    async def deployments(self, request: Request) -> Answer:
        asked = request.query_params
        wanted = Wanted(asked.get("environment", ""), asked.get("state", ""), asked.get("before", ""))
        if wanted.state and wanted.state not in STATES:
            raise Refusal(400, f"There is no such state. There are: {', '.join(sorted(STATES))}.")
        most = min(number(request, "limit", AT_FIRST), MOST_DEPLOYMENTS)
        repositories = await _repositories(request)
        found = await run_in_threadpool(store_of(request).history.wanted, repositories, wanted, most + 1)
        shown = [telling.deployment(each, self.public_url) for each in found[:most]]
        return DeploymentPage(deployments=shown, next=shown[-1].id if len(found) > most else ""), 200

    async def deployment(self, request: Request) -> Answer:
        listed = await found_for(request, request.path_params["id"])
        if listed is None:
            raise not_there("deployment")
        count = await run_in_threadpool(store_of(request).history.count_of_lines, listed.id)
        told: WholeDeployment = telling.whole(listed, self.public_url, count)
        return told, 200

    async def log(self, request: Request) -> Response:
        listed = await found_for(request, request.path_params["id"])
        if listed is None:
            raise not_there("deployment")
        return await log_text(request, listed.id)

    async def services(self, request: Request) -> Answer:
        repositories = await _repositories(request)
        served = await run_in_threadpool(_served, store_of(request), repositories)
        environment = request.query_params.get("environment", "")
        fitting = filter(Filters(environment=environment).fits, served)
        return ServiceList(services=[telling.service(each, self.public_url) for each in fitting]), 200

    async def insight(self, request: Request) -> Answer:
        days = number(request, "days", DAYS)
        if days not in PARTS:
            raise Refusal(400, f"Days are one of: {', '.join(map(str, PARTS))}.")
        pasts = await run_in_threadpool(pasts_of, store_of(request), await _repositories(request), days)
        environment = request.query_params.get("environment", "")
        chosen = [each for each in pasts if environment in ("", each.environment)]
        told = insight(chosen, days=days, until=time.time())
        return telling.insight(told, cut=len(pasts) >= MOST_PAST), 200


async def _repositories(request: Request) -> frozenset[int] | None:
    """The ids of those that are asked for and may be read; None for all, which is what an operator may read."""
    name = request.query_params.get("repository", "").lower()
    if not name:
        return await readable(request)
    every = await run_in_threadpool(store_of(request).deployments.repositories)
    named = [each for each in every if each.full_name.lower() == name]
    if not (ids := await _those_to_read(request, named)):
        raise not_there("repository")
    return ids


async def _those_to_read(request: Request, named: Iterable[Repository]) -> frozenset[int]:
    return frozenset([each.id for each in named if await may_read(request, each)])


def _served(store: Store, repositories: frozenset[int] | None) -> list[Served]:
    history = store.history
    of_lanes = history.newest_of_lanes(repositories)
    serving = history.serving([each.lane for each in of_lanes])
    return rows(of_lanes, serving, history.of_commits(serving.values()), history.locks())


async def _nothing(_request: Request) -> Answer:
    raise not_there("address")


def _told(work: Callable[[Request], Awaitable[Answer]]) -> Callable[[Request], Awaitable[Response]]:
    """As JSON that holds no secret."""

    async def answered(request: Request) -> Response:
        told, status = await work(request)
        return JSONResponse(plain_data(told.model_dump(mode="json")), status)

    return _told_as_text(answered)


def _told_as_text(work: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """A refusal is JSON, whatever was asked for."""

    async def endpoint(request: Request) -> Response:
        try:
            return await work(request)
        except Refusal as refusal:
            return JSONResponse({"reason": refusal.reason}, refusal.status)
        except GitHubError as error:
            log.fault("api.unknown", error)
            return JSONResponse(
                {"reason": "GitHub cannot be asked what you may read. Ask again in a minute."}, 503
            )

    return endpoint
