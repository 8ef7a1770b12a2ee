"""On a base image: how an image is asked for that has none of its own, so that Google can patch what is below it."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from dataclasses import replace

from app.acts.images import may_be_updated
from app.acts.specification import specification
from app.diagnosis import Files
from app.model import Build, Commit, Target
from app.scene import InLane
from app.source.updated import Runtime, kept_whole, runtime
from gcp import base_images, cloud_run
from gcp.build_steps import BuildRequest
from gcp.errors import GoogleError


class _Kept(Exception):  # noqa: N818 - a way that is not taken, not an error
    """The image has to bring its own base, and why."""


def on_base(
    scene: InLane, commit: Commit, target: Target, ordinary: BuildRequest, look: Callable[[], Files]
) -> BuildRequest | None:
    """The build of an image without a base, or None where `ordinary` is right; the stage's row says why.

    Cloud Run is asked first, so that a refusal costs no build.
    """
    if target.service.build.kind is Build.DOCKERFILE:
        return None
    try:
        chosen = _runtime(scene, target, look)
        makers = _makers(scene, ordinary.region, chosen)
        _insist_on_yes(scene, commit, target, chosen)
    except (_Kept, tarfile.TarError) as why:
        said = f"its archive cannot be read: {why}" if isinstance(why, tarfile.TarError) else why
        scene.note(f"Google does not patch what is below it, since {said}")
        return None
    return _request(ordinary, chosen, makers)


def _runtime(scene: InLane, target: Target, look: Callable[[], Files]) -> Runtime:
    if not may_be_updated(scene, target):
        home = scene.run.home
        raise _Kept(kept_whole(target) or (kept_whole(home) if home else ""))
    chosen = runtime(look(), target)
    if isinstance(chosen, str):
        raise _Kept(chosen)
    return chosen


def _makers(scene: InLane, region: str, chosen: Runtime) -> base_images.Makers:
    try:
        found = base_images.makers(scene.world.google, region, chosen.base, chosen.language)
    except GoogleError as error:
        raise _Kept(f"Google does not tell of what it is built with: {error}") from error
    if found is None:
        raise _Kept(f"Google has nothing to build for {chosen.base} with in {region}")
    return found


def _insist_on_yes(scene: InLane, commit: Commit, target: Target, chosen: Runtime) -> None:
    """Have Cloud Run look at the service on this base image."""
    wanted = replace(specification(scene, commit, target, None), base=chosen.base)
    try:
        cloud_run.validate(scene.world.google, wanted)
    except GoogleError as error:
        # An ordinary image is right whatever the reason; what ails Google will be told by whoever needs its answer.
        raise _Kept(f"Cloud Run refuses {chosen.base}: {error}") from error


def _request(ordinary: BuildRequest, chosen: Runtime, makers: base_images.Makers) -> BuildRequest:
    """Under tags of its own: both may be built of one commit, and neither has the other's layers."""
    cache = ordinary.cache_reference
    return replace(
        ordinary,
        tag=f"{ordinary.tag}-{chosen.id}",
        env=(*ordinary.env, *chosen.env),
        cache_reference=f"{cache}-{chosen.id}" if cache else "",
        tags=(*ordinary.tags[:-1], f"{ordinary.tags[-1]}-based"[:128]),
        base=chosen.base,
        makers=makers,
    )
