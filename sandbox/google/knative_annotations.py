"""What Cloud Run's first version keeps in annotations, and which field of the second version each of them is.

https://cloud.google.com/run/docs/reference/rest/v1/ObjectMeta
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor

from sandbox.google.errors import invalid

_RUN, _SCALE = "run.googleapis.com/", "autoscaling.knative.dev/"
# Whose annotations nobody else makes up: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services
_RESERVED = (
    "run.googleapis.com/",
    "cloud.googleapis.com/",
    "serving.knative.dev/",
    "autoscaling.knative.dev/",
)


@dataclass(frozen=True)
class Carried:
    """One annotation and the field that it is; `words` are v1's, by v2's, where the two differ."""

    annotation: str
    path: str
    words: Mapping[str, str] = field(default_factory=dict)


SERVICE = (
    Carried(f"{_RUN}description", "description"),
    Carried(f"{_RUN}client-name", "client"),
    Carried(f"{_RUN}client-version", "client_version"),
    Carried(f"{_RUN}launch-stage", "launch_stage"),
    Carried(f"{_RUN}minScale", "scaling.min_instance_count"),
    Carried(f"{_RUN}maxScale", "scaling.max_instance_count"),
    Carried(f"{_RUN}scalingMode", "scaling.scaling_mode", {"AUTOMATIC": "automatic", "MANUAL": "manual"}),
    Carried(f"{_RUN}manualInstanceCount", "scaling.manual_instance_count"),
    Carried(f"{_RUN}invoker-iam-disabled", "invoker_iam_disabled"),
    Carried(f"{_RUN}default-url-disabled", "default_uri_disabled"),
    Carried(f"{_RUN}iap-enabled", "iap_enabled"),
    Carried(f"{_RUN}custom-audiences", "custom_audiences"),
    Carried(
        f"{_RUN}ingress",
        "ingress",
        {
            "INGRESS_TRAFFIC_ALL": "all",
            "INGRESS_TRAFFIC_INTERNAL_ONLY": "internal",
            "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER": "internal-and-cloud-load-balancing",
        },
    ),
)
TASK = (
    Carried(f"{_RUN}encryption-key", "encryption_key"),
    Carried(f"{_RUN}vpc-access-connector", "vpc_access.connector"),
    Carried(f"{_RUN}network-interfaces", "vpc_access.network_interfaces"),
    Carried(
        f"{_RUN}vpc-access-egress",
        "vpc_access.egress",
        {"ALL_TRAFFIC": "all-traffic", "PRIVATE_RANGES_ONLY": "private-ranges-only"},
    ),
    Carried(
        f"{_RUN}execution-environment",
        "execution_environment",
        {"EXECUTION_ENVIRONMENT_GEN1": "gen1", "EXECUTION_ENVIRONMENT_GEN2": "gen2"},
    ),
    Carried(f"{_RUN}gpu-zonal-redundancy-disabled", "gpu_zonal_redundancy_disabled"),
)
TEMPLATE = (
    *TASK,
    Carried(f"{_SCALE}minScale", "scaling.min_instance_count"),
    Carried(f"{_SCALE}maxScale", "scaling.max_instance_count"),
    Carried(f"{_RUN}sessionAffinity", "session_affinity"),
    Carried(f"{_RUN}health-check-disabled", "health_check_disabled"),
)


def taken(annotations: Mapping[str, str], rows: tuple[Carried, ...], told: frozenset[str], into: Any) -> None:
    """Write each annotation into its field of this plain message; those that are only told are passed over.

    One of Google's that has no field here is refused by its name; anybody else's is an annotation in v2 too.
    """
    known = {row.annotation: row for row in rows}
    for name, text in annotations.items():
        if name in known:
            _write(into, known[name], text)
        elif name in told:
            continue
        elif name.startswith(_RESERVED):
            raise invalid(f"metadata.annotations[{name}]: the sandbox cannot carry this annotation to v2.")
        else:
            into.annotations[name] = text


def told(message: Any, rows: tuple[Carried, ...]) -> dict[str, str]:
    """The fields of this plain message that are annotations in v1; what is empty has none."""
    found = {row.annotation: _read(message, row) for row in rows}
    own = dict(getattr(message, "annotations", {}))
    return own | {name: text for name, text in found.items() if text}


def _place(message: Any, path: str) -> tuple[Any, FieldDescriptor | None]:
    """The message that has the last field of the path, and that field; a revision lacks some of its template's."""
    *outer, last = path.split(".")
    for name in outer:
        message = getattr(message, name)
    return message, message.DESCRIPTOR.fields_by_name.get(last)


def _write(message: Any, row: Carried, text: str) -> None:
    inner, kind = _place(message, row.path)
    assert kind is not None, row.path
    back = {v1: v2 for v2, v1 in row.words.items()}
    value: Any = back.get(text, text)
    try:
        if kind.is_repeated:
            value = json.loads(text)
        elif kind.type == FieldDescriptor.TYPE_BOOL:
            value = {"true": True, "false": False}[text.lower()]
        json_format.ParseDict({kind.json_name: value}, inner)
    except (KeyError, ValueError, json_format.ParseError) as error:
        raise invalid(f"metadata.annotations[{row.annotation}]: invalid value '{text}'") from error


def _read(message: Any, row: Carried) -> str:
    inner, kind = _place(message, row.path)
    if kind is None:
        return ""
    value = json_format.MessageToDict(inner).get(kind.json_name)
    if value in (None, []):
        return ""
    if kind.is_repeated:
        return json.dumps(value)
    if kind.type == FieldDescriptor.TYPE_BOOL:
        return str(value).lower()
    return row.words.get(str(value), str(value))
