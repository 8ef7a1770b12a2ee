"""Serving: what people reach at a Target now; Google is asked, and where that fails our own rows."""

from __future__ import annotations

from app.model import Serving, Target
from app.store.traffic import TrafficRows
from app.telemetry import log
from app.trust.ownership import is_ours
from gcp import cloud_run
from gcp.cloud import Google
from gcp.errors import GoogleError


def what_serves(
    google: Google, traffic: TrafficRows, target: Target, app_id: str, repository_id: int
) -> Serving | None:
    """The revision that has most of the traffic, and its commit; None when neither Google nor our rows know."""
    project, region, name = target.project, target.region, target.name
    try:
        state = cloud_run.service(google, project, region, name)
        if state is None or not state.serving:
            return Serving()
        if not is_ours(dict(state.labels), app_id, repository_id, target):
            return None  # another repository's service is nothing to speak of here
        sha = cloud_run.commit_of(google, project, region, name, state.serving)
    except GoogleError as error:
        log.warning("serving.unknown", error=str(error))
        return _last_known(traffic, target.lane)
    last = _last_known(traffic, target.lane)
    # Our rows have the domain where one answers; Cloud Run only knows its own address.
    url = last.url if last and last.revision == state.serving else state.url
    return Serving(state.serving, sha, url)


def _last_known(traffic: TrafficRows, lane: str) -> Serving | None:
    last = next(iter(traffic.shifts(lane, 1)), None)
    return Serving(last.revision, last.sha, last.url, asked=False) if last else None
