"""How does the service stand: what serves, and what did somebody else change in it?"""

from __future__ import annotations

from app.model import Finding, Target, Weight
from app.stages.checks.asking import Asking
from gcp import cloud_run
from gcp.cloud_run import ServiceState

OURS = "SERVERGEM_"


def service(asking: Asking) -> ServiceState | None:
    """The service before this deployment; what its owner should know of it is said, and does not stop anything."""
    state = asking.patiently(
        lambda: cloud_run.service(asking.google, asking.project, asking.region, asking.target.name)
    )
    if state is None:
        return None
    if state.pinned_by_hand:
        asking.scene.note(f"traffic was pinned by hand to {state.serving}; this deployment moves it")
    for finding in _changed_by_others(asking.target, state):
        asking.scene.warn(finding)
    return state


def _changed_by_others(target: Target, state: ServiceState) -> list[Finding]:
    """Variables that the service has and servergem.yml does not ask for: this deployment would drop them."""
    asked = {name for name, _ in (*target.service.env, *target.service.secrets)}
    strange = sorted(name for name in state.env if name not in asked and not name.startswith(OURS))
    if not strange:
        return []
    listed = ", ".join(strange)
    return [
        Finding(
            code="changed-outside",
            weight=Weight.WARN,
            title=f"{target.name} had variables that servergem.yml does not name"[:80],
            message=f"Set outside ServerGem, and gone with this deployment: {listed}. "
            f"{state.last_modifier or 'Somebody'} changed the service last.",
            fix=f"Write them under `env:` or `secrets:` of {target.name} in servergem.yml if they are needed.",
            place=target.place("env"),
        )
    ]
