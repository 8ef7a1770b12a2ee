"""Bring workers: each worker of a service gets the image that serves now; what is not named any more goes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from app.acts.prepared import Prepared
from app.acts.specification import worker_specification
from app.acts.tried import insist_on_none, tried
from app.model import Bundle, Commit, Finding, Image, Row, Target, TargetWorker
from app.scene import InLane
from gcp import worker_pools
from gcp.conflicts import CHANGED_OR_MADE, decided_anew


def bring_workers(
    scene: InLane, commit: Commit, target: Target, image: Image | Bundle, prepared: Prepared
) -> None:
    """Every worker in turn, each with its own line; what is wrong with any of them is said when all have been tried.

    The service is live by now and stays so. A pool whose new instances do not start goes on with those that ran.
    """
    gone = _gone(scene, target)
    scene.parts(tuple(Row(_title(name)) for name in (*(each.id for each in target.workers), *gone)))
    found: list[Finding] = []
    for worker in target.workers:
        work = partial(_bring, scene, commit, target, image, prepared, worker)
        found += tried(scene, _title(worker.id), work, partial(_not_brought, worker.id))
    for name in gone:
        found += tried(
            scene, _title(name), partial(_take_away, scene, target, name), partial(_not_brought, name)
        )
    insist_on_none(found)


def _title(name: str) -> str:
    return f"Worker {name}"


def _gone(scene: InLane, target: Target) -> tuple[str, ...]:
    """The workers of this service that are ours and that servergem.yml does not name any more."""
    named = {worker.id for worker in target.workers}
    every = worker_pools.workers(scene.world.google, target.project, target.region)
    return tuple(
        each.name for each in every if each.name not in named and scene.owns_beside(target, each.labels)
    )


def _bring(
    scene: InLane,
    commit: Commit,
    target: Target,
    image: Image | Bundle,
    prepared: Prepared,
    worker: TargetWorker,
) -> tuple[str, ...]:
    """Make or change one worker; Stop when it is somebody else's."""
    google = scene.world.google
    wanted = worker_specification(scene, commit, target, image, worker, prepared.project_number)

    def decide(_again: bool) -> None:
        state = worker_pools.worker(google, target.project, target.region, worker.id)
        scene.insist_on_our_worker(target, worker, state)
        if state is None:
            worker_pools.make(google, wanted)
        else:
            worker_pools.change(google, wanted, state)

    decided_anew(google, decide, service="WorkerPools", meanwhile=CHANGED_OR_MADE)
    count = worker.config.instances
    return (f"{count} instance{'' if count == 1 else 's'}" if count else "stopped: instances is 0",)


def _take_away(scene: InLane, target: Target, name: str) -> tuple[str, ...]:
    worker_pools.delete(scene.world.google, target.project, target.region, name)
    return ("removed: servergem.yml does not name it any more",)


def _not_brought(name: str, explained: Finding) -> Finding:
    said = f"The service is live, and its worker {name} was not updated. {explained.message}"
    return replace(explained, message=said)
