"""The steps of a set-up as Terraform has them, in its JSON form: each command of gcloud is a resource, or part of one.

https://developer.hashicorp.com/terraform/language/syntax/json; the resources are those of the provider `google`:
https://registry.terraform.io/providers/hashicorp/google/latest/docs
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from app.setup.step import NUMBER, Step

Resource = tuple[str, str, dict[str, Any]]
NUMBERED = "${data.google_project.this.number}"


class Untold(LookupError):  # noqa: N818 - reads as what it is
    """A command for which no resource is written down here."""


def terraform(project: str, region: str, steps: Iterable[Step]) -> str:
    """The whole of it, for a file that ends with `.tf.json`. Raises Untold."""
    resources: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for step in steps:
        for kind, name, words in _resources(step):
            resources[kind].setdefault(name, {}).update(words)
    told = {
        "terraform": {"required_providers": {"google": {"source": "hashicorp/google", "version": ">= 5.0"}}},
        "provider": {"google": {"project": project, "region": region}},
        "data": {"google_project": {"this": {"project_id": project}}},
        "resource": resources,
    }
    return json.dumps(told, indent=2)


def _resources(step: Step) -> list[Resource]:
    words = [NUMBER.sub(lambda _: NUMBERED, word) for word in step.command[1:]]
    options = dict(word[2:].partition("=")[::2] for word in words if word.startswith("--"))
    plain = [word for word in words if not word.startswith("--")]
    for length in (4, 3, 2):
        if make := _COMMANDS.get(" ".join(plain[:length])):
            return make(plain[length:], options, step)
    raise Untold(" ".join(step.command))


Options = Mapping[str, str]
Make = Callable[[list[str], Options, Step], list[Resource]]


def _apis(names: list[str], options: Options, _step: Step) -> list[Resource]:
    shared = {"project": options["project"], "disable_on_destroy": False}
    return [("google_project_service", _key(name), {**shared, "service": name}) for name in names]


def _account(names: list[str], options: Options, _step: Step) -> list[Resource]:
    words = {
        "project": options["project"],
        "account_id": names[0],
        "display_name": options["display-name"],
        "depends_on": ["google_project_service.iam_googleapis_com"],
    }
    return [("google_service_account", _key(names[0]), words)]


def _role(names: list[str], options: Options, _step: Step) -> list[Resource]:
    words = {
        "project": options["project"],
        "role_id": names[0],
        "title": options["title"],
        "stage": options["stage"],
        "permissions": options["permissions"].split(","),
    }
    return [("google_project_iam_custom_role", _key(names[0]), words)]


def _member(kind: str, field: str, *, located: bool = False) -> Make:
    """A binding on a thing; what it names has to be made before it."""

    def make(names: list[str], options: Options, _step: Step) -> list[Resource]:
        member, role = options["member"], options["role"]
        project = options.get("project", "")
        on = names[0].removeprefix("gs://")
        words: dict[str, Any] = {field: on, "role": role, "member": member}
        if field == "service_account_id":
            words[field] = f"projects/{project}/serviceAccounts/{on}"
        if located:
            words |= {"project": project, "location": options["location"]}
        account = member.partition(":")[2].partition("@")[0]
        needed = {f"google_service_account.{_key(account)}", *_made(kind, on, role)}
        name = _key(f"{account}_{role.rpartition('/')[2]}_{on.partition('@')[0]}".replace(NUMBERED, ""))
        return [(kind, name, {**words, "depends_on": sorted(needed)})]

    return make


def _made(kind: str, on: str, role: str) -> list[str]:
    """The resource on which a binding is, and a role of ours that it gives."""
    owners = {
        "google_service_account_iam_member": f"google_service_account.{_key(on.partition('@')[0])}",
        "google_storage_bucket_iam_member": f"google_storage_bucket.{_bucket(on)}",
        "google_artifact_registry_repository_iam_member": f"google_artifact_registry_repository.{_key(on)}",
    }
    own = [f"google_project_iam_custom_role.{_key(role.rpartition('/')[2])}"] if "/roles/" in role else []
    return own + ([owners[kind]] if kind in owners else [])


def _made_bucket(names: list[str], options: Options, _step: Step) -> list[Resource]:
    name = names[0].removeprefix("gs://")
    words = {
        "project": options["project"],
        "name": name,
        "location": options["location"],
        "uniform_bucket_level_access": True,
        "public_access_prevention": "enforced",
        "depends_on": ["google_project_service.storage_googleapis_com"],
    }
    return [("google_storage_bucket", _bucket(name), words)]


def _kept(names: list[str], _options: Options, step: Step) -> list[Resource]:
    """A lifecycle is a part of its bucket."""
    rules = [
        {
            "action": {"type": rule["action"]["type"]},
            "condition": {_snake(name): value for name, value in rule["condition"].items()},
        }
        for rule in json.loads(step.given)["rule"]
    ]
    return [("google_storage_bucket", _bucket(names[0].removeprefix("gs://")), {"lifecycle_rule": rules})]


def _repository(names: list[str], options: Options, _step: Step) -> list[Resource]:
    words = {
        "project": options["project"],
        "repository_id": names[0],
        "location": options["location"],
        "format": options["repository-format"].upper(),
        "depends_on": ["google_project_service.artifactregistry_googleapis_com"],
    }
    return [("google_artifact_registry_repository", _key(names[0]), words)]


def _nothing(_names: list[str], _options: Options, _step: Step) -> list[Resource]:
    """What only asks, and what takes back what no set-up of Terraform's ever gave."""
    return []


def _bucket(name: str) -> str:
    return _key(name.replace(NUMBERED, ""))


def _key(name: str) -> str:
    """A name as Terraform's own: letters, digits and underscores."""
    return re.sub(r"\W+", "_", name).strip("_")


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


_COMMANDS: dict[str, Make] = {
    "services enable": _apis,
    "iam service-accounts create": _account,
    "iam roles create": _role,
    "projects add-iam-policy-binding": _member("google_project_iam_member", "project"),
    "projects remove-iam-policy-binding": _nothing,
    "projects describe": _nothing,
    "iam service-accounts add-iam-policy-binding": _member(
        "google_service_account_iam_member", "service_account_id"
    ),
    "storage buckets create": _made_bucket,
    "storage buckets update": _kept,
    "storage buckets add-iam-policy-binding": _member("google_storage_bucket_iam_member", "bucket"),
    "artifacts repositories create": _repository,
    "artifacts repositories add-iam-policy-binding": _member(
        "google_artifact_registry_repository_iam_member", "repository", located=True
    ),
}
