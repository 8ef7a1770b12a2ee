"""Secret Manager: whether a secret and its version are there, and who may read it. Values only notices ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gcp.bindings import Bound, bound_of
from gcp.cloud import Google
from gcp.later import later

if TYPE_CHECKING:
    from google.iam.v1 import iam_policy_pb2
else:
    iam_policy_pb2 = later("google.iam.v1.iam_policy_pb2")


def version_state(google: Google, project: str, secret: str, version: str) -> str:
    """ENABLED, DISABLED or DESTROYED; GoogleError NOT_FOUND when there is no such secret or version."""
    name = f"projects/{project}/secrets/{secret}/versions/{version}"
    found = google.call(
        "SecretManagerService.GetSecretVersion", lambda: google.secrets.get_secret_version, name=name
    )
    return str(found.state.name)


def value(google: Google, project: str, secret: str, version: str) -> str:
    """What the secret holds, as text; its owner lets ServerGem read this one secret."""
    name = f"projects/{project}/secrets/{secret}/versions/{version}"
    found = google.call(
        "SecretManagerService.AccessSecretVersion", lambda: google.secrets.access_secret_version, name=name
    )
    return bytes(found.payload.data).decode(errors="replace")


def roles(google: Google, project: str, secret: str) -> Bound:
    """The roles of each member on this very secret."""
    resource = f"projects/{project}/secrets/{secret}"
    return bound_of(google, "SecretManagerService", lambda: google.secrets, resource)
