"""Whose an image is that servergem.yml names; pure."""

from __future__ import annotations

from collections.abc import Iterator

from app.model import Finding, ImageName, Target
from app.settings import Settings
from app.text.titles import fitting


def not_ours(settings: Settings, target: Target) -> Iterator[Finding]:
    """Each image that ServerGem has built and that is not this repository's to take; anybody else's is no matter.

    The account that deploys reads them all, so nothing at Google tells one repository's from another's. What was built
    for previews or forks is taken by nobody: it may be what nobody has reviewed.
    """
    for key, text in target.images_named:
        shelf = name.shelf if (name := ImageName.parse(text)) else None
        builder, slash, _ = shelf.package.partition("/") if shelf else ("", "", "")
        unreviewed = (settings.preview_repository, settings.fork_repository)
        if shelf is None or not (slash and builder.isdecimal()):
            continue
        theirs = shelf.repository == settings.repository and builder != str(target.owner)
        if shelf.repository in unreviewed or theirs:
            yield _taken(target, key, shelf.package, builder, shelf.repository)


def _taken(target: Target, key: str, package: str, builder: str, repository: str) -> Finding:
    own = key == "image"
    return Finding(
        "image-not-ours",
        fitting(f"The image {package} is not this repository's to deploy"),
        "Name an image that was pushed for this service, or leave `image` out, so that its source is built."
        if own
        else "Name an image that was pushed for it.",
        message=f"ServerGem has built it, for the repository with the id {builder}, in {repository}: there only "
        "that repository's own deployments take it from, and never by `image:` what a preview or a fork was.",
        place=target.place(key),
    )
