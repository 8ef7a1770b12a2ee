"""One call of a stage with its arguments, and how it is run: whatever it returns or raises becomes a Record."""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Generic, TypeVar, TypeVarTuple, get_type_hints

from pydantic import TypeAdapter

from app import retry
from app.fault import unexpected
from app.github import GitHubError
from app.model import Finding, Row, RowState, Stop, Superseded
from app.places import Places, behalf
from app.scene import InLane, Run, explained
from app.telemetry import log, metrics, trace
from app.turn import party_of
from app.world import World
from gcp.errors import GoogleError

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# So many deployments are prepared at once. Each asks Google a dozen questions side by side, and a thousand pushes must
# not ask theirs together. One repository has half of these places at most (app.turn).
AT_ONCE = 16
_places = Places(AT_ONCE)
TURN = "Wait for a turn"


@dataclass(frozen=True)
class Call(Generic[T]):
    """A stage with all its arguments but the scene; `answer` reads and writes what it returns as JSON."""

    stage: Callable[..., T]
    work: Callable[[InLane], T]
    answer: TypeAdapter[T]


@cache
def _answer_of(stage: Callable[..., Any]) -> TypeAdapter[Any]:
    """Reads and writes what a stage returns; made once for each stage, since that takes milliseconds."""
    return TypeAdapter(get_type_hints(stage)["return"])


def call(stage: Callable[[InLane, *Ts], T], *words: *Ts) -> Call[T]:
    """`stage` with these arguments; its return annotation says how its result is read and written."""
    answer: TypeAdapter[T] = _answer_of(stage)
    return Call(stage, lambda scene: stage(scene, *words), answer)


@dataclass(frozen=True)
class Record:
    """What a finished stage leaves in the journal: its row, what it said, and its result (`value`) as JSON."""

    row: Row
    made: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()
    log_of: str = ""
    log_url: str = ""
    value: object = None
    findings: tuple[Finding, ...] = ()
    successor: str = ""
    warnings: tuple[Finding, ...] = ()


def perform(one: Call[Any], scene: InLane) -> Record:
    """Run a stage under the title of its scene's row. Stop, Superseded and errors of the edges become records too."""
    scene.show(scene.row)
    title = scene.row.title
    log.fact("stage.started", stage=title)
    state, successor, value = RowState.DONE, "", None
    findings: tuple[Finding, ...] = ()
    try:
        with _heard_by(scene), trace.span(f"stage {title}"):
            value = one.answer.dump_python(one.work(scene), mode="json")
    except Superseded as newer:
        state, successor = RowState.SKIPPED, newer.successor
    except Stop as stop:
        state, findings = RowState.FAILED, stop.findings
    except (GoogleError, GitHubError) as error:
        state, findings = RowState.FAILED, (finding_of(scene.world, scene.run, error),)
    row = replace(scene.row, state=state, ended=time.time())
    scene.show(row)
    metrics.stage_took(title, row.seconds)
    log.fact("stage.ended", stage=title, state=state.value, seconds=round(row.seconds, 3))
    return Record(
        row,
        tuple(scene.made_here),
        tuple(scene.tail),
        scene.log_of,
        scene.log_url,
        value,
        findings,
        successor,
        tuple(scene.warnings),
    )


def perform_both(
    first: Call[Any], second: Call[Any], scene: Callable[[Call[Any]], InLane]
) -> tuple[Record, Record]:
    """Run two stages side by side, each on the `scene` that is made for it, when it is our repository's turn."""
    with _turn(scene(first)), ThreadPoolExecutor(1) as beside:
        other = beside.submit(contextvars.copy_context().run, perform, second, scene(second))
        return perform(first, scene(first)), other.result()


@contextmanager
def _turn(scene: InLane) -> Iterator[None]:
    """A place among the deployments that are prepared at once; while it waits, a row says so, with the reason."""
    row, shown = Row(TURN, RowState.RUNNING, started=time.time(), idle=True), []

    def tell(why: str) -> None:
        shown.append(row.noted(why))
        scene.show(shown[-1])

    with _places.one(party_of(scene.run.commit.repository), tell):
        for waited in shown:
            scene.show(replace(waited, state=RowState.DONE, ended=time.time()))
        yield


def finding_of(world: World, run: Run, error: Exception) -> Finding:
    """What stopped a run, as a Finding: Google's answer, GitHub's, or our own fault."""
    if isinstance(error, GoogleError):
        return explained(world, run, error)
    return unexpected(error, run.id)


@contextmanager
def _heard_by(scene: InLane) -> Iterator[None]:
    """While the stage runs, its row is told of retries, and scarce calls count for its repository.

    Both are taken back at the end: the thread goes on to other runs.
    """
    before = retry.heard.set(scene.note)
    nobody = behalf.set(party_of(scene.run.commit.repository))
    try:
        yield
    finally:
        retry.heard.reset(before)
        behalf.reset(nobody)
