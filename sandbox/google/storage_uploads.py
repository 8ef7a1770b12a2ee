"""Uploads to Cloud Storage: in one piece, in two parts, or resumable."""

from __future__ import annotations

import json
import re
import secrets
import time
import uuid
from typing import Any

from sandbox.google.state import now
from sandbox.google.storage_objects import Objects
from sandbox.google.storage_words import Answer, Asked, StorageRefusal, StoredObject, Upload

_CHUNK = 1 << 20


_PART_UNIT = 256 * 1024


class Uploads(Objects):
    """How bytes become an object."""

    def _insert_object(self, asked: Asked) -> Answer:
        if asked.method == "PUT":
            return self._continue(asked)
        bucket, _ = self._named(asked)
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
        self._bucket(bucket, "storage.objects.create", fields["name"])
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
            # Asked again, a finished upload answers as it did at its end:
            # https://cloud.google.com/storage/docs/performing-resumable-uploads#status-check
            finished = self._finished.get(key)
        if finished is not None:
            for _ in asked.body():
                pass
            return finished
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
            self._write_on(upload, asked, last=total != "*" or match[2] == "*")
        unbounded = total == "*" and start is not None and match[2] == "*"
        if not unbounded and (total == "*" or upload.size < int(total)):
            return Answer(308, headers={"Range": f"bytes=0-{upload.size - 1}"} if upload.size else {})
        answer = self._finish(upload)
        with self._lock:
            self._uploads.pop(key, None)
            self._finished[key] = answer
        return answer

    def _write_on(self, upload: Upload, asked: Asked, *, last: bool) -> None:
        """The next bytes of an upload; only its last part may have any size."""
        length = asked.headers.get("content-length", "")
        if not last and length.isdecimal() and int(length) % _PART_UNIT:
            # https://cloud.google.com/storage/docs/performing-resumable-uploads#chunked-upload
            raise StorageRefusal(400, "badRequest", "Chunks but the last must be a multiple of 256 KiB")
        upload.write(asked.body())

    def _multipart(self, asked: Asked, bucket: str) -> Answer:
        match = re.search(r'boundary="?([^";]+)"?', asked.headers.get("content-type", ""))
        if match is None:
            raise StorageRefusal(400, "invalid", "Missing multipart boundary")
        body = b"".join(asked.body())
        boundary = b"--" + match[1].strip("'").encode()
        parts = [part for part in body.split(boundary) if part.strip() not in {b"", b"--"}]
        if len(parts) != 2:
            raise StorageRefusal(400, "invalid", "A multipart upload has two parts")
        # gcloud ends the lines between the parts with \n alone, and Cloud Storage takes that.
        line = b"\r\n" if parts[0].startswith(b"\r\n") else b"\n"
        fields = dict(json.loads(parts[0].partition(line * 2)[2]))
        head, _, media = parts[1].partition(line * 2)
        kind = re.search(rb"(?i)content-type:\s*(\S+)", head)
        fields.setdefault("contentType", kind[1].decode() if kind else "")
        upload = self._upload(bucket, fields, asked.query)
        self._precondition(upload)
        upload.write(iter([media.removesuffix(line)]))
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
                md5=upload.md5,
                content_type=str(upload.fields.get("contentType") or "application/octet-stream"),
                metadata=dict(upload.fields.get("metadata") or {}),
                file=upload.file,
                created=now().isoformat(),
            )
            self._objects.setdefault((stored.bucket, stored.name), []).append(stored)
        return Answer(200, stored.json())
