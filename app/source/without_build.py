"""Without a build: a service's source, and the packages that its lock names, brought to a base image of Google's.

The packages are installed once for each content of the lock, runtime and level of trust, whose buckets are apart; a
push that leaves them alone begins no build at all. Whatever stands in the way is said, and the service is built.
"""

from __future__ import annotations

import hashlib
import tarfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.acts.specification import specification
from app.diagnosis import Files
from app.inspection import named, wanted
from app.model import Bundle, Commit, Source, Target
from app.scene import InLane
from app.source.archive import Passing
from app.source.bundle import TooLarge, bundled
from app.source.unbuilt import LOCKS, Recipe, recipe, starter
from app.telemetry import log
from app.trust.accounts import accounts
from gcp import cloud_run, storage, stored
from gcp.build_steps import BuildRequest
from gcp.cloud_build import BuildState
from gcp.errors import REFUSALS, GoogleError
from gcp.resumable_upload import sent

# How a build of packages is begun and waited for, as that of an image.
Run = Callable[[BuildRequest], BuildState]
# Other ways of installing make other packages of the same lock.
RECIPE = "3"


class Built(Exception):  # noqa: N818 - a way that is not taken, not an error
    """The service has to be built, and why."""


def without_a_build(
    scene: InLane, commit: Commit, target: Target, source: Source, look: Callable[[], Files], run: Run
) -> Bundle | None:
    """What runs without a build, or None where the service has to be built; the stage's row says which and why.

    `look` reads what the source holds, `run` carries a build of the packages out.
    """
    try:
        bundle = _bundle(scene, commit, target, source, look, run)
    except (Built, TooLarge, tarfile.TarError) as why:
        said = f"its archive, or that of its packages, cannot be read: {why}"
        scene.note(f"built, since {said if isinstance(why, tarfile.TarError) else why}")
        return None
    scene.note(f"not built: the source runs on Google's {bundle.base}")
    return bundle


def _bundle(
    scene: InLane, commit: Commit, target: Target, source: Source, look: Callable[[], Files], run: Run
) -> Bundle:
    google, use = scene.world.google, accounts(scene.world.settings, target)
    if not use.reusable:
        raise Built("a fork's source leaves nothing behind that is run again")
    made = recipe(look(), target)
    if isinstance(made, str):
        raise Built(made)
    if not _keeps(scene, source.bucket):
        raise Built(
            f"{source.bucket} deletes what it holds, or does not say; `servergem setup google` mends it"
        )
    packages = _packages(scene, commit, target, source, made, run)
    inside = f"{source.top}/{target.service.path}".removesuffix("/.")

    @contextmanager
    def opened() -> Iterator[Iterator[bytes]]:
        yield bundled(_bytes(scene, source), inside, _bytes(scene, packages), starter(made))

    name = f"bundles/{commit.repository.id}/{target.name}/{commit.sha}.tar.gz"
    rows = scene.world.store.sources
    scene.insist()
    kept = storage.upload(google, source.bucket, name, opened, lambda _: False)
    rows.wrote(source.bucket, kept.name, kept.generation)
    bundle = Bundle(source.bucket, kept.name, kept.generation, made.base)
    _insist_on_yes(scene, commit, target, bundle)
    return bundle


def _keeps(scene: InLane, bucket: str) -> bool:
    """Whether what is kept in the bucket stays there; a bucket that we may not ask is not relied on."""
    try:
        return stored.keeps(scene.world.google, bucket)
    except GoogleError as error:
        if error.code != "PERMISSION_DENIED":
            raise
    return False


def _bytes(scene: InLane, source: Source | None) -> Iterator[bytes]:
    if source is not None:
        yield from stored.pieces(scene.world.google, source.bucket, source.object, source.generation)


def files(scene: InLane, target: Target, source: Source) -> Files:
    """What the source holds, as far as a road is chosen by it. tarfile.TarError where it cannot be read."""
    inside = "" if target.service.path == "." else target.service.path + "/"
    own = named(target) | {inside + name for name in LOCKS}
    passing = Passing(lambda path: path in own or wanted(path))
    for piece in _bytes(scene, source):
        passing.feed(piece)
    return Files.passed(passing)


def _packages(
    scene: InLane, commit: Commit, target: Target, source: Source, made: Recipe, run: Run
) -> Source | None:
    """The packages of the lock: those that were installed before and that we know for ours, or new ones."""
    if not made.lock:
        return None
    google, rows = scene.world.google, scene.world.store.sources
    content = "\0".join((RECIPE, made.base, made.lock))
    prefix = f"packages/{commit.repository.id}/{hashlib.sha256(content.encode()).hexdigest()}"
    before = rows.newest(source.bucket, prefix)
    if before and stored.is_there(google, source.bucket, *before):
        scene.note(f"packages as they were installed for the same {made.locked_by}")
        return Source(source.bucket, *before, top="")
    name = f"{prefix}-{uuid.uuid4().hex}.tar.gz"
    address = stored.begin(google, source.bucket, name)
    ended = run(_request(scene, target, source, made, address))
    generation = sent(google, address) if ended.status == "SUCCESS" else 0
    if not generation:
        log.fact("packages.failed", build=ended.id, status=ended.status)
        raise Built("its packages cannot be installed without running code of theirs")
    rows.wrote(source.bucket, name, generation)
    scene.note(f"packages installed once for this {made.locked_by}")
    return Source(source.bucket, name, generation, top="")


def _request(scene: InLane, target: Target, source: Source, made: Recipe, address: str) -> BuildRequest:
    settings = scene.world.settings
    return BuildRequest(
        project=target.project,
        region=target.built_in,
        source=source,
        directory=f"{source.top}/{target.service.path}".removesuffix("/."),
        image_name="",
        tag="",
        kind="packages",
        service_account=accounts(settings, target).build_account,
        timeout=settings.build_timeout,
        tags=("servergem", f"packages-{uuid.uuid4().hex}"),
        runtime=f"{made.language}:{made.version}",
        upload=address,
    )


def _insist_on_yes(scene: InLane, commit: Commit, target: Target, bundle: Bundle) -> None:
    """Have Cloud Run look at it; what it does not take is built."""
    try:
        cloud_run.validate(scene.world.google, specification(scene, commit, target, bundle))
    except GoogleError as error:
        if error.code not in REFUSALS:
            raise
        raise Built(f"Cloud Run refuses it without: {error}") from error
