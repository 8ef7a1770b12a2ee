"""What a condition hears of a resource: the name, type and service that IAM knows it by, which are not the API's own.

https://cloud.google.com/iam/docs/conditions-resource-attributes. What that page does not list, as Cloud Run, Cloud
Build and Artifact Registry, provides none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sandbox.google.errors import Code, Refusal
from sandbox.google.expression_functions import Beyond, Malformed
from sandbox.google.expressions import parse

_BASIC = frozenset({"roles/owner", "roles/editor", "roles/viewer"})
_EVERYBODY = frozenset({"allUsers", "allAuthenticatedUsers"})


def of_resource(resource: str, number: str) -> Mapping[str, str]:
    """Of `projects/P/…` in the project of this number.

    A secret has the number in its name where a person writes the id: https://github.com/hashicorp/vault/pull/25645
    """
    parts = resource.split("/")
    kinds, rest = parts[2::2], "/".join(parts[3:])
    match kinds[:2]:
        case ["buckets", "objects"]:
            return _told("storage.googleapis.com", "Object", f"projects/_/buckets/{rest}")
        case ["buckets"]:
            return _told("storage.googleapis.com", "Bucket", f"projects/_/buckets/{rest}")
        case ["secrets", "versions"]:
            return _told("secretmanager.googleapis.com", "SecretVersion", f"projects/{number}/secrets/{rest}")
        case ["secrets"]:
            return _told("secretmanager.googleapis.com", "Secret", f"projects/{number}/secrets/{rest}")
        case [] if resource.startswith("projects/"):
            return _told("cloudresourcemanager.googleapis.com", "Project", f"projects/{number}")
    return {}


def _told(service: str, kind: str, name: str) -> Mapping[str, str]:
    return {"resource.service": service, "resource.type": f"{service}/{kind}", "resource.name": name}


def admit_condition(role: str, members: Iterable[str], expression: str) -> None:
    """Raises Refusal where a binding may have no condition, or this one cannot be judged.

    https://cloud.google.com/iam/docs/conditions-overview: neither basic roles nor everybody may be bound with one.
    """
    if role in _BASIC or _EVERYBODY & set(members):
        what = f"the basic role {role}" if role in _BASIC else "allUsers and allAuthenticatedUsers"
        raise Refusal(Code.INVALID_ARGUMENT, f"Conditions can't be set for {what}.")
    try:
        parse(expression)
    except (Malformed, Beyond) as unread:
        raise unread.refusal() from unread
