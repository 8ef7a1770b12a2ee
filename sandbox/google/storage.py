"""Cloud Storage: buckets and objects, in the words of its JSON API; objects are files on this disk."""

from __future__ import annotations

import re
from collections.abc import Callable

from sandbox.google.storage_uploads import Uploads
from sandbox.google.storage_words import Answer, Asked, StorageRefusal, error_answer


class Storage(Uploads):
    """All buckets and objects; `answer` is the JSON API."""

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
            if rest == "testPermissions":
                return "storage.buckets.testIamPermissions"
            return f"storage.buckets.{'set' if asked.method == 'PUT' else 'get'}IamPolicy"
        thing = "objects" if kind == "o" else "buckets"
        if upload:
            return "storage.objects.insert"
        if kind == "o" and rest is None:
            return {"GET": "storage.objects.list"}.get(asked.method, "storage.unknown")
        verb = {"GET": "get", "PATCH": "patch", "PUT": "update", "DELETE": "delete"}.get(asked.method)
        return f"storage.{thing}.{verb}" if verb else "storage.unknown"

    def methods(self) -> dict[str, Callable[[Asked], Answer]]:
        return {
            "storage.buckets.insert": self._insert_bucket,
            "storage.buckets.list": self._list_buckets,
            "storage.buckets.get": self._get_bucket,
            "storage.buckets.patch": self._patch_bucket,
            "storage.buckets.update": self._patch_bucket,
            "storage.buckets.delete": self._delete_bucket,
            "storage.buckets.testIamPermissions": self._test_permissions,
            "storage.buckets.getIamPolicy": self._bucket_policy,
            "storage.buckets.setIamPolicy": self._set_bucket_policy,
            "storage.objects.insert": self._insert_object,
            "storage.objects.get": self._get_object,
            "storage.objects.list": self._list_objects,
            "storage.objects.delete": self._delete_object,
        }

    def answer(self, asked: Asked) -> Answer:
        act = self.methods().get(self.method(asked))
        if act is None:
            return error_answer(501, "notImplemented", f"not emulated: {asked.method} {asked.path}")
        try:
            return act(asked)
        except StorageRefusal as refusal:
            for _ in asked.body():  # the connection is used again, so the rest has to be read
                pass
            return refusal.answer
