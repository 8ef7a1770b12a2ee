"""Images: each is named by the content that it was built from, and what was built once is not built again.

Production takes a pull request's image only when that pull request is what was merged, and when previews build with
production's own account. No pull request takes another's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from app.github import GitHubError
from app.model import Build, Commit, Image, Target
from app.scene import Scene
from app.source.updated import kept_whole, updates
from app.store.images import KnownImage
from app.trust.accounts import accounts, trusts_previews
from gcp import artifact_registry

# Counted up when we build in another way, which makes other images of the same content.
RECIPE = "2"
OF_A_PULL_REQUEST = re.compile(r"pull request (\d+)")


def built_before(scene: Scene, commit: Commit, target: Target) -> Image | None:
    """The image of this content, if one was built from a source that this Target may trust and is still there."""
    for known in _candidates(scene, commit, target):
        if not _still_there(scene, known):
            scene.world.store.images.forget_image(known.project, known.region, known.key)
            continue
        base = scene.world.store.images.base_of(known.digest)
        image = Image(known.name, known.digest, reused=f"reused from {known.origin}", base=base)
        if target.preview is None:
            # It is production's from now on: the end of the pull request that built it does not remove it.
            remember(scene, commit, target, image, known.tag)
        return image
    return None


def remember(scene: Scene, commit: Commit, target: Target, image: Image, tag: str) -> None:
    """Keep which image this content became, unless a fork built it, and what any image needs below itself."""
    if image.base:
        scene.world.store.images.on_base(image.name, image.digest, image.base)
    key = key_of(scene, commit, target, _number(target))
    known = scene.world.store.images.image(target.project, target.built_in, key) if key else None
    if not key or (known and (known.name, known.digest) == (image.name, image.digest)):
        return
    scene.world.store.images.built(
        KnownImage(
            target.project,
            target.built_in,
            key,
            image.name,
            tag,
            image.digest,
            origin_of(commit, target),
            commit.repository.id,
        )
    )


def origin_of(commit: Commit, target: Target) -> str:
    """Where an image comes from, in words."""
    number = _number(target)
    return f"pull request {number}" if number else f"{commit.short} on {commit.branch}"


def registry_of(scene: Scene, target: Target) -> str:
    """Where images for this Target go."""
    project, repository = target.project.replace(":", "/"), accounts(scene.world.settings, target).repository
    return f"{target.built_in}-docker.pkg.dev/{project}/{repository}"


def package_of(commit: Commit, target: Target) -> str:
    """The image's name within its registry: two repositories with a service of one name never meet."""
    return f"{commit.repository.id}/{target.source_name}"


def place_of(image: KnownImage) -> tuple[str, str]:
    """The registry that an image is in, and its name there."""
    host = f"{image.region}-docker.pkg.dev/{image.project.replace(':', '/')}/"
    repository, _, package = image.name.removeprefix(host).partition("/")
    return repository, package


def key_of(scene: Scene, commit: Commit, target: Target, number: int) -> str:
    """A hash of all that decides what an image holds, and of the pull request that it was built for (0: a branch).

    Empty when that is not known, or the image must not be shared.
    """
    use, plan = accounts(scene.world.settings, target), target.service.build
    if not target.content or not use.reusable or plan.kind is Build.AUTO:
        return ""
    parts = [
        RECIPE,
        str(commit.repository.id),
        str(number),
        target.source_name,
        target.service.path,
        target.content,
        (Build.BUILDPACKS if plan.kind is Build.SOURCE else plan.kind).value,
    ]
    if may_be_updated(scene, target):
        # Where it may not, an image on nothing could not run.
        parts.append("automatic updates")
    if plan.kind is Build.DOCKERFILE:
        parts += [plan.dockerfile, plan.target, *(f"{name}={value}" for name, value in plan.args)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def may_be_updated(scene: Scene, target: Target) -> bool:
    """Whether its image may do without a base of its own: here, and where a pull request's will be production's."""
    home = scene.run.home
    return updates(target) and not (home and kept_whole(home))


def _number(target: Target) -> int:
    """The pull request that a Target is made for."""
    return target.preview.number if target.preview else 0


def _candidates(scene: Scene, commit: Commit, target: Target) -> Iterator[KnownImage]:
    """The images of this content that may be used: its own pull request's first, then production's."""
    images = scene.world.store.images
    for number in dict.fromkeys((_number(target), 0)):
        key = key_of(scene, commit, target, number)
        if key and (known := images.image(target.project, target.built_in, key)):
            yield known
    if target.preview is None and trusts_previews(scene.world.settings, target.project):
        yield from _of_what_was_merged(scene, commit, target)


def _of_what_was_merged(scene: Scene, commit: Commit, target: Target) -> Iterator[KnownImage]:
    """The images of pull requests whose head, or whose merge, this commit is; the newest pull request first."""
    images = scene.world.store.images
    numbers = {
        int(found[1])
        for each in images.images_of(commit.repository.id)
        if (found := OF_A_PULL_REQUEST.fullmatch(each.origin))
    }
    for number in sorted(numbers, reverse=True):
        key = key_of(scene, commit, target, number)
        known = images.image(target.project, target.built_in, key) if key else None
        if known and (number == commit.pull_request or _merged_as(scene, commit, number)):
            yield known


def _merged_as(scene: Scene, commit: Commit, number: int) -> bool:
    """Whether GitHub says that this commit is the merge of the pull request."""
    try:
        pull = scene.world.github.pull_request(commit.repository, number)
    except GitHubError as error:
        scene.note(
            f"built again, since GitHub could not say whether pull request {number} was merged: {error}"
        )
        return False
    return pull is not None and pull.merged and pull.merge_sha == commit.sha


def _still_there(scene: Scene, known: KnownImage) -> bool:
    repository, package = place_of(known)
    digest = artifact_registry.image_digest(
        scene.world.google, known.project, known.region, repository, package, known.tag
    )
    return digest == known.digest
