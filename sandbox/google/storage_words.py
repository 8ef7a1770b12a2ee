"""What Cloud Storage is asked and answers, and what it keeps: buckets, generations, uploads under way."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import google_crc32c

from sandbox.google.state import Project


@dataclass(frozen=True)
class Asked:
    """One HTTP request; the body is read as it comes. `written` is the path before its `%` are read.

    `host` is whom the call is for, which a proxy is told beside the path.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Callable[[], Iterator[bytes]]
    repeated: dict[str, list[str]] = field(default_factory=dict)
    written: str = ""
    host: str = ""

    def json(self) -> dict[str, Any]:
        raw = b"".join(self.body())
        return dict(json.loads(raw)) if raw else {}


@dataclass(frozen=True)
class Answer:
    """One HTTP answer: JSON, nothing, or the bytes of a file, all or from one to before another."""

    status: int
    json: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    file: Path | None = None
    extent: tuple[int, int] | None = None


class StorageRefusal(Exception):  # noqa: N818 - Google refuses; nothing here is broken
    """An error answer of the JSON API."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.answer = error_answer(status, reason, message)


def error_answer(status: int, reason: str, message: str) -> Answer:
    errors = [{"message": message, "domain": "global", "reason": reason}]
    return Answer(status, {"error": {"code": status, "message": message, "errors": errors}})


@dataclass
class Bucket:
    """One bucket; its name is unique in the whole world."""

    name: str
    project: Project
    fields: dict[str, Any]
    created: str
    metageneration: int = 1

    @property
    def resource(self) -> str:
        """What roles are bound on."""
        return f"{self.project.name}/buckets/{self.name}"

    def resource_of(self, item: str) -> str:
        """An object in it, or the bucket itself where none is named."""
        return f"{self.resource}/objects/{item}" if item else self.resource

    def json(self) -> dict[str, Any]:
        return {
            "locationType": "region",
            "storageClass": "STANDARD",
            "iamConfiguration": {
                "uniformBucketLevelAccess": {"enabled": False},
                "publicAccessPrevention": "inherited",
            },
            **self.fields,
            "kind": "storage#bucket",
            "id": self.name,
            "name": self.name,
            "projectNumber": str(self.project.number),
            "location": str(self.fields.get("location", "US")).upper(),
            "timeCreated": self.created,
            "updated": self.created,
            "metageneration": str(self.metageneration),
            "etag": base64.b64encode(str(self.metageneration).encode()).decode(),
        }


@dataclass(frozen=True)
class StoredObject:
    """One generation of one object, and the file that holds it."""

    bucket: str
    name: str
    generation: int
    size: int
    crc32c: str
    md5: str
    content_type: str
    metadata: dict[str, str]
    file: Path
    created: str

    def json(self) -> dict[str, Any]:
        return {
            "kind": "storage#object",
            "id": f"{self.bucket}/{self.name}/{self.generation}",
            "bucket": self.bucket,
            "name": self.name,
            "generation": str(self.generation),
            "metageneration": "1",
            "size": str(self.size),
            "crc32c": self.crc32c,
            "md5Hash": self.md5,
            "etag": base64.b64encode(str(self.generation).encode()).decode(),
            "contentType": self.content_type,
            "storageClass": "STANDARD",
            "timeCreated": self.created,
            "updated": self.created,
            **({"metadata": self.metadata} if self.metadata else {}),
        }


class Upload:
    """Bytes on their way into an object: written down and summed up as they come."""

    def __init__(self, bucket: str, fields: dict[str, Any], query: dict[str, str], file: Path) -> None:
        self.bucket = bucket
        self.fields = fields
        self.query = query
        self.file = file
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sum: Any = google_crc32c.Checksum()  # type: ignore[no-untyped-call]  # it ships no types

    @property
    def crc32c(self) -> str:
        return base64.b64encode(self._sum.digest()).decode()

    @property
    def md5(self) -> str:
        return base64.b64encode(self._md5.digest()).decode()

    def write(self, chunks: Iterator[bytes]) -> None:
        with self.file.open("ab") as file:
            for chunk in chunks:
                file.write(chunk)
                self._sum.update(chunk)
                self._md5.update(chunk)
                self.size += len(chunk)
