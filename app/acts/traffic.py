"""Traffic: one change of it, decided on the state that Cloud Run has, and decided again on a conflict."""

from __future__ import annotations

from collections.abc import Callable

from app.model import Target, Traffic
from app.scene import InLane
from gcp import cloud_run
from gcp.cloud_run import ServiceState
from gcp.conflicts import decided_anew


def move(
    scene: InLane,
    target: Target,
    entries: Callable[[ServiceState], tuple[Traffic, ...]],
    *,
    insist: Callable[[bool], None],
    state: ServiceState | None = None,
) -> ServiceState | None:
    """Give the service the traffic that `entries` makes of its state; None when there is no service any more.

    `state` is what was seen last of a service that is ours; by its etag Cloud Run refuses the change when it is old.
    Before each try `insist` may raise Superseded; it is told whether somebody else has changed the service since.
    """
    google, project, region = scene.world.google, target.project, target.region

    def decide(again: bool) -> ServiceState | None:
        insist(again)
        now = None if again else state
        if now is None:
            now = cloud_run.service(google, project, region, target.name)
            scene.insist_on_ours(target, now)
        if now is None:
            return None
        return cloud_run.set_traffic(google, project, region, target.name, entries(now), now.etag)

    return decided_anew(google, decide, service="Services")
