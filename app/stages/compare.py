"""Compare: what serves now beside what the merge of a pull request will ask for."""

from __future__ import annotations

from app.acts.order import serving_commit
from app.merge_plan import Serving, changes
from app.model import Target
from app.scene import Scene
from app.trust.accounts import accounts
from app.trust.ownership import is_ours
from gcp import cloud_run


def compare(scene: Scene, home: Target) -> tuple[str, ...]:
    """The lines of the merge plan. `home` is where the merge will deploy to."""
    google = scene.world.google
    state = cloud_run.service(google, home.project, home.region, home.name)
    settings, repository = scene.world.settings, scene.run.commit.repository
    if state and not is_ours(dict(state.labels), settings.github_app_id, repository.id, home):
        return (f"nothing: the service {home.name} there is not this repository's, and is left alone",)
    now = (
        Serving(serving_commit(google, home), state.env, dict(state.secrets), dict(state.shape))
        if state and state.serving
        else None
    )
    return changes(home, now, service_account=accounts(scene.world.settings, home).runtime_account)
