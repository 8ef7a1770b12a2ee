"""Cloud Storage's objects: each generation is a file on this disk."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from sandbox.google.storage_buckets import Buckets
from sandbox.google.storage_words import Answer, Asked, StorageRefusal, StoredObject, error_answer


class Objects(Buckets):
    """All objects, each with its generations."""

    def file(self, bucket: str, name: str, generation: int = 0) -> Path | None:
        """The bytes of an object, of this generation or of the newest."""
        with self._lock:
            found = self._find(bucket, name, generation or None)
        return found.file if found else None

    def names(self) -> list[str]:
        """What is in every bucket."""
        with self._lock:
            return sorted(name for _, name in self._objects)

    def _find(self, bucket: str, name: str, generation: int | None = None) -> StoredObject | None:
        history = self._objects.get((bucket, name), [])
        # Without object versioning, which no bucket here has, a generation ends where the next one begins:
        # https://cloud.google.com/storage/docs/object-versioning
        live = history[-1] if history else None
        return live if live and generation in (None, live.generation) else None

    def _get_object(self, asked: Asked) -> Answer:
        found = self._existing(asked, "storage.objects.get")
        if asked.query.get("alt") == "media" or asked.path.startswith("/download/"):
            headers = {
                "Content-Type": found.content_type,
                "X-Goog-Hash": f"crc32c={found.crc32c}",
                "X-Goog-Generation": str(found.generation),
            }
            return _extent(asked.headers.get("range", ""), Answer(200, headers=headers, file=found.file))
        return Answer(200, found.json())

    def _existing(self, asked: Asked, permission: str) -> StoredObject:
        bucket, name = self._named(asked)
        self._bucket(bucket, permission, name)
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

    def remove_files(self) -> None:
        """Forget every object's bytes."""
        shutil.rmtree(self._root, ignore_errors=True)


def _extent(wanted: str, whole: Answer) -> Answer:
    """The bytes that a Range asks for, or all of them: https://www.rfc-editor.org/rfc/rfc9110#section-14.2"""
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted)
    if match is None or whole.file is None:
        return whole
    size = whole.file.stat().st_size
    first, last = int(match[1]), min(int(match[2] or size - 1), size - 1)
    if first > last:
        return error_answer(416, "requestedRangeNotSatisfiable", "Request range not satisfiable")
    headers = whole.headers | {"Content-Range": f"bytes {first}-{last}/{size}"}
    return Answer(206, headers=headers, file=whole.file, extent=(first, last + 1))
