"""The annotations of a Cloud Run service, each with the key of ours that says the same.

https://cloud.google.com/run/docs/reference/rest/v1/namespaces.services
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from app.config.draft import Block, Keys, Said, Value
from app.importing.measures import count
from app.importing.source import NotRead, parsed
from app.importing.telling import said
from app.importing.told import Left, Told


@dataclass(frozen=True)
class Row:
    """An annotation that becomes a key: what of its value; a value that is Cloud Run's default says nothing."""

    key: str
    value: Callable[[str], Value]
    usual: str = ""


def _flag(written: str) -> Value:
    return written.lower() == "true"


def _listed(written: str) -> Value:
    return tuple(each.strip() for each in written.split(","))


RUN = "run.googleapis.com/"
TEMPLATE: Mapping[str, Row] = {
    "autoscaling.knative.dev/minScale": Row("instances.min", count, "0"),
    "autoscaling.knative.dev/maxScale": Row("instances.max", count),
    f"{RUN}cloudsql-instances": Row("cloudsql", _listed),
    f"{RUN}cpu-throttling": Row("cpu_always", lambda written: written.lower() == "false", "true"),
    f"{RUN}startup-cpu-boost": Row("startup_boost", _flag, "true"),
    f"{RUN}execution-environment": Row("execution", str),
    f"{RUN}sessionAffinity": Row("session_affinity", _flag, "false"),
    f"{RUN}vpc-access-connector": Row("vpc.connector", str),
    f"{RUN}vpc-access-egress": Row(
        "vpc.egress", lambda written: "all-traffic" if written == "all" else written
    ),
    f"{RUN}encryption-key": Row("encryption_key", str),
}
SERVICE: Mapping[str, Row] = {
    f"{RUN}ingress": Row("ingress", str, "all"),
    f"{RUN}iap-enabled": Row("iap", _flag, "false"),
    f"{RUN}binary-authorization": Row("binary_authorization", str),
    f"{RUN}manualInstanceCount": Row("manual_instances", count),
    f"{RUN}invoker-iam-disabled": Row("public", _flag),
    f"{RUN}minScale": Row("instances.min", count, "0"),
    f"{RUN}maxScale": Row("instances.max", count),
}
NETWORKS = f"{RUN}network-interfaces"
# JSON, or YAML on one line: for each container those that have to have started before it.
ORDER = f"{RUN}container-dependencies"
# What Cloud Run or gcloud writes for itself.
ITS_OWN = (
    "serving.knative.dev/", "client.knative.dev/", "run.googleapis.com/client-", "run.googleapis.com/operation-id",
    "run.googleapis.com/ingress-status", "run.googleapis.com/urls", "run.googleapis.com/build-",
    "run.googleapis.com/launch-stage", "run.googleapis.com/creator", "run.googleapis.com/lastModifier",
    "kubectl.kubernetes.io/", "run.googleapis.com/description", "run.googleapis.com/scalingMode",
)  # fmt: skip
OTHERWISE = {
    f"{RUN}cpu": "Write `cpu:`: Cloud Run reads no such annotation.",
    f"{RUN}memory": "Write `memory:`: Cloud Run reads no such annotation.",
    f"{RUN}secrets": "Make a secret of this project, and name it as `secrets:`.",
    f"{RUN}gpu-zonal-redundancy-disabled": "Nothing is needed: `gpu:` is without a second zone.",
    "autoscaling.knative.dev/target": "Nothing is needed: `concurrency:` bounds the requests of an instance.",
}


def order_in(given: Mapping[str, str]) -> dict[str, tuple[str, ...]] | None:
    """For each container of a revision those that it waits for; None where that cannot be read."""
    try:
        found = parsed(given.get(ORDER) or "{}").value
        return {str(name): tuple(map(str, after)) for name, after in found.items()}
    except (NotRead, TypeError, AttributeError):
        return None


def told_by(given: Mapping[str, str], at: Keys, rows: Mapping[str, Row]) -> Iterator[Told]:
    """What these annotations say in our keys; parts of one key come together."""
    parts: dict[str, list[Said]] = {}
    for name, written in given.items():
        row = rows.get(name)
        if row is None:
            yield from _no_row(name, written, at)
        elif written != row.usual:
            key, _, part = row.key.partition(".")
            if not part:
                yield said(key, row.value(written), *at, name)
            else:
                parts.setdefault(key, []).append(Said(part, row.value(written)))
    for key, inside in parts.items():
        if key != "vpc" or any(each.key == "connector" for each in inside):
            yield said(key, Block(tuple(inside)), *at)
    yield from _network(given, at)


def _no_row(name: str, written: str, at: Keys) -> Iterator[Told]:
    if name in (NETWORKS, ORDER) or name.startswith(ITS_OWN):
        return
    instead = OTHERWISE.get(name, "ServerGem knows no key for it: look whether the service needs it.")
    yield Left((*at, name), instead)


def _network(given: Mapping[str, str], at: Keys) -> Iterator[Told]:
    """Direct egress: JSON in an annotation, a list of one."""
    if NETWORKS not in given:
        return
    try:
        (network,) = json.loads(given[NETWORKS])
        kinds = {"network": "network", "subnetwork": "subnet", "tags": "tags"}
        inside = [Said(ours, _plain(network[theirs])) for theirs, ours in kinds.items() if theirs in network]
    except (ValueError, TypeError, AttributeError):
        yield Left((*at, NETWORKS), "Write it as `vpc: {network: NAME, subnet: NAME}`.")
        return
    egress = given.get(f"{RUN}vpc-access-egress", "")
    extra = [Said("egress", "all-traffic" if egress == "all" else egress)] if egress.startswith("all") else []
    yield said("vpc", Block((*inside, *extra)), *at, NETWORKS)


def _plain(value: object) -> Value:
    return tuple(map(str, value)) if isinstance(value, list) else str(value)
