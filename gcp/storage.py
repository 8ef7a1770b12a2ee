"""Cloud Storage: the bucket for sources, and streaming one archive into it, once."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from gcp.bindings import POLICY_VERSION, Bound, bound_in
from gcp.cloud import TIMEOUT, Google
from gcp.errors import Denial, GoogleError
from gcp.later import later
from gcp.resumable_upload import INSERT, PART_BYTES, parts_of, send

if TYPE_CHECKING:
    from google.api_core import exceptions as api
else:
    api = later("google.api_core.exceptions")

ARCHIVE = "application/gzip"
# How the names of sources begin; what is called otherwise stays.
SOURCES = "sources/"


@dataclass(frozen=True)
class BucketInfo:
    """A bucket; `project_number` tells whose it is."""

    name: str
    project_number: int
    location: str


def bucket(google: Google, name: str) -> BucketInfo | None:
    """The bucket, None when there is none of this name anywhere."""
    try:
        found = google.call("storage.buckets.get", lambda: google.storage.get_bucket, name)
    except GoogleError as error:
        if error.code == "NOT_FOUND":
            return None
        raise
    return BucketInfo(found.name, int(found.project_number), found.location.lower())


def has_bucket(google: Google, project: str, name: str) -> bool:
    """Whether the project's own list of buckets holds this one; it tells whose a bucket is where `bucket` may not."""
    listed = google.every(
        "storage.buckets.list", lambda: google.storage.list_buckets, project=project, prefix=name
    )
    return any(each.name == name for each in listed)


def roles(google: Google, name: str) -> Bound:
    """The roles of each member on this very bucket; nobody's on one that is not there."""
    try:
        policy: Any = google.call(
            "storage.buckets.getIamPolicy",
            lambda: google.storage.bucket(name).get_iam_policy,
            requested_policy_version=POLICY_VERSION,
        )
    except GoogleError as error:
        if error.code == "NOT_FOUND":
            return Bound({})
        raise
    return bound_in((each["role"], each["members"], "condition" in each) for each in policy.bindings)


def test_permissions(google: Google, name: str, permissions: tuple[str, ...]) -> frozenset[str]:
    """Those of `permissions` that we hold on the bucket; GoogleError NOT_FOUND when there is none."""
    held = google.call(
        "storage.buckets.testIamPermissions",
        lambda: google.storage.bucket(name).test_iam_permissions,
        list(permissions),
    )
    return frozenset(held)


def create_bucket(google: Google, project: str, name: str, region: str, keep_days: int) -> bool:
    """Make a private bucket that deletes sources older than `keep_days`; one that is ours already is as good.

    False when somebody else was first, as a deployment beside us may be; an answer that was lost is no somebody.
    """
    doubtful = False

    def create() -> bool:
        nonlocal doubtful
        again, doubtful = doubtful, True
        made: Any = google.storage.bucket(name)
        made.iam_configuration.uniform_bucket_level_access_enabled = True
        made.iam_configuration.public_access_prevention = "enforced"
        # What runs without a build is kept beside the sources, as long as it may run.
        made.add_lifecycle_delete_rule(age=keep_days, matches_prefix=[SOURCES])
        made.labels = {"managed-by": "servergem"}
        try:
            google.storage.create_bucket(made, project=project, location=region, retry=None, timeout=TIMEOUT)
        except api.Conflict:
            if google.storage.lookup_bucket(name, retry=None, timeout=TIMEOUT) is None:
                raise
            return again
        return True

    return google.ask("storage.buckets.insert", create)


@dataclass(frozen=True)
class Stored:
    """An object as it was written: the name that it got, and the generation that pins its bytes."""

    name: str
    generation: int


def upload(
    google: Google,
    bucket_name: str,
    name: str,
    source: Callable[[], AbstractContextManager[Iterator[bytes]]],
    ours: Callable[[int], bool],
) -> Stored:
    """Stream a source into a new object.

    What is there already is taken only when `ours` knows its generation, or its checksum is that of what was
    streamed: whoever may write to the bucket can put anything there first. Otherwise the source goes beside it,
    under a name that nobody can know. `source` is opened anew for each attempt, since a stream cannot be read
    twice. What fits into one part goes as one request, the rest part by part: memory never holds more than a few.
    """
    return _made(google, bucket_name, name, source, ours) or _insisted(google, bucket_name, name, source)


def _made(
    google: Google,
    bucket_name: str,
    name: str,
    source: Callable[[], AbstractContextManager[Iterator[bytes]]],
    ours: Callable[[int], bool],
) -> Stored | None:
    """The object of this name; None when somebody else's is there."""

    def attempt() -> Stored | None:
        blob: Any = google.storage.bucket(bucket_name).blob(name)
        with source() as chunks:
            seen = Summed(chunks)
            try:
                return Stored(name, _sent(google, blob, parts_of(seen)))
            except (api.PreconditionFailed, GoogleError) as refused:
                if isinstance(refused, GoogleError) and refused.code != "FAILED_PRECONDITION":
                    raise
        blob.reload(retry=None, timeout=TIMEOUT)
        trusted = ours(int(blob.generation)) or seen.same(blob.md5_hash, blob.size)
        return Stored(name, int(blob.generation)) if trusted else None

    return google.ask(INSERT, attempt)


def _insisted(
    google: Google,
    bucket_name: str,
    name: str,
    source: Callable[[], AbstractContextManager[Iterator[bytes]]],
) -> Stored:
    stem, dot, ending = name.partition(".")
    own = f"{stem}-{uuid.uuid4().hex}{dot}{ending}"
    # After a lost answer the object is there, and is what was streamed or nothing that we take.
    made = _made(google, bucket_name, own, source, lambda _: False)
    if made is None:
        words = f"gs://{bucket_name}/{own} is not what was streamed"
        raise GoogleError(Denial("FAILED_PRECONDITION", words, INSERT))
    return made


class Summed:
    """A stream whose bytes are summed up as they pass, in the form that Cloud Storage tells of an object.

    https://cloud.google.com/storage/docs/data-validation
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._sum = hashlib.md5(
            usedforsecurity=False
        )  # the only one that Google tells and that is hard to meet
        self._size, self._whole = 0, False

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._sum.update(chunk)
            self._size += len(chunk)
            yield chunk
        self._whole = True

    def same(self, md5: str | None, size: int | None) -> bool:
        """Whether these are the checksum and size of all that passed; never when it did not pass to its end."""
        told = base64.b64encode(self._sum.digest()).decode()
        return self._whole and (md5, size) == (told, self._size)


def _sent(google: Google, blob: Any, parts: Iterator[bytes]) -> int:
    first = next(parts)
    if len(first) == PART_BYTES:
        return send(google, blob, chain((first,), parts), ARCHIVE)
    blob.upload_from_string(first, content_type=ARCHIVE, if_generation_match=0, retry=None, timeout=TIMEOUT)
    return int(blob.generation)
