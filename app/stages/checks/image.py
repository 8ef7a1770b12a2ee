"""Are the images there that somebody else has built, and may Cloud Run read them?"""

from __future__ import annotations

from app.model import Blame, Finding, ImageName, Shelf, Target, Weight
from app.stages.checks.asking import Asking, CannotLook, stop
from app.stages.find_image import digest, grant
from app.text.titles import fitting
from gcp import artifact_registry, resource_manager

READERS = frozenset(
    {"roles/artifactregistry.reader", "roles/artifactregistry.writer", "roles/artifactregistry.repoAdmin"}
    | {
        "roles/artifactregistry.admin",
        "roles/run.serviceAgent",
        "roles/viewer",
        "roles/editor",
        "roles/owner",
    }
)


def images(asking: Asking) -> tuple[tuple[str, str], ...]:
    """What `pinned` finds; Stop when Cloud Run's service agent has no role to read an image that is named.

    Where a role may come from elsewhere, warn.
    """
    found = pinned(asking)
    for key, text in asking.target.images_named:
        _readable(asking, key, ImageName.parse(text))
    return found


def pinned(asking: Asking) -> tuple[tuple[str, str], ...]:
    """Each tag beside the service's own image with the digest that it stands for now; Stop where one is not there.

    Cloud Run would look when it makes the revision, and once more for a promotion, which may be of something else by
    then. The service's own image is looked up meanwhile.
    """
    found: dict[str, str] = {}
    for key, text in asking.target.images_named:
        name = ImageName.parse(text)
        if key != "image" and name and not name.digest:
            found[text] = str(name.at(digest(asking.google, asking.target, name, key)))
            asking.scene.note(f"{found[text].rpartition('@')[2][:19]}, for {text}"[:200])
    return tuple(found.items())


def _readable(asking: Asking, key: str, name: ImageName | None) -> None:
    """In the service's own project the agent has a role that reads images:
    https://cloud.google.com/run/docs/deploying#other-projects
    """
    shelf = name.shelf if name else None
    if shelf is None or shelf.project == asking.project:
        return
    agent = f"serviceAccount:service-{asking.number.result()}@serverless-robot-prod.iam.gserviceaccount.com"
    weight = _missing(asking, shelf, agent)
    if weight is Weight.STOP:
        raise stop(_closed(asking.target, key, shelf, agent, weight))
    if weight is Weight.WARN:
        asking.scene.warn(_closed(asking.target, key, shelf, agent, weight))


def _missing(asking: Asking, shelf: Shelf, agent: str) -> Weight | None:
    """How sure it is that the agent may not read there; None where it may, or a role of somebody's own lets it."""
    alone = asking.look(
        lambda: artifact_registry.roles(asking.google, shelf.project, shelf.location, shelf.repository)
    )
    roles, complete = alone.of(agent), False
    try:
        access = asking.look(lambda: resource_manager.access(asking.google, shelf.project))
        roles |= access.of(agent)
        complete = access.tells_all_of(agent) and alone.tells_all_of(agent)
    except CannotLook as refused:
        asking.scene.note(f"could not look at the roles of {shelf.project}: {refused}")
    if roles & READERS or not all(role.startswith("roles/") for role in roles):
        return None
    return Weight.WARN if roles or not complete else Weight.STOP


def _closed(target: Target, key: str, shelf: Shelf, agent: str, weight: Weight) -> Finding:
    return Finding(
        "image-closed-to-cloud-run",
        fitting(f"Cloud Run has no role to read images of {shelf.project}"),
        f"`{grant(shelf, agent)}`, then run this again.",
        blame=Blame.PROJECT,
        weight=weight,
        message=f"{target.source_name} has an image in {shelf.repository}, which Cloud Run's service agent of "
        f"{target.project} reads.",
        place=target.place(key),
        link="https://cloud.google.com/run/docs/deploying#other-projects",
    )
