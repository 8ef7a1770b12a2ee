"""What a page needs of its request: the store, who asks, and which repositories that person may read now."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from app.model import Repository
from app.pages.access import Access, Visitor
from app.pages.addresses import Addresses
from app.store import Store
from app.store.history import Listed


def store_of(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def visitor_of(request: Request) -> Visitor:
    visitor: Visitor = request.state.visitor
    return visitor


def addresses_of(request: Request) -> Addresses:
    addresses: Addresses = request.app.state.addresses
    return addresses


async def may_read(request: Request, repository: Repository) -> bool:
    """Whether this visitor may read it. GitHubError when GitHub cannot be asked."""
    access: Access = request.app.state.access
    return await run_in_threadpool(access.may_read, visitor_of(request), repository)


async def found_for(request: Request, id_: str) -> Listed | None:
    """A deployment where this visitor may read it; what may not be read is as what is not there."""
    listed = await run_in_threadpool(store_of(request).history.one, id_)
    return listed if listed and await may_read(request, listed.report.commit.repository) else None


async def readable(request: Request) -> frozenset[int] | None:
    """The ids of the repositories that this visitor may read; None for an operator, who may read all."""
    if visitor_of(request).is_operator:
        return None
    access: Access = request.app.state.access
    every = await run_in_threadpool(store_of(request).deployments.repositories)
    return await access.readable(visitor_of(request), every)


def page_number(request: Request) -> int:
    """`?page=`, counted from 1; whatever is no number is the first."""
    return number(request, "page", 1)


def number(request: Request, name: str, otherwise: int) -> int:
    """A number above 0 of the address; `otherwise` where it is none, or has more digits than anything we count."""
    words = request.query_params.get(name, "")
    return int(words) if words.isascii() and words.isdigit() and len(words) < 10 and int(words) else otherwise
