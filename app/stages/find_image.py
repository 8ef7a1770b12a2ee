"""Find image: what somebody else has built, by the digest that its name stands for at this moment."""

from __future__ import annotations

from app.model import Blame, Finding, Image, ImageName, Shelf, Stop, Target
from app.scene import Scene
from app.text.titles import fitting
from gcp import artifact_registry
from gcp.cloud import Google
from gcp.errors import GoogleError


def find_image(scene: Scene, target: Target) -> Image:
    """The image that `image:` names, by digest: a tag that is moved later changes nothing of what was verified."""
    name = ImageName.parse(target.service.image)
    assert name is not None, "the configuration has looked"
    if not name.digest:
        name = name.at(digest(scene.world.google, target, name))
    scene.note(f"{name.digest[:19]}, for {target.service.image}"[:200])
    # Also where somebody copied what was built here: its digest says what it needs below itself.
    base = scene.world.store.images.base_of(name.digest)
    return Image(name.path, name.digest, reused=f"taken from {target.service.image}", base=base)


def digest(google: Google, target: Target, name: ImageName, key: str = "image") -> str:
    """The digest of the tag that this `key` of servergem.yml names; Stop where there is none, or we may not look."""
    shelf = name.shelf
    assert shelf is not None, "elsewhere there are only digests"
    try:
        found = artifact_registry.image_digest(
            google, shelf.project, shelf.location, shelf.repository, shelf.package, name.tag
        )
    except GoogleError as error:
        if error.code != "PERMISSION_DENIED":
            raise
        raise Stop((_closed_to_us(google.member, target, shelf, key),)) from error
    if found is None:
        raise Stop((_not_there(target, name, shelf, key),))
    return found


def _not_there(target: Target, name: ImageName, shelf: Shelf, key: str) -> Finding:
    return Finding(
        "no-such-image",
        fitting(f"There is no image {shelf.package}:{name.tag} in {shelf.repository}"),
        f"Push it: `docker push {name}`, then run this again; or correct `image:`.",
        message=f"{name} is what servergem.yml names for {target.source_name}, and Artifact Registry has no such tag.",
        place=target.place(key),
    )


def _closed_to_us(member: str, target: Target, shelf: Shelf, key: str) -> Finding:
    return Finding(
        "image-closed-to-servergem",
        fitting(f"ServerGem may not read the repository {shelf.repository} of {shelf.project}"),
        f"`{grant(shelf, member or 'serviceAccount:DEPLOYER')}`, then run this again.",
        blame=Blame.PROJECT,
        message="It asks there which digest a tag stands for, and Cloud Run takes only an image that it may read.",
        place=target.place(key),
    )


def grant(shelf: Shelf, member: str) -> str:
    """The command that lets a member read this repository's images."""
    return (
        f"gcloud artifacts repositories add-iam-policy-binding {shelf.repository} --location={shelf.location} "
        f"--project={shelf.project} --member={member} --role=roles/artifactregistry.reader"
    )
