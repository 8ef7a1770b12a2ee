"""Containers and volumes of Cloud Run's first version as the second one's, and back: v2's are in its own JSON here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.google.errors import invalid
from sandbox.google.knative_shapes import (
    Container,
    Driver,
    EmptyDir,
    Resources,
    SecretItem,
    SecretKey,
    SecretVolume,
    ValueFrom,
    Variable,
    Volume,
)

# https://cloud.google.com/run/docs/configuring/services/cloud-storage-volume-mounts
_BUCKETS = "gcsfuse.run.googleapis.com"
# Under which name, and where, v2 has the sockets that are an annotation in v1:
# https://cloud.google.com/sql/docs/postgres/connect-run
_SOCKETS, _SOCKETS_PATH = "cloudsql", "/cloudsql"
CLOUDSQL = "run.googleapis.com/cloudsql-instances"
THROTTLING = "run.googleapis.com/cpu-throttling"
BOOST = "run.googleapis.com/startup-cpu-boost"
# Who waits for whom, as JSON: https://cloud.google.com/run/docs/configuring/services/containers#container-ordering
ORDER = "run.googleapis.com/container-dependencies"
# What is below which container, as JSON, and the class that goes with it: api_lib/run/revision.py and `Adjust` of
# BaseImagesAnnotationChange in command_lib/run/config_changes.py of gcloud.
BASES, UPDATED = "run.googleapis.com/base-images", "run.googleapis.com/linux-base-image-update"
PARTS = frozenset({CLOUDSQL, THROTTLING, BOOST, ORDER, BASES})
_ALIKE = (
    "name", "image", "command", "args", "workingDir", "ports", "startupProbe", "livenessProbe", "readinessProbe",
)  # fmt: skip

V2 = dict[str, Any]


def containers_of_v1(containers: Iterable[Container], annotations: Mapping[str, str]) -> list[V2]:
    """The template's annotations say of all containers whether their CPU stays, and of one where its sockets are."""
    made = [_container(each, annotations) for each in containers]
    order = json.loads(annotations.get(ORDER, "{}"))
    bases = json.loads(annotations.get(BASES, "{}"))
    for each in made:
        if waits := order.get(each.get("name"), []):
            each["dependsOn"] = waits
        if base := bases.get(each.get("name", "")):
            each["baseImageUri"] = base
    if annotations.get(CLOUDSQL) and made:
        made[0].setdefault("volumeMounts", []).append({"name": _SOCKETS, "mountPath": _SOCKETS_PATH})
    return made


def _container(container: Container, annotations: Mapping[str, str]) -> V2:
    plain = container.json_form()
    made: V2 = {name: plain[name] for name in _ALIKE if name in plain}
    made["env"] = [_variable(each) for each in container.env or []]
    made["volumeMounts"] = list(container.volume_mounts or [])
    made["resources"] = {
        "limits": container.resources.limits if container.resources else {},
        "cpuIdle": _flag(annotations, THROTTLING, True),
        "startupCpuBoost": _flag(annotations, BOOST, False),
    }
    return made


def _flag(annotations: Mapping[str, str], name: str, default: bool) -> bool:
    text = annotations.get(name, str(default)).lower()
    if text not in ("true", "false"):
        raise invalid(f"metadata.annotations[{name}]: must be 'true' or 'false'.")
    return text == "true"


def _variable(variable: Variable) -> V2:
    if variable.value_from is None:
        return {"name": variable.name, "value": variable.value or ""}
    secret = variable.value_from.secret_key_ref
    source = {"secretKeyRef": {"secret": secret.name, "version": secret.key}}
    return {"name": variable.name, "valueSource": source}


def volumes_of_v1(volumes: Iterable[Volume], annotations: Mapping[str, str]) -> list[V2]:
    made = [_volume(each) for each in volumes]
    if instances := annotations.get(CLOUDSQL):
        made.append({"name": _SOCKETS, "cloudSqlInstance": {"instances": instances.split(",")}})
    return made


