"""Cloud Storage's buckets, in the words of its JSON API."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

from google.iam.v1 import policy_pb2
from google.protobuf import json_format

from sandbox.google.errors import HTTP_STATUS, Refusal
from sandbox.google.state import Project, Projects, now
from sandbox.google.storage_words import Answer, Asked, Bucket, StorageRefusal, StoredObject, Upload

# What a new bucket gives to those with a basic role on the project:
# https://cloud.google.com/storage/docs/access-control/iam-roles#basic-roles-modifiable
_OF_THE_PROJECT = (
    ("roles/storage.legacyBucketOwner", ("projectEditor", "projectOwner")),
    ("roles/storage.legacyObjectOwner", ("projectEditor", "projectOwner")),
    ("roles/storage.legacyBucketReader", ("projectViewer",)),
    ("roles/storage.legacyObjectReader", ("projectViewer",)),
)
_BUCKET_NAME = re.compile(r"(?!goog)[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]\Z")

UNIFORM = "constraints/storage.uniformBucketLevelAccess"


class Buckets:
    """All buckets, and who may do what in them."""

    def __init__(self, root: Path, projects: Projects) -> None:
        self._root = root
        self._projects = projects
        self._lock = threading.RLock()
        self._buckets: dict[str, Bucket] = {}
        self._objects: dict[tuple[str, str], list[StoredObject]] = {}
        self._uploads: dict[str, Upload] = {}
        self._finished: dict[str, Answer] = {}
        self.url = ""
        root.mkdir(parents=True, exist_ok=True)

    def put_bucket(self, project: Project, name: str, location: str = "US") -> None:
        """The bucket is there from now on."""
        with self._lock:
            if name not in self._buckets:
                self._make(Bucket(name, project, {"location": location}, now().isoformat()))

    def _make(self, bucket: Bucket) -> Bucket:
        for role, members in _OF_THE_PROJECT:
            for member in members:
                self._projects.access.bind(bucket.resource, role, f"{member}:{bucket.project.id}")
        return self._buckets.setdefault(bucket.name, bucket)

    def _named(self, asked: Asked) -> tuple[str, str]:
        match = re.fullmatch(
            r"(?:/upload|/download)?/storage/v1/b/([^/]+)(?:/(?:o|iam)(?:/(.+))?)?", asked.path
        )
        return (match[1], match[2] or "") if match else ("", "")

    def _existing_bucket(self, name: str) -> Bucket:
        with self._lock:
            bucket = self._buckets.get(name)
        if bucket is None:
            raise StorageRefusal(404, "notFound", "The specified bucket does not exist.")
        return bucket

    def _bucket(self, name: str, permission: str, item: str = "") -> Bucket:
        """The bucket, if the caller may do this to it, or to an object in it."""
        bucket = self._existing_bucket(name)
        if not bucket.project.billing:
            raise StorageRefusal(
                403,
                "accountDisabled",
                "The billing account for the owning project is disabled in state absent",
            )
        if not self._projects.holds(bucket.project, bucket.resource_of(item), permission):
            self._denied(permission)
        return bucket

    def _denied(self, permission: str) -> None:
        caller = self._projects.caller_address
        thing = "object" if ".objects." in permission else "bucket"
        raise StorageRefusal(
            403,
            "forbidden",
            f"{caller} does not have {permission} access to the Google Cloud Storage {thing}. "
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
        if not self._projects.holds(project, project.name, "storage.buckets.create"):
            self._denied("storage.buckets.create")
        _insist_on_policies(project, fields)
        with self._lock:
            if (taken := self._buckets.get(name)) is not None:
                raise StorageRefusal(409, "conflict", _taken(taken.project is project))
            bucket = self._make(Bucket(name, project, fields, now().isoformat()))
        return Answer(200, bucket.json())

    def _list_buckets(self, asked: Asked) -> Answer:
        project = self._projects.find(asked.query.get("project", ""))
        if project is None or not self._projects.holds(project, project.name, "storage.buckets.list"):
            self._denied("storage.buckets.list")
        prefix = asked.query.get("prefix", "")
        with self._lock:
            ours = [bucket for bucket in self._buckets.values() if bucket.project is project]
            items = [bucket.json() for bucket in ours if bucket.name.startswith(prefix)]
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
            self._projects.access.forget(bucket.resource)
        return Answer(204)

    def _test_permissions(self, asked: Asked) -> Answer:
        """Asking takes no permission: https://cloud.google.com/storage/docs/access-control/iam-json"""
        bucket = self._existing_bucket(self._named(asked)[0])
        held = self._projects.tested(bucket.project, bucket.resource, asked.repeated.get("permissions", []))
        return Answer(200, {"kind": "storage#testIamPermissionsResponse", "permissions": held})

    def _bucket_policy(self, asked: Asked) -> Answer:
        """Who has a role on this very bucket: https://cloud.google.com/storage/docs/access-control/iam-json"""
        bucket = self._bucket(self._named(asked)[0], "storage.buckets.getIamPolicy")
        policy = self._projects.access.policy(bucket.resource)
        # "the request fails": https://cloud.google.com/storage/docs/json_api/v1/buckets/getIamPolicy
        if policy.version > int(asked.query.get("optionsRequestedPolicyVersion", "1")):
            raise StorageRefusal(
                412, "conditionNotMet", f"The policy of {bucket.name} has conditions: ask for version 3."
            )
        return self._policy(policy)

    def _set_bucket_policy(self, asked: Asked) -> Answer:
        bucket = self._bucket(self._named(asked)[0], "storage.buckets.setIamPolicy")
        said = {key: value for key, value in asked.json().items() if key not in ("kind", "resourceId")}
        try:
            wanted = json_format.ParseDict(said, policy_pb2.Policy())
            lag = self._projects.behaviour.access_lag
            return self._policy(self._projects.access.replace(bucket.resource, wanted, lag))
        except json_format.ParseError as error:
            raise StorageRefusal(400, "invalid", str(error)) from error
        except Refusal as refusal:
            raise StorageRefusal(HTTP_STATUS[refusal.code], "invalid", refusal.message) from refusal

    def _policy(self, policy: policy_pb2.Policy) -> Answer:
        told = json_format.MessageToDict(policy)
        return Answer(200, {"kind": "storage#policy", "version": policy.version, "bindings": [], **told})

    def readable(self, name: str, item: str, account: str) -> bool:
        """Whether a service account may fetch this object of the bucket."""
        bucket = self._buckets.get(name)
        return bucket is not None and self._projects.account_holds(
            bucket.project, bucket.resource_of(item), "storage.objects.get", account
        )


def _insist_on_policies(project: Project, fields: dict[str, Any]) -> None:
    """What organisations of after May 2024 enforce unless they say otherwise.

    https://cloud.google.com/resource-manager/docs/secure-by-default-organizations,
    in these words: https://github.com/GaloyMoney/galoy-infra/pull/241
    """
    uniform = fields.get("iamConfiguration", {}).get("uniformBucketLevelAccess", {}).get("enabled")
    if UNIFORM in project.constraints and not uniform:
        raise StorageRefusal(412, "conditionNotMet", f"Request violates constraint '{UNIFORM}'")


def _taken(ours: bool) -> str:
    if ours:
        return "Your previous request to create the named bucket succeeded and you already own it."
    return (
        "The requested bucket name is not available. The bucket namespace is shared by all users of the "
        "system. Please select a different name and try again."
    )
