"""A revision: made without traffic under its tag, what serves pinned by name; asked for later by name."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.config.container_shape import MAIN
from app.model import Traffic
from app.retry import heard
from app.trust.ownership import is_adopted
from gcp.adopted import kept
from gcp.cloud import Google
from gcp.cloud_run.changes import targets_of
from gcp.cloud_run.state import ServiceState, full_name, latest, read, service, state_of
from gcp.cloud_run.waiting import service_of, settled, waited
from gcp.conflicts import CHANGED_OR_MADE, decided_anew
from gcp.errors import Denial, GoogleError
from gcp.later import later
from gcp.service_specification import specification
from gcp.sidecars import beside_main, main_of
from gcp.wanted_service import WantedService

if TYPE_CHECKING:
    from google.cloud import run_v2
else:
    run_v2 = later("google.cloud.run_v2")

# A name of a service that was just deleted is refused, for how long nobody says:
# https://github.com/hashicorp/terraform-provider-google/issues/7854
CLEANUP_SECONDS, CLEANUP_PAUSE = 120.0, 2.0
CREATE = "Services.CreateService"

# How the tag begins under which a new revision of ours is asked before it serves.
OWN_TAG = "v-"


class RevisionFailed(Exception):  # noqa: N818 - reads as what happened
    """A revision was made and did not become ready; Cloud Run's own reason and words."""

    def __init__(self, revision: str, reason: str, message: str, log_url: str = "") -> None:
        super().__init__(revision, reason, message, log_url)
        self.revision, self.reason, self.message, self.log_url = revision, reason, message, log_url


@dataclass(frozen=True)
class MadeRevision:
    """A revision that is ready, where it can be asked before it serves, and its service as it stood then."""

    name: str
    url: str
    tag_url: str
    state: ServiceState


def commit_of(google: Google, project: str, region: str, service_name: str, revision: str) -> str:
    """The commit that a revision of ours was made from; empty when it is not ours, gone, or none at all."""
    if not revision:
        return ""
    name = f"{full_name(project, region, service_name)}/revisions/{revision}"
    found = google.unless_missing("Revisions.GetRevision", lambda: google.revisions.get_revision, name=name)
    return dict(found.labels).get("commit", "") if found is not None else ""


def images_of(google: Google, project: str, region: str, service_name: str, revision: str) -> dict[str, str]:
    """The image of each container of a revision, by digest; none when the revision is gone."""
    name = f"{full_name(project, region, service_name)}/revisions/{revision}"
    found = google.unless_missing("Revisions.GetRevision", lambda: google.revisions.get_revision, name=name)
    if found is None:
        return {}
    return {MAIN: main_of(found).image} | {each.name: each.image for each in beside_main(found)}


def validate(google: Google, wanted: WantedService, before: ServiceState | None = None) -> None:
    """Have Cloud Run check the specification without making anything. GoogleError when it refuses.

    `before` is the service as it was last seen, of which an adopted one keeps what servergem.yml does not name.

    For a while Cloud Run refuses the name of a service that was just deleted, whatever the specification. That is no
    fault of it, and is waited out where the service is made.
    """
    name = full_name(wanted.project, wanted.region, wanted.name)
    spec = _kept(google, name, wanted, before) if before else specification(wanted)
    update = run_v2.UpdateServiceRequest(service=_named(spec, name), validate_only=True, allow_missing=True)
    try:
        google.call("Services.UpdateService", lambda: google.services.update_service, request=update)
    except GoogleError as refused:
        if refused.code != "ALREADY_EXISTS":
            raise


def make_revision(
    google: Google,
    wanted: WantedService,
    *,
    before: ServiceState | None,
    insist: Callable[[ServiceState], None],
) -> MadeRevision:
    """Make the revision without traffic under its tag, what serves pinned by name; adopt it when it is there.

    `before` is the service as it was last seen: it is read again only when Cloud Run says that it has changed.
    `insist` is shown each state that is about to be replaced, and may raise.

    Where nothing serves there is nothing to pin: the revision gets all traffic once it is ready.
    Raises RevisionFailed when it does not become ready; what served before keeps serving.
    """
    name = full_name(wanted.project, wanted.region, wanted.name)

    def decide(again: bool) -> Any:
        if again and _has(google, name, wanted.revision_name):
            return None
        state = service(google, wanted.project, wanted.region, wanted.name) if again else before
        if state is not None:
            insist(state)
        return _create(google, wanted) if state is None else _update(google, wanted, state)

    operation = decided_anew(google, decide, service="Services", meanwhile=CHANGED_OR_MADE)
    return _made(wanted, _ready(google, name, wanted, operation))


