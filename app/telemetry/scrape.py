"""`/metrics`: for who has METRICS_TOKEN, or where there is none asks on this machine; for others there is no page."""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app.process.hatch import Away
from app.settings import Settings
from app.store import Store, StoreError
from app.telemetry import log, metrics
from app.telemetry.counted import together
from app.telemetry.metrics import Standing

if TYPE_CHECKING:
    from app.process.hatch import Hatch
    from app.world import World

# Who asks through a proxy on this machine is not on this machine: each proxy that says so says it with one of these.
# One that says nothing, as nginx does unless it is told to, is known by nothing: then only the token tells.
FORWARDED = (
    *("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"),
    *("x-client-ip", "true-client-ip", "cf-connecting-ip", "fly-client-ip", "x-cluster-client-ip"),
)


class Behind(Protocol):
    """What this page reaches of the house."""

    settings: Settings
    store: Store
    world: World | None
    hatch: Hatch | None


async def scrape(request: Request) -> Response:
    """Everything that this process has counted, and its other half, in Prometheus' text format."""
    house: Behind = request.app.state.house
    if not may_read(request, house.settings.metrics_token):
        return PlainTextResponse("Not Found", 404)
    return Response(await run_in_threadpool(_counted, house), media_type=metrics.CONTENT_TYPE)


def _counted(house: Behind) -> str:
    ours = metrics.instruments().text(standing(house)).decode()
    if house.hatch is None:
        return ours
    try:
        return together(ours, house.hatch.metrics())
    except Away as away:
        log.warning("metrics.without_worker", why=str(away))
        return ours


def may_read(request: Request, token: str) -> bool:
    """Whether this is somebody who knows the token, or where there is none somebody on this machine."""
    if token:
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        return kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())
    if any(name in request.headers for name in FORWARDED) or not _names_this_machine(request):
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


def _names_this_machine(request: Request) -> bool:
    """Whether it asks for this machine by a name of its own.

    A page of another site that a browser on this machine has open may ask under the site's name, once that leads here.
    """
    try:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return False
    return host == "localhost" or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
