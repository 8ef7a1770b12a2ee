"""Compare: what serves now beside what the merge of a pull request will ask for."""

from __future__ import annotations

from app.deployment import Scene
from app.merge_plan import Serving, changes
from app.model import Target
from app.stages.order import serving_commit
from app.stages.trust import means
from gcp import cloud_run


def compare(scene: Scene, home: Target) -> tuple[str, ...]:
    """The lines of the merge plan. `home` is where the merge will deploy to."""
    google = scene.world.google
    state = cloud_run.service(google, home.project, home.region, home.name)
    now = (
        Serving(serving_commit(google, home), state.env, dict(state.secrets), dict(state.shape))
        if state
        else None
    )
    return changes(home, now, service_account=means(scene.world.settings, home).runtime_account)
