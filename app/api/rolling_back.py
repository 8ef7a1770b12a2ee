"""Roll back for a program: the check run's own button, pressed for the person whose token it is.

Nothing is decided or written here. Who may is asked first, so that the answer says it; then the press goes the way of
GitHub's, and the conversation asks again, decides and acts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from app.api.shapes import PressShape
from app.api.words import Refusal, not_there
from app.deployment_ids import rollback_id
from app.model import Button, PressButton
from app.pages.access import Access, Visitor
from app.pages.asked import found_for, visitor_of
from app.pages.presses import Begins, begin
from app.process.hatch import Away
from app.store.history import Listed

PRESS = re.compile(r"api-[0-9a-f]{32}")
TO_CHANGE = (
    "This token may not change the repository: GitHub names no scope `repo` for it. "
    "The one that `gh auth token` prints has it."
)
ONLY_A_DOOR = (
    "This address leads to a `servergem door`, which starts nothing itself. Press Roll back on the check run at "
    "GitHub, or "
    "ask a `servergem serve`."
)


@dataclass(frozen=True)
class Rollbacks:
    """Begins them, and says what came of each."""

    begins: Begins | None

    @property
    def world(self) -> Begins:
        """Raises Refusal where nothing can be begun."""
        if self.begins is None:
            raise Refusal(503, ONLY_A_DOOR)
        return self.begins

    async def begin(self, request: Request) -> tuple[BaseModel, int]:
        listed = await found_for(request, request.path_params["id"])
        if listed is None:
            raise not_there("deployment")
        visitor, access = visitor_of(request), request.app.state.access
        press = await run_in_threadpool(self._pressed, access, visitor, listed)
        return _undecided(press.delivery_id, listed.id), 202

    async def outcome(self, request: Request) -> tuple[BaseModel, int]:
        """Empty words while it is not decided."""
        listed, id_ = await found_for(request, request.path_params["id"]), request.path_params["press"]
        if listed is None or not PRESS.fullmatch(id_):
            raise not_there("rollback")
        return await run_in_threadpool(self._came_of, listed, id_), 200

    def _came_of(self, listed: Listed, id_: str) -> PressShape:
        """It is told once all is begun that it begins, and can be asked for."""
        store, rollback = self.world.store, rollback_id(id_)
        pressed = store.presses.press(id_)
        if pressed and pressed.deployment_id != listed.id:
            raise not_there("rollback")
        if pressed is None or not self.world.finished(id_):
            return _undecided(id_, listed.id)
        begun = rollback if store.runs.run(rollback) else ""
        if begun and not self.world.store.deployments.known(begun):
            return _undecided(id_, listed.id)
        return PressShape(id=id_, deployment=listed.id, outcome=pressed.outcome, rollback=begun)

    def _pressed(self, access: Access, visitor: Visitor, listed: Listed) -> PressButton:
        repository = listed.report.commit.repository
        assert visitor.person and visitor.bearer, "the guard lets nobody else through"
        if not access.reach(visitor.bearer, repository).writes:
            raise Refusal(403, TO_CHANGE)
        person = visitor.person
        if not self.world.github.may_write(repository, person.login, person.id):
            raise Refusal(403, f"Rolling back takes write permission to {repository.full_name}.")
        try:
            return begin(self.world, listed, Button.ROLL_BACK, person, "api")
        except Away as away:
            raise Refusal(503, str(away)) from away


def _undecided(press: str, deployment: str) -> PressShape:
    return PressShape(id=press, deployment=deployment, outcome="", rollback="")
