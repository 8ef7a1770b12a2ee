"""Cloud Storage: buckets and objects, in the words of its JSON API; objects are files on this disk."""

from __future__ import annotations

import base64
import json
import re
import secrets
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import google_crc32c

from sandbox.google.state import DEPLOYER, Project, Projects, now

_BUCKET_NAME = re.compile(r"(?!goog)[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]\Z")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Asked:
    """One HTTP request; the body is read as it comes."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Callable[[], Iterator[bytes]]
    repeated: dict[str, list[str]] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        raw = b"".join(self.body())
        return dict(json.loads(raw)) if raw else {}


@dataclass(frozen=True)
class Answer:
    """One HTTP answer: JSON, nothing, or the bytes of a file."""

    status: int
    json: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    file: Path | None = None


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
        self._sum: Any = google_crc32c.Checksum()  # type: ignore[no-untyped-call]  # it ships no types

    @property
    def crc32c(self) -> str:
        return base64.b64encode(self._sum.digest()).decode()

    def write(self, chunks: Iterator[bytes]) -> None:
        with self.file.open("ab") as file:
            for chunk in chunks:
                file.write(chunk)
                self._sum.update(chunk)
                self.size += len(chunk)


class Storage:
    """All buckets and objects; `answer` is the JSON API."""

    def __init__(self, root: Path, projects: Projects) -> None:
        self._root = root
        self._projects = projects
        self._lock = threading.RLock()
        self._buckets: dict[str, Bucket] = {}
        self._objects: dict[tuple[str, str], list[StoredObject]] = {}
        self._uploads: dict[str, Upload] = {}
        self.url = ""
        root.mkdir(parents=True, exist_ok=True)

    # -- what others here ask

    def put_bucket(self, project: Project, name: str, location: str = "US") -> None:
        """The bucket is there from now on."""
        with self._lock:
            self._buckets.setdefault(name, Bucket(name, project, {"location": location}, now().isoformat()))

    def file(self, bucket: str, name: str, generation: int = 0) -> Path | None:
        """The bytes of an object, of this generation or of the newest."""
        with self._lock:
            found = self._find(bucket, name, generation or None)
        return found.file if found else None

    def _find(self, bucket: str, name: str, generation: int | None = None) -> StoredObject | None:
        history = self._objects.get((bucket, name), [])
        if generation is None:
            return history[-1] if history else None
        return next((each for each in history if each.generation == generation), None)

    # -- the API

    def method(self, asked: Asked) -> str:
        """The name of the call, as in Google's own reference."""
        upload = asked.path.startswith("/upload/")
        match = re.fullmatch(
            r"(?:/upload|/download)?/storage/v1/b(?:/([^/]+)(?:/(o|iam)(?:/(.+))?)?)?", asked.path
        )
        if match is None:
            return "storage.unknown"
        bucket, kind, rest = match.groups()
        if bucket is None:
            return {"POST": "storage.buckets.insert", "GET": "storage.buckets.list"}.get(
                asked.method, "storage.unknown"
            )
        if kind == "iam":
            return (
                "storage.buckets.testIamPermissions"
                if rest == "testPermissions"
                else "storage.buckets.getIamPolicy"
            )
        thing = "objects" if kind == "o" else "buckets"
        if upload:
            return "storage.objects.insert"
        if kind == "o" and rest is None:
            return {"GET": "storage.objects.list"}.get(asked.method, "storage.unknown")
        verb = {"GET": "get", "PATCH": "patch", "PUT": "update", "DELETE": "delete"}.get(asked.method)
        return f"storage.{thing}.{verb}" if verb else "storage.unknown"

    def answer(self, asked: Asked) -> Answer:
        acts: dict[str, Callable[[Asked], Answer]] = {
            "storage.buckets.insert": self._insert_bucket,
            "storage.buckets.list": self._list_buckets,
            "storage.buckets.get": self._get_bucket,
            "storage.buckets.patch": self._patch_bucket,
            "storage.buckets.update": self._patch_bucket,
            "storage.buckets.delete": self._delete_bucket,
            "storage.buckets.testIamPermissions": self._test_permissions,
            "storage.objects.insert": self._insert_object,
            "storage.objects.get": self._get_object,
            "storage.objects.list": self._list_objects,
            "storage.objects.delete": self._delete_object,
        }
        act = acts.get(self.method(asked))
        if act is None:
            return error_answer(501, "notImplemented", f"not emulated: {asked.method} {asked.path}")
        try:
            return act(asked)
        except StorageRefusal as refusal:
            for _ in asked.body():  # the connection is used again, so the rest has to be read
                pass
            return refusal.answer

    def _named(self, asked: Asked) -> tuple[str, str]:
        match = re.fullmatch(
            r"(?:/upload|/download)?/storage/v1/b/([^/]+)(?:/(?:o|iam)(?:/(.+))?)?", asked.path
        )
        return (match[1], match[2] or "") if match else ("", "")

    def _bucket(self, name: str, permission: str) -> Bucket:
        with self._lock:
            bucket = self._buckets.get(name)
        if bucket is None:
            raise StorageRefusal(404, "notFound", "The specified bucket does not exist.")
        if not bucket.project.billing:
            raise StorageRefusal(
                403,
                "accountDisabled",
                "The billing account for the owning project is disabled in state absent",
            )
        if not bucket.project.holds(permission):
            self._denied(permission)
        return bucket

    def _denied(self, permission: str) -> None:
        thing = "object" if ".objects." in permission else "bucket"
        raise StorageRefusal(
            403,
            "forbidden",
            f"{DEPLOYER} does not have {permission} access to the Google Cloud Storage {thing}. "
            f"Permission '{permission}' denied on resource (or it may not exist).",
        )

    def _insert_bucket(self, asked: Asked) -> Answer:
        fields = asked.json()
        name = str(fields.get("name", ""))
        project = self._projects.find(asked.query.get("project", ""))
        if project is None:
            raise StorageRefusal(400, "invalid", f"Unknown project id: {asked.query.get('project', '')}")
        if not _BUCKET_NAME.match(name) or "google" in name:
            raise StorageRefusal(400, "invalid", f"Invalid bucket name: '{name}'")
        if not project.billing:
            raise StorageRefusal(
                403,
                "accountDisabled",
                "The billing account for the owning project is disabled in state absent",
            )
        if not project.holds("storage.buckets.create"):
            self._denied("storage.buckets.create")
        with self._lock:
            if (taken := self._buckets.get(name)) is not None:
                raise StorageRefusal(409, "conflict", _taken(taken.project is project))
            bucket = self._buckets[name] = Bucket(name, project, fields, now().isoformat())
        return Answer(200, bucket.json())

    def _list_buckets(self, asked: Asked) -> Answer:
        project = self._projects.find(asked.query.get("project", ""))
        with self._lock:
            items = [bucket.json() for bucket in self._buckets.values() if bucket.project is project]
        return Answer(200, {"kind": "storage#buckets", "items": items})

    def _get_bucket(self, asked: Asked) -> Answer:
        return Answer(200, self._bucket(self._named(asked)[0], "storage.buckets.get").json())

    def _patch_bucket(self, asked: Asked) -> Answer:
        bucket = self._bucket(self._named(asked)[0], "storage.buckets.update")
        changes = asked.json()
        with self._lock:
            bucket.fields = {**bucket.fields, **changes}
            bucket.metageneration += 1
        return Answer(200, bucket.json())

    def _delete_bucket(self, asked: Asked) -> Answer:
        bucket = self._bucket(self._named(asked)[0], "storage.buckets.delete")
        with self._lock:
            if any(key[0] == bucket.name for key in self._objects):
                raise StorageRefusal(409, "conflict", "The bucket you tried to delete is not empty.")
            del self._buckets[bucket.name]
        return Answer(204)

    def _test_permissions(self, asked: Asked) -> Answer:
        bucket = self._bucket(self._named(asked)[0], "storage.buckets.get")
        held = [each for each in asked.repeated.get("permissions", []) if bucket.project.holds(each)]
        return Answer(200, {"kind": "storage#testIamPermissionsResponse", "permissions": held})

    # -- objects

    def _get_object(self, asked: Asked) -> Answer:
        found = self._existing(asked, "storage.objects.get")
        if asked.query.get("alt") == "media" or asked.path.startswith("/download/"):
            headers = {
                "Content-Type": found.content_type,
                "X-Goog-Hash": f"crc32c={found.crc32c}",
                "X-Goog-Generation": str(found.generation),
            }
            return Answer(200, headers=headers, file=found.file)
        return Answer(200, found.json())

    def _existing(self, asked: Asked, permission: str) -> StoredObject:
        bucket, name = self._named(asked)
        self._bucket(bucket, permission)
        generation = asked.query.get("generation")
        with self._lock:
            found = self._find(bucket, name, int(generation) if generation else None)
        if found is None:
            raise StorageRefusal(404, "notFound", f"No such object: {bucket}/{name}")
        return found

    def _list_objects(self, asked: Asked) -> Answer:
        bucket = self._bucket(self._named(asked)[0], "storage.objects.list")
        prefix = asked.query.get("prefix", "")
        with self._lock:
            items = [
                history[-1].json()
                for (home, name), history in sorted(self._objects.items())
                if home == bucket.name and name.startswith(prefix)
            ]
        return Answer(200, {"kind": "storage#objects", "items": items})

    def _delete_object(self, asked: Asked) -> Answer:
        found = self._existing(asked, "storage.objects.delete")
        with self._lock:
            history = self._objects.pop((found.bucket, found.name))
        for each in history:
            each.file.unlink(missing_ok=True)
        return Answer(204)

    # -- uploads

    def _insert_object(self, asked: Asked) -> Answer:
        if asked.method == "PUT":
            return self._continue(asked)
        bucket, _ = self._named(asked)
        self._bucket(bucket, "storage.objects.create")
        kind = asked.query.get("uploadType")
        if kind == "resumable":
            return self._begin(asked, bucket)
        if kind == "media":
            upload = self._upload(bucket, {"contentType": asked.headers.get("content-type", "")}, asked.query)
            self._precondition(upload)
            upload.write(asked.body())
            return self._finish(upload)
        if kind == "multipart":
            return self._multipart(asked, bucket)
        raise StorageRefusal(400, "invalid", f"Invalid uploadType: {kind}")

    def _upload(self, bucket: str, fields: dict[str, Any], query: dict[str, str]) -> Upload:
        fields = {**fields, "name": query.get("name") or fields.get("name")}
        if not fields["name"]:
            raise StorageRefusal(400, "required", "Required")
        return Upload(bucket, fields, query, self._root / uuid.uuid4().hex)

    def _begin(self, asked: Asked, bucket: str) -> Answer:
        fields = asked.json()
        fields.setdefault("contentType", asked.headers.get("x-upload-content-type", ""))
        upload = self._upload(bucket, fields, asked.query)
        self._precondition(upload)
        key = secrets.token_urlsafe(24)
        with self._lock:
            self._uploads[key] = upload
        location = f"{self.url}/upload/storage/v1/b/{bucket}/o?uploadType=resumable&upload_id={key}"
        return Answer(200, headers={"Location": location, "X-GUploader-UploadID": key})

    def _continue(self, asked: Asked) -> Answer:
        key = asked.query.get("upload_id", "")
        with self._lock:
            upload = self._uploads.get(key)
        if upload is None:
            raise StorageRefusal(404, "notFound", f"No such upload: {key}")
        sent = asked.headers.get("content-range", "bytes 0-*/*")
        match = re.fullmatch(r"bytes (?:(\d+)-(\d+|\*)|\*)/(\d+|\*)", sent)
        if match is None:
            raise StorageRefusal(400, "badRequest", f"Failed to parse Content-Range header: {sent}")
        start, _, total = match.groups()
        if start is not None:
            if int(start) != upload.size:
                raise StorageRefusal(503, "backendError", f"Expected byte {upload.size}, got byte {start}")
            upload.write(asked.body())
        unbounded = total == "*" and start is not None and match[2] == "*"
        if not unbounded and (total == "*" or upload.size < int(total)):
            return Answer(308, headers={"Range": f"bytes=0-{upload.size - 1}"} if upload.size else {})
        answer = self._finish(upload)
        with self._lock:
            self._uploads.pop(key, None)
        return answer

    def _multipart(self, asked: Asked, bucket: str) -> Answer:
        match = re.search(r'boundary="?([^";]+)"?', asked.headers.get("content-type", ""))
        if match is None:
            raise StorageRefusal(400, "invalid", "Missing multipart boundary")
        body = b"".join(asked.body())
        boundary = b"--" + match[1].strip("'").encode()
        parts = [part for part in body.split(boundary) if part.strip() not in {b"", b"--"}]
        if len(parts) != 2:
            raise StorageRefusal(400, "invalid", "A multipart upload has two parts")
        fields = dict(json.loads(parts[0].partition(b"\r\n\r\n")[2]))
        head, _, media = parts[1].partition(b"\r\n\r\n")
        kind = re.search(rb"(?i)content-type:\s*(\S+)", head)
        fields.setdefault("contentType", kind[1].decode() if kind else "")
        upload = self._upload(bucket, fields, asked.query)
        self._precondition(upload)
        upload.write(iter([media.removesuffix(b"\r\n")]))
        return self._finish(upload)

    def _precondition(self, upload: Upload) -> None:
        wanted = upload.query.get("ifGenerationMatch")
        if wanted is None:
            return
        found = self._find(upload.bucket, str(upload.fields["name"]))
        if int(wanted) != (found.generation if found else 0):
            raise StorageRefusal(
                412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold."
            )

    def _finish(self, upload: Upload) -> Answer:
        promised = upload.fields.get("crc32c")
        if promised and promised != upload.crc32c:
            raise StorageRefusal(
                400,
                "invalid",
                f'Provided CRC32C "{promised}" doesn\'t match calculated CRC32C "{upload.crc32c}".',
            )
        upload.file.touch()
        with self._lock:
            self._precondition(upload)
            stored = StoredObject(
                bucket=upload.bucket,
                name=str(upload.fields["name"]),
                generation=time.time_ns() // 1000,
                size=upload.size,
                crc32c=upload.crc32c,
                content_type=str(upload.fields.get("contentType") or "application/octet-stream"),
                metadata=dict(upload.fields.get("metadata") or {}),
                file=upload.file,
                created=now().isoformat(),
            )
            self._objects.setdefault((stored.bucket, stored.name), []).append(stored)
        return Answer(200, stored.json())

    def remove_files(self) -> None:
        """Forget every object's bytes."""
        shutil.rmtree(self._root, ignore_errors=True)


def _taken(ours: bool) -> str:
    if ours:
        return "Your previous request to create the named bucket succeeded and you already own it."
    return (
        "The requested bucket name is not available. The bucket namespace is shared by all users of the "
        "system. Please select a different name and try again."
    )
