"""Presses on a page, or by a program: how one begins, to whom a page shows buttons, and what a press led to.

Nothing is decided or written here: the press becomes the same job as one at GitHub, and the conversation decides it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from app.deployment_ids import begun_by
from app.model import Button, Person, PressButton, Repository
from app.pages.access import Access
from app.pages.asked import visitor_of
from app.pages.form import token_of
from app.pages.offers import Offer
from app.store import Store
from app.store.history import Listed
from app.telemetry import log

if TYPE_CHECKING:
    from app.github import GitHub

PRESS = re.compile(r"page-[0-9a-f]{32}")
# A press begins its deployments at once, so that they are among the newest of its repository.
NEWEST = 20


class Begins(Protocol):
    """What begins a press: the worker's world, or from the door the hatch to it."""

    @property
    def store(self) -> Store: ...

    @property
    def github(self) -> GitHub: ...

    def start(self, job: object, workflow_id: str) -> None:
        """Start its story at once. Away where there is no worker at this moment."""

    def finished(self, workflow_id: str) -> bool:
        """Whether its story has ended."""


@dataclass(frozen=True)
class PressOutcome:
    """What a press led to: empty `words` while it is not decided."""

    words: str = ""
    begun: tuple[Listed, ...] = ()

    @property
    def goes_on(self) -> bool:
        return not self.words or any(each.under_way for each in self.begun)


@dataclass(frozen=True)
class Shower:
    """How a page shows buttons to this visitor: not at all, with where to press instead, or with forms."""

    writes: bool
    only_a_door: bool
    token: str


def begin(
    world: Begins, listed: Listed, button: Button, person: Person, kind: str, words: str = ""
) -> PressButton:
    """Start the story of a press of this deployment's button by this person; `kind` says where it was pressed.

    Away where there is no worker at this moment.
    """
    report, id_ = listed.report, f"{kind}-{uuid4().hex}"
    commit = report.commit
    press = PressButton(
        commit.repository,
        commit.sha,
        commit.branch,
        button,
        person.login,
        id_,
        report.check_name,
        listed.id,
        words,
        person.id,
    )
    world.start(press, id_)
    log.fact(f"{kind}.pressed", button=button.value, deployment=listed.id, press=id_, sender=person.login)
    return press


async def shower_of(request: Request, repository: Repository, offers: tuple[Offer, ...]) -> Shower:
    """How this visitor, who may read the repository, gets buttons; GitHub is asked only where there are any."""
    access: Access = request.app.state.access
    writes = bool(offers) and await run_in_threadpool(access.seems_to_write, visitor_of(request), repository)
    return Shower(writes, request.app.state.begins is None, token_of(request))


def pressed_in(request: Request) -> str:
    """The press that the address asks about; empty where it asks about none."""
    id_ = request.query_params.get("pressed", "")
    return id_ if PRESS.fullmatch(id_) else ""


def outcome_of_press(store: Store, id_: str, repository: Repository) -> PressOutcome | None:
    """What a press led to on a deployment of this repository; None where it asks about none, or another's."""
    if not id_:
        return None
    pressed = store.presses.press(id_)
    if pressed is None:
        return PressOutcome()
    of = store.history.one(pressed.deployment_id)
    if of is None or of.report.commit.repository.id != repository.id:
        return None
    newest = store.history.newest({repository.id}, NEWEST)
    return PressOutcome(pressed.outcome, tuple(each for each in newest if begun_by(id_, each.id)))
