"""What somebody changed by hand in a service of ours: its template beside our own last revision, key by key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.trust.ownership import is_adopted
from gcp import cloud_run, sidecars
from gcp.adopted import kept
from gcp.cloud import Google
from gcp.cloud_run import MANAGED_BY
from gcp.later import later
from gcp.service_specification import WRITTEN, alone, shape_of_template, specification
from gcp.wanted_service import WantedService

if TYPE_CHECKING:
    from google.cloud import run_v2
else:
    run_v2 = later("google.cloud.run_v2")

NOT_SET = "not set"


@dataclass(frozen=True)
class Change:
    """One thing that was changed: its key, what it was changed to, and what this deployment makes of it."""

    key: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.key}: {self.old} -> {self.new}"


def changes(google: Google, wanted: WantedService) -> tuple[Change, ...]:
    """What was changed by hand since our last deployment and would be undone by this one.

    Nothing is told of a service that has no revision of ours: there is nothing to compare with.
    """
    name = cloud_run.full_name(wanted.project, wanted.region, wanted.name)
    found = cloud_run.read(google, name)
    ours = _newest_of_ours(google, name) if found is not None else None
    if found is None or ours is None:
        return ()
    now, then = _of_service(found), _of_revision(ours)
    wish = specification(wanted)
    if is_adopted(dict(found.labels)):
        wish = kept(wish, found, wanted.named)
    coming = _of_service(wish)
    # A revision that was made before these were written on it says nothing of them.
    untold = alone(found).keys() - then.keys()
    return tuple(
        Change(key, _shown(key, now), _shown(key, coming))
        for key in sorted((now.keys() | then.keys()) - untold)
        if now.get(key) != then.get(key) and now.get(key) != coming.get(key)
    )


def _shown(key: str, values: Mapping[str, str]) -> str:
    """A plain variable's value is never shown: it may be a secret too."""
    value = values.get(key, NOT_SET)
    hidden = key.startswith("env ") and value != NOT_SET and not value.startswith("secret ")
    return "a value" if hidden else value


def _newest_of_ours(google: Google, name: str) -> run_v2.Revision | None:
    """The last revision that we made; one that was made by hand keeps our labels, but not our name for it."""
    request = run_v2.ListRevisionsRequest(parent=name, page_size=100)
    every = google.every("Revisions.ListRevisions", lambda: google.revisions.list_revisions, request=request)
    ours = [each for each in every if _made_by_us(each)]
    return max(ours, key=lambda each: each.create_time, default=None)


def _made_by_us(revision: run_v2.Revision) -> bool:
    labels = dict(revision.labels)
    commit = labels.get("commit", "")[:7]
    return labels.get("managed-by") == MANAGED_BY and bool(commit) and f"-{commit}-" in revision.name


def _of_service(service: run_v2.Service) -> dict[str, str]:
    return alone(service) | _template(service.template)


def _of_revision(revision: run_v2.Revision) -> dict[str, str]:
    said = dict(revision.annotations)
    service = {key.removeprefix(WRITTEN): value for key, value in said.items() if key.startswith(WRITTEN)}
    return service | _template(revision)


def _template(made: run_v2.RevisionTemplate | run_v2.Revision) -> dict[str, str]:
    """What a template and a revision both hold, in the words of servergem.yml and of Cloud Run."""
    found = {key: value for key, value in shape_of_template(made).items() if value}
    found |= _variables(sidecars.main_of(made))
    for each in sidecars.beside_main(made):
        found |= {f"{key} of {each.name}": value for key, value in _variables(each).items()}
    return found


def _variables(container: run_v2.Container) -> dict[str, str]:
    """Each variable by name; ServerGem's own are another with each deployment."""
    found = {}
    for variable in container.env:
        secret = variable.value_source.secret_key_ref
        if secret.secret:
            found[f"env {variable.name}"] = f"secret {secret.secret.rpartition('/')[2]}:{secret.version}"
        elif not variable.name.startswith("SERVERGEM_"):
            found[f"env {variable.name}"] = variable.value
    return found
