"""Cloud Storage: the bucket for sources, and streaming one archive into it, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain
from typing import Any

from google.cloud.exceptions import Conflict, PreconditionFailed

from gcp.cloud import TIMEOUT, Google
from gcp.errors import GoogleError

KEEP_DAYS = 7
# One part of a resumable upload, and so the memory that an upload needs; a multiple of 256 KiB.
# https://cloud.google.com/storage/docs/performing-resumable-uploads#chunked-upload
PART_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class BucketInfo:
    """A bucket; `project_number` tells whose it is."""

    name: str
    project_number: int
    location: str


def bucket(google: Google, name: str) -> BucketInfo | None:
    """The bucket, None when there is none of this name anywhere."""
    try:
        found = google.ask(
            "storage.buckets.get", lambda: google.storage.get_bucket(name, retry=None, timeout=TIMEOUT)
        )
    except GoogleError as error:
        if error.code == "NOT_FOUND":
            return None
        raise
    return BucketInfo(found.name, int(found.project_number), found.location.lower())


def create_bucket(google: Google, project: str, name: str, region: str) -> None:
    """Make a private bucket that deletes sources after a week; one that is ours already is as good."""

    def create() -> None:
        made: Any = google.storage.bucket(name)
        made.iam_configuration.uniform_bucket_level_access_enabled = True
        made.iam_configuration.public_access_prevention = "enforced"
        made.add_lifecycle_delete_rule(age=KEEP_DAYS)
        made.labels = {"managed-by": "servergem"}
        try:
            google.storage.create_bucket(made, project=project, location=region, retry=None, timeout=TIMEOUT)
        except Conflict:
            if google.storage.lookup_bucket(name, retry=None, timeout=TIMEOUT) is None:
                raise

    google.ask("storage.buckets.insert", create)


def upload(
    google: Google, bucket_name: str, name: str, source: Callable[[], AbstractContextManager[Iterator[bytes]]]
) -> int:
    """Stream a source into a new object and give its generation; an object that is there is taken as it is.

    `source` is opened anew for each attempt, since a stream cannot be read twice. What fits into one part goes
    as one request, the rest part by part: memory never holds more than a part.
    """

    def send() -> int:
        blob: Any = google.storage.bucket(bucket_name).blob(name, chunk_size=PART_BYTES)
        with source() as chunks:
            try:
                _send(blob, _parts(chunks))
            except PreconditionFailed:
                return generation_of(google, bucket_name, name)
        return int(blob.generation)

    return google.ask("storage.objects.insert", send)


def _send(blob: Any, parts: Iterator[bytes]) -> None:
    first, second = next(parts, b""), next(parts, None)
    once = {"content_type": "application/gzip", "if_generation_match": 0, "retry": None, "timeout": TIMEOUT}
    if second is None:
        blob.chunk_size = None
        blob.upload_from_string(first, **once)
        return
    with blob.open("wb", **once) as writer:
        for part in chain((first, second), parts):
            writer.write(part)


def _parts(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The stream in pieces of one part's size, the last one shorter."""
    waiting, size = [], 0
    for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        if size >= PART_BYTES:
            whole = b"".join(waiting)
            yield whole[:PART_BYTES]
            waiting, size = [whole[PART_BYTES:]], len(whole) - PART_BYTES
    yield b"".join(waiting)


def generation_of(google: Google, bucket_name: str, name: str) -> int:
    """The generation of an object that is there."""
    blob: Any = google.storage.bucket(bucket_name).blob(name)
    blob.reload(retry=None, timeout=TIMEOUT)
    return int(blob.generation)