def _volume(volume: Volume) -> V2:
    if volume.secret:
        items = [
            {"path": each.path, "version": each.key, "mode": each.mode or 0}
            for each in volume.secret.items or []
        ]
        secret = {"secret": volume.secret.secret_name, "items": items}
        return {"name": volume.name, "secret": secret | {"defaultMode": volume.secret.default_mode or 0}}
    if volume.empty_dir:
        medium = (volume.empty_dir.medium or "").upper() or "MEDIUM_UNSPECIFIED"
        return {
            "name": volume.name,
            "emptyDir": {"medium": medium, "sizeLimit": volume.empty_dir.size_limit or ""},
        }
    if volume.nfs:
        return {"name": volume.name, "nfs": volume.nfs}
    if volume.csi and volume.csi.driver == _BUCKETS:
        return {"name": volume.name, "gcs": _bucket(volume.csi)}
    raise invalid(f"spec.volumes[{volume.name}]: the sandbox cannot carry this kind of volume to v2.")


def _bucket(driver: Driver) -> V2:
    said = dict(driver.volume_attributes)
    bucket, options = said.pop("bucketName", ""), said.pop("mountOptions", "")
    if said:
        raise invalid(f"spec.volumes.csi.volumeAttributes[{min(said)}]: the sandbox cannot carry this to v2.")
    mounted = [each for each in options.split(",") if each]
    return {"bucket": bucket, "readOnly": bool(driver.read_only), "mountOptions": mounted}


def annotations_of(containers: Iterable[V2], volumes: Iterable[V2]) -> dict[str, str]:
    """What v1 tells of containers and volumes beside them."""
    found = {}
    containers = list(containers)
    if order := {each["name"]: each["dependsOn"] for each in containers if each.get("dependsOn")}:
        found[ORDER] = json.dumps(order)
    if bases := {
        each.get("name", ""): each["baseImageUri"] for each in containers if each.get("baseImageUri")
    }:
        found[BASES] = json.dumps(bases)
    resources = [each.get("resources", {}) for each in containers]
    if not all(each.get("cpuIdle") for each in resources):
        found[THROTTLING] = "false"
    if any(each.get("startupCpuBoost") for each in resources):
        found[BOOST] = "true"
    if sockets := [each["cloudSqlInstance"] for each in volumes if "cloudSqlInstance" in each]:
        found[CLOUDSQL] = ",".join(name for each in sockets for name in each.get("instances", []))
    return found


def container_of_v2(container: V2) -> Container:
    alike = {name: container[name] for name in _ALIKE if name in container}
    mounts = [each for each in container.get("volumeMounts", []) if each["name"] != _SOCKETS]
    return Container(
        **alike,
        env=[_told(each) for each in container.get("env", [])] or None,
        resources=Resources(limits=container.get("resources", {}).get("limits", {})),
        volume_mounts=mounts or None,
    )


def _told(variable: V2) -> Variable:
    if "valueSource" not in variable:
        return Variable(name=variable["name"], value=variable.get("value"))
    secret = variable["valueSource"]["secretKeyRef"]
    key = SecretKey(name=secret["secret"], key=secret.get("version", "latest"))
    return Variable(name=variable["name"], value_from=ValueFrom(secret_key_ref=key))


def volumes_of_v2(volumes: Iterable[V2]) -> list[Volume]:
    return [_volume_of_v2(each) for each in volumes if "cloudSqlInstance" not in each]


def _volume_of_v2(volume: V2) -> Volume:
    name = volume["name"]
    if "secret" in volume:
        secret = volume["secret"]
        items = [
            SecretItem(key=each.get("version", "latest"), path=each["path"], mode=each.get("mode"))
            for each in secret.get("items", [])
        ]
        kept = SecretVolume(
            secret_name=secret["secret"], items=items or None, default_mode=secret.get("defaultMode")
        )
        return Volume(name=name, secret=kept)
    if "emptyDir" in volume:
        empty = volume["emptyDir"]
        medium = empty.get("medium", "").capitalize() or None
        return Volume(name=name, empty_dir=EmptyDir(medium=medium, size_limit=empty.get("sizeLimit")))
    if "nfs" in volume:
        return Volume(name=name, nfs=volume["nfs"])
    bucket = volume["gcs"]
    attributes = {"bucketName": bucket["bucket"]}
    if options := bucket.get("mountOptions"):
        attributes["mountOptions"] = ",".join(options)
    return Volume(
        name=name,
        csi=Driver(driver=_BUCKETS, read_only=bucket.get("readOnly"), volume_attributes=attributes),
    )
