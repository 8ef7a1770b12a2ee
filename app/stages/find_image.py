"""Find image: what somebody else has built, by the digest that its name stands for at this moment."""

from __future__ import annotations

from app.model import Blame, Finding, Image, ImageName, Shelf, Stop, Target
from app.scene import Scene
from app.settings import Settings
from app.text.titles import fitting
from gcp import artifact_registry
from gcp.errors import GoogleError


def find_image(scene: Scene, target: Target) -> Image:
    """The image of `image:` by digest; a tag may be moved afterwards, and what serves is still what was verified."""
    name = ImageName.parse(target.service.image)
    assert name is not None, "the configuration has looked"
    if (taken := not_ours(scene.world.settings, target, name)) is not None:
        raise Stop((taken,))
    if not name.digest:
        name = name.at(_digest(scene, target, name))
    scene.note(f"{name.digest[:19]}, for {target.service.image}"[:200])
    return Image(name.path, name.digest, reused=f"taken from {target.service.image}")


def not_ours(settings: Settings, target: Target, name: ImageName) -> Finding | None:
    """Why an image that ServerGem has built is not this repository's to take; None for anybody else's.

    The account that deploys reads them all, so nothing at Google tells one repository's from another's. What was built
    for previews or forks is taken by nobody: it may be what nobody has reviewed.
    """
    shelf = name.shelf
    builder, slash, _ = shelf.package.partition("/") if shelf else ("", "", "")
    unreviewed = (settings.preview_repository, settings.fork_repository)
    if shelf is None or not (slash and builder.isdecimal()):
        return None
    theirs = shelf.repository == settings.repository and builder != str(target.owner)
    if shelf.repository not in unreviewed and not theirs:
        return None
    return Finding(
        "image-not-ours",
        fitting(f"The image {shelf.package} is not this repository's to deploy"),
        "Name an image that was pushed for this service, or leave `image` out, so that its source is built.",
        message=f"ServerGem has built it, for the repository with the id {builder}, in {shelf.repository}: there only "
        "that repository's own deployments take it from, and never by `image:` what a preview or a fork was.",
        place=target.place("image"),
    )


def _digest(scene: Scene, target: Target, name: ImageName) -> str:
    shelf, google = name.shelf, scene.world.google
    assert shelf is not None, "elsewhere there are only digests"
    try:
        found = artifact_registry.image_digest(
            google, shelf.project, shelf.location, shelf.repository, shelf.package, name.tag
        )
    except GoogleError as error:
        if error.code != "PERMISSION_DENIED":
            raise
        raise Stop((_closed_to_us(google.member, target, shelf),)) from error
    if found is None:
        raise Stop((_not_there(target, name, shelf),))
    return found


def _not_there(target: Target, name: ImageName, shelf: Shelf) -> Finding:
    return Finding(
        "no-such-image",
        fitting(f"There is no image {shelf.package}:{name.tag} in {shelf.repository}"),
        f"Push it: `docker push {name}`, then run this again; or correct `image:`.",
        message=f"{name} is what {target.source_name} is to be made of, and Artifact Registry has no such tag.",
        place=target.place("image"),
    )


def _closed_to_us(member: str, target: Target, shelf: Shelf) -> Finding:
    return Finding(
        "image-closed-to-servergem",
        fitting(f"ServerGem may not read the repository {shelf.repository} of {shelf.project}"),
        f"`{grant(shelf, member or 'serviceAccount:DEPLOYER')}`, then run this again.",
        blame=Blame.PROJECT,
        message="It asks there which digest a tag stands for, and Cloud Run takes only an image that it may read.",
        place=target.place("image"),
    )


def grant(shelf: Shelf, member: str) -> str:
    """The command that lets a member read this repository's images."""
    return (
        f"gcloud artifacts repositories add-iam-policy-binding {shelf.repository} --location={shelf.location} "
        f"--project={shelf.project} --member={member} --role=roles/artifactregistry.reader"
    )
