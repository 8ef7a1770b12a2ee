"""A step of a story: done once, and after a restart read from the journal."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar, TypeVarTuple, get_type_hints

from dbos import DBOS
from dbos import error as dbos_error

from app.durable.written import Written, adapter_of, write_down
from app.text.legible import legible_data

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# Of the story that runs here, whether its run is still ours; None outside of one.
may_act: ContextVar[Callable[[], bool] | None] = ContextVar("may_act", default=None)


class Interrupted(BaseException):
    """This process may no longer act on a run: it stops, or others may have taken the run over.

    Not an Exception: nothing that handles failures may take it for one. The run stays unfinished.
    """


def step(work: Callable[[*Ts], T], *words: *Ts, title: str = "") -> T:
    """Do `work` with its words once in the life of a story: after a restart its result comes from the journal.

    The journal knows the step by its `title`, which is the function's name where none is given; the function's return
    annotation says how the result is written down. Stop and Superseded are results too.
    Outside a story `work` is simply done.
    """
    if (ours := may_act.get()) is None or DBOS.workflow_id is None:
        return work(*words)
    title = title or work.__name__.strip("_").replace("_", " ")
    adapter = adapter_of(get_type_hints(work)["return"])
    fresh: list[Exception] = []
    kept = _kept(title, lambda: write_down(lambda: work(*words), adapter, fresh), ours)
    if fresh:
        raise fresh[0]
    value: T = kept.read(adapter)
    return value


def _kept(title: str, work: Callable[[], Written], ours: Callable[[], bool]) -> Written:
    """What the journal has of this step, after doing it where it has nothing. Interrupted when the run is not ours."""
    if not ours():
        raise Interrupted(title)

    def written() -> Any:
        record = work()
        if record.broke and not ours():
            raise Interrupted(title)  # it broke because we stop; that is not how the step ended
        return legible_data(adapter_of(Written).dump_python(record, mode="json"))

    try:
        journalled = DBOS.run_step({"name": title}, written)
    except Exception as error:
        lost = isinstance(
            error, dbos_error.DBOSWorkflowConflictIDError | dbos_error.DBOSWorkflowCancelledError
        )
        if lost or not ours():
            raise Interrupted(title) from error
        raise
    record: Written = adapter_of(Written).validate_python(journalled)
    return record
