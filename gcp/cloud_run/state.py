"""A Cloud Run service as it stands: what serves, under which names, and what it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.model import Traffic
from gcp.cloud import Google
from gcp.given import secrets_of
from gcp.later import later
from gcp.service_specification import shape
from gcp.sidecars import main_of

if TYPE_CHECKING:
    from google.cloud import run_v2
else:
    run_v2 = later("google.cloud.run_v2")

MANAGED_BY = "servergem"


@dataclass(frozen=True)
class ServiceState:
    """A service as it stands. `traffic` names revisions also where the service says LATEST.

    `serving` is the revision with most of it; both are empty when no revision has ever been ready.
    `env` are the names of its variables, `secrets` those that come from Secret Manager with name and version.
    `pinned_by_hand`: its newest revision gets nothing, and not by our doing. `shape` is what it is given, by key.
    """

    name: str
    etag: str
    url: str
    traffic: tuple[Traffic, ...]
    serving: str
    tag_urls: tuple[tuple[str, str], ...] = ()
    env: tuple[str, ...] = ()
    last_modifier: str = ""
    pinned_by_hand: bool = False
    labels: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, str], ...] = ()
    shape: tuple[tuple[str, str], ...] = ()
    revision_labels: tuple[tuple[str, str], ...] = ()
    routed: tuple[Traffic, ...] = ()
    """Where requests really go: `traffic` is what was asked for."""


def service(google: Google, project: str, region: str, name: str) -> ServiceState | None:
    """The service, None when there is none."""
    found = read(google, full_name(project, region, name))
    return state_of(found) if found is not None else None


def read(google: Google, name: str) -> run_v2.Service | None:
    """The service in Cloud Run's own words, None when there is none."""
    return google.unless_missing("Services.GetService", lambda: google.services.get_service, name=name)


def state_of(found: run_v2.Service) -> ServiceState:
    traffic = _traffic(found)
    serving = max(
        (entry for entry in traffic if entry.percent), key=lambda entry: entry.percent, default=None
    )
    tags = tuple((status.tag, status.uri) for status in found.traffic_statuses if status.tag)
    container = main_of(found.template)
    newest = found.latest_created_revision.rpartition("/")[2]
    return ServiceState(
        name=found.name.rpartition("/")[2],
        etag=found.etag,
        url=found.uri,
        traffic=traffic,
        serving=serving.revision if serving else "",
        tag_urls=tags,
        env=tuple(sorted(variable.name for variable in container.env)),
        last_modifier=found.last_modifier,
        pinned_by_hand=serving is not None
        and serving.revision != newest
        and MANAGED_BY not in dict(found.labels).values(),
        labels=tuple(sorted(found.labels.items())),
        secrets=secrets_of(container),
        shape=shape(found),
        revision_labels=tuple(sorted(found.template.labels.items())),
        routed=tuple(
            Traffic(status.revision, status.percent, status.tag) for status in found.traffic_statuses
        ),
    )


def _traffic(found: run_v2.Service) -> tuple[Traffic, ...]:
    """Who is sent what, by name; empty while no revision has ever been ready.

    After a change that failed that is what stayed routed: the wish may name a revision that never came up.
    """
    latest = found.latest_ready_revision.rpartition("/")[2]
    failed = found.terminal_condition.state == run_v2.Condition.State.CONDITION_FAILED
    entries = (found.traffic_statuses if failed else ()) or found.traffic
    traffic = tuple(
        Traffic(entry.revision if entry.type_ == by_name() else latest, entry.percent, entry.tag)
        for entry in entries
    ) or (Traffic(latest, 100),)
    return tuple(entry for entry in traffic if entry.revision)


def services(google: Google, project: str, region: str) -> tuple[ServiceState, ...]:
    """Every service of a project in a region."""
    request = run_v2.ListServicesRequest(parent=f"projects/{project}/locations/{region}", page_size=100)
    found = google.every("Services.ListServices", lambda: google.services.list_services, request=request)
    return tuple(state_of(each) for each in found)


def full_name(project: str, region: str, name: str) -> str:
    return f"projects/{project}/locations/{region}/services/{name}"


def by_name() -> int:
    """The type of a traffic target that names its revision."""
    return run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION


def latest() -> int:
    """The type of a traffic target that is whichever revision was ready last."""
    return run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
