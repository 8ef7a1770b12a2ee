"""`/metrics`: for who asks from this machine, or with METRICS_TOKEN; for a stranger there is no such page."""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from typing import TYPE_CHECKING, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app import log, metrics
from app.metrics import Standing
from app.settings import Settings
from app.store import Store, StoreError

if TYPE_CHECKING:
    from app.world import World

# Who asks through a proxy on this machine is not on this machine: each proxy that says so says it with one of these.
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


class Behind(Protocol):
    """What this page reaches of the house."""

    settings: Settings
    store: Store
    world: World | None


async def scrape(request: Request) -> Response:
    """Everything that this process has counted, in Prometheus' text format."""
    house: Behind = request.app.state.house
    if not may_read(request, house.settings.metrics_token):
        return PlainTextResponse("Not Found", 404)
    text = await run_in_threadpool(lambda: metrics.instruments().text(standing(house)))
    return Response(text, media_type=metrics.CONTENT_TYPE)


def may_read(request: Request, token: str) -> bool:
    """Whether this is somebody on this machine, or somebody who knows the token."""
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if token and kind.lower() == "bearer":
        return hmac.compare_digest(given.strip().encode(), token.encode())
    if any(name in request.headers for name in FORWARDED):
        return False
    return request.client is not None and _is_loopback(request.client.host)


def standing(house: Behind) -> Standing:
    """How things stand; without what only the database knows while it does not answer."""
    age = house.world.outbox.age() if house.world else 0.0
    try:
        store = house.store
        return Standing(age, store.lanes.waiting(), store.deployments.under_way())
    except StoreError as error:
        log.fault("metrics.without_store", error)
        return Standing(age)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
