"""Cloud Storage: objects read part by part, and an address at which somebody without any right may send one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gcp.cloud import Google
from gcp.resumable_upload import INSERT, PART_BYTES
from gcp.storage import ARCHIVE, SOURCES

READ = "storage.objects.get"


def pieces(google: Google, bucket: str, name: str, generation: int) -> Iterator[bytes]:
    """One generation of an object, a part at a time. GoogleError NOT_FOUND where it is gone."""
    blob: Any = google.storage.bucket(bucket).blob(name, generation=generation)
    google.call("storage.objects.get", lambda: blob.reload)
    for start in range(0, int(blob.size or 0), PART_BYTES):
        end = min(start + PART_BYTES, int(blob.size)) - 1
        yield google.call(
            READ, lambda: blob.download_as_bytes, start=start, end=end, raw_download=True, checksum=None
        )


def is_there(google: Google, bucket: str, name: str, generation: int) -> bool:
    """Whether this generation of an object is still there."""
    blob: Any = google.storage.bucket(bucket).blob(name, generation=generation)
    return bool(google.call(READ, lambda: blob.exists))


def keeps(google: Google, bucket: str) -> bool:
    """Whether the bucket deletes nothing but sources by itself; one that a person made may do so."""
    found: Any = google.call("storage.buckets.get", lambda: google.storage.get_bucket, bucket)
    deleting = [rule for rule in found.lifecycle_rules if rule["action"].get("type") == "Delete"]
    return all(rule["condition"].get("matchesPrefix") == [SOURCES] for rule in deleting)


def begin(google: Google, bucket: str, name: str) -> str:
    """The address at which a new object is sent, once; it is its own authorisation, for this object alone.

    https://cloud.google.com/storage/docs/resumable-uploads#session-uris
    """
    blob: Any = google.storage.bucket(bucket).blob(name)
    return str(
        google.call(
            INSERT,
            lambda: blob.create_resumable_upload_session,
            content_type=ARCHIVE,
            if_generation_match=0,
        )
    )
