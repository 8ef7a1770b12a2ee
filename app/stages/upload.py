"""Upload: GitHub's tarball goes straight into the project's bucket, once per commit, never to a disk of ours."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from app.acts.images import built_before
from app.diagnosis import Files
from app.inspection import inspect, named, wanted
from app.model import Commit, Finding, Image, Source, Stop, Target, Weight
from app.scene import Scene
from app.source.archive import Passing
from gcp import storage

MEGABYTE = 1_000_000


def upload(scene: Scene, commit: Commit, target: Target, bucket_ready: Future[str]) -> Source | Image:
    """Stream the commit into the bucket, unless an earlier run or another service of ours has done so.

    Where an image of the same content is there already nothing is uploaded: that image is the answer. An object that is
    not what we streamed is left alone, and no build sees it. Faults that a parser can see in the source are found on
    the way, before a build is paid for.
    """
    if image := built_before(scene, commit, target):
        scene.note(f"not needed: {image.reused}")
        return image
    archive = _Archive(scene, commit, target)
    bucket = bucket_ready.result()
    name = f"sources/{commit.repository.id}/{commit.sha}.tar.gz"
    rows = scene.world.store.sources
    stored = storage.upload(
        scene.world.google, bucket, name, archive.opened, lambda made: rows.ours(bucket, name, made)
    )
    rows.wrote(bucket, stored.name, stored.generation)
    source = archive.passing
    if source.whole or source.given_up:
        _insist_on_a_source_that_builds(scene, target, source)
    return Source(bucket, stored.name, stored.generation, source.top, archive.size)


def _insist_on_a_source_that_builds(scene: Scene, target: Target, source: Passing) -> None:
    found = inspect(Files.passed(source), target)
    if any(finding.weight is Weight.STOP for finding in found):
        raise Stop(found)
    for finding in found:
        scene.warn(finding)


class _Archive:
    """The tarball as it passes: its size, and that it is the commit we asked for."""

    def __init__(self, scene: Scene, commit: Commit, target: Target) -> None:
        self._github, self._commit = scene.world.github, commit
        self._limit = scene.world.settings.max_source_bytes
        self._named = named(target)
        self.size, self.passing = 0, Passing(self._wanted)

    def _wanted(self, path: str) -> bool:
        return path in self._named or wanted(path)

    @contextmanager
    def opened(self) -> Iterator[Iterator[bytes]]:
        with self._github.tarball(self._commit) as (chunks, size):
            if size is not None and size > self._limit:
                raise Stop((_too_large(self._commit, size, self._limit),))
            yield self._watched(chunks)

    def _watched(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        self.size, self.passing = 0, Passing(self._wanted)
        for chunk in chunks:
            self.size += len(chunk)
            if self.size > self._limit:
                raise Stop((_too_large(self._commit, self.size, self._limit),))
            self.passing.feed(chunk)
            if self.passing.top and self.passing.commit not in ("", self._commit.sha):
                raise Stop((_not_the_commit(self._commit, self.passing.commit),))
            yield chunk
        if not self.passing.top:
            raise Stop((_not_the_commit(self._commit, ""),))


def _too_large(commit: Commit, size: int, limit: int) -> Finding:
    return Finding(
        code="source-too-large",
        title=f"The source is larger than {limit // MEGABYTE} MB",
        message=f"GitHub's archive of {commit.short} has {size // MEGABYTE} MB or more.",
        fix="Keep build results, data and media out of the repository, or mark them `export-ignore` in "
        ".gitattributes; the operator sets the limit with MAX_SOURCE_BYTES.",
        link="https://git-scm.com/docs/gitattributes#_creating_an_archive",
    )


def _not_the_commit(commit: Commit, told: str) -> Finding:
    return Finding(
        code="source-is-another-commit",
        title=f"GitHub's archive is not commit {commit.short}",
        message=f"The archive says that it is {told or 'empty'}.",
        fix="Re-run this check; when it happens again, push a new commit.",
    )
