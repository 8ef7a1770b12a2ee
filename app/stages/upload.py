"""Upload: GitHub's tarball goes straight into the project's bucket, once per commit, never to a disk of ours."""

from __future__ import annotations

import io
import tarfile
import zlib
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import chain

from app.deployment import Scene
from app.model import Commit, Finding, Source, Stop
from gcp import storage

# Enough of the unpacked stream to hold the pax header and the first entry, which names the top folder.
HEAD_BYTES = 4 * tarfile.BLOCKSIZE
MEGABYTE = 1_000_000


def upload(scene: Scene, commit: Commit, bucket_ready: Future[str]) -> Source:
    """Stream the commit into the bucket; what an earlier run or another service uploaded is used as it is."""
    archive = _Archive(scene, commit)
    bucket = bucket_ready.result()
    name = f"sources/{commit.repository.id}/{commit.sha}.tar.gz"
    generation = storage.upload(scene.world.google, bucket, name, archive.opened)
    return Source(bucket, name, generation, archive.top, archive.size)


class _Archive:
    """The tarball as it passes: its size, its top folder, and that it is the commit we asked for."""

    def __init__(self, scene: Scene, commit: Commit) -> None:
        self._github, self._commit = scene.world.github, commit
        self._limit = scene.world.settings.max_source_bytes
        self.size, self.top = 0, ""

    @contextmanager
    def opened(self) -> Iterator[Iterator[bytes]]:
        with self._github.tarball(self._commit) as (chunks, size):
            if size is not None and size > self._limit:
                raise Stop((_too_large(self._commit, size, self._limit),))
            yield self._watched(chunks)

    def _watched(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        self.size, head = 0, []
        unpack, unpacked = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16), b""
        for chunk in chunks:
            head.append(chunk)
            unpacked += unpack.decompress(chunk, HEAD_BYTES - len(unpacked))
            if len(unpacked) >= HEAD_BYTES:
                break
        self.top = _top_folder(unpacked, self._commit)
        for chunk in chain(head, chunks):
            self.size += len(chunk)
            if self.size > self._limit:
                raise Stop((_too_large(self._commit, self.size, self._limit),))
            yield chunk


def _top_folder(head: bytes, commit: Commit) -> str:
    """`git archive` writes the commit's full name into the first header and one folder around everything."""
    padded = head + bytes(2 * tarfile.BLOCKSIZE)
    with tarfile.open(fileobj=io.BytesIO(padded), mode="r:", ignore_zeros=False) as archive:
        first = archive.next()
        told = archive.pax_headers.get("comment", commit.sha)
    if first is None or told != commit.sha:
        raise Stop((_not_the_commit(commit, told),))
    return first.name.split("/")[0]


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