def _made(wanted: WantedService, found: run_v2.Service) -> MadeRevision:
    tag_urls = {status.tag: status.uri for status in found.traffic_statuses if status.tag}
    return MadeRevision(wanted.revision_name, found.uri, tag_urls.get(wanted.tag, found.uri), state_of(found))


def _update(google: Google, wanted: WantedService, before: ServiceState) -> Any:
    name = full_name(wanted.project, wanted.region, wanted.name)
    wish = _named(_kept(google, name, wanted, before), name)
    wish.etag = before.etag
    wish.traffic = (
        targets_of((*_pinned(before, wanted.tag), Traffic(wanted.revision_name, 0, wanted.tag)))
        if before.serving
        else _all_to_latest(wanted)
    )
    request = run_v2.UpdateServiceRequest(service=wish)
    return google.call("Services.UpdateService", lambda: google.services.update_service, request=request)


def _kept(google: Google, name: str, wanted: WantedService, before: ServiceState) -> run_v2.Service:
    """The service as servergem.yml wants it; an adopted one keeps what servergem.yml does not name."""
    there = read(google, name) if is_adopted(dict(before.labels)) else None
    return specification(wanted) if there is None else kept(specification(wanted), there, wanted.named)


def _create(google: Google, wanted: WantedService) -> Any:
    """Make the service. A name that is refused although nothing has it is still being cleaned up: wait for it."""
    spec = specification(wanted)
    spec.traffic = _all_to_latest(wanted)
    request = run_v2.CreateServiceRequest(
        parent=f"projects/{wanted.project}/locations/{wanted.region}", service_id=wanted.name, service=spec
    )
    until = time.monotonic() + CLEANUP_SECONDS
    while True:
        try:
            return google.call(CREATE, lambda: google.services.create_service, request=request)
        except GoogleError as refused:
            if refused.code != "ALREADY_EXISTS" or _is_there(google, wanted):
                raise
        if time.monotonic() > until:
            still = f"{wanted.name} was deleted, and is not cleaned up after {CLEANUP_SECONDS:.0f} s"
            raise GoogleError(Denial("DEADLINE_EXCEEDED", still, CREATE))
        heard.get()(f"{wanted.name} was deleted a moment ago, and its name is waited for")
        time.sleep(CLEANUP_PAUSE)


def _is_there(google: Google, wanted: WantedService) -> bool:
    return service(google, wanted.project, wanted.region, wanted.name) is not None


def _ready(google: Google, name: str, wanted: WantedService, operation: Any) -> run_v2.Service:
    """The service once the revision is ready; RevisionFailed with Cloud Run's own words when it is not."""
    if operation is not None:
        done = waited(google, operation.operation)
        if not done.HasField("error"):
            return service_of(done)
        failed = run_v2.Service.deserialize(done.metadata.value)
        condition = failed.terminal_condition
        reason = condition.revision_reason.name if condition.revision_reason else condition.reason.name
        raise RevisionFailed(wanted.revision_name, reason, done.error.message)
    found = settled(google, name)
    condition = found.terminal_condition
    if condition.state == run_v2.Condition.State.CONDITION_FAILED:
        raise RevisionFailed(wanted.revision_name, condition.revision_reason.name, condition.message)
    return found


def _has(google: Google, name: str, revision: str) -> bool:
    """Whether an earlier attempt of this run has made its revision."""
    full = f"{name}/revisions/{revision}"
    found = google.unless_missing("Revisions.GetRevision", lambda: google.revisions.get_revision, name=full)
    return found is not None


def _all_to_latest(wanted: WantedService) -> list[run_v2.TrafficTarget]:
    """Where nothing serves there is nothing to pin, and traffic has to go somewhere: it waits for this revision."""
    return [run_v2.TrafficTarget(type_=latest(), percent=100, tag=wanted.tag)]


def _pinned(before: ServiceState, tag: str) -> tuple[Traffic, ...]:
    """What serves now, by name, so that the new revision takes nothing; and every tag of somebody else.

    Our own tags of earlier deployments go: one on a revision that never became ready fails every later
    change of the service. https://github.com/Lore-Hex/quill-router/pull/782
    """
    entries = (
        Traffic(entry.revision, entry.percent, "" if entry.tag == tag else entry.tag)
        for entry in before.traffic
    )
    return tuple(
        entry for entry in entries if entry.percent or (entry.tag and not entry.tag.startswith(OWN_TAG))
    )


def _named(spec: run_v2.Service, name: str) -> run_v2.Service:
    spec.name = name
    return spec
