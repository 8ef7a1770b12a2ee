"""From the words of servergem.yml to ours: a part as the frozen words that the rest of ServerGem reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.config.container_shape import ContainerFile, ContainerProbesFile
from app.config.difference_shape import DifferenceFile
from app.config.differences import Difference
from app.config.part import Part
from app.config.parts import BuildFile, InstancesFile, ProbesFile, VolumeFile, VpcFile
from app.model import Build, BuildPlan, Instances, Probe, Probes, SecretRef, Sidecar, Volume, Vpc


def frozen(part: Part) -> dict[str, Any]:
    """Every key of a part as our words have it: lists and mappings become tuples, nothing the empty text."""
    return {key: _frozen(part, key) for key in type(part).model_fields}


def _frozen(part: Part, key: str) -> Any:
    return READ.get(key, _plain)(getattr(part, key))


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return tuple(value.items())
        case list():
            return tuple(value)
        case None:
            return ""
    return value


def _build(part: str | BuildFile) -> BuildPlan:
    if isinstance(part, str):
        return BuildPlan(Build(part))
    return BuildPlan(Build.DOCKERFILE, part.dockerfile, part.target, tuple(part.args.items()))


def _instances(part: InstancesFile | int | None) -> Instances | int | None:
    """Bounds, or a worker's plain number."""
    if isinstance(part, int):
        return part
    return Instances(part.min, part.max) if part else None


def _secrets(part: Mapping[str, str | None]) -> tuple[tuple[str, SecretRef | None], ...]:
    return tuple((variable, _secret(reference)) for variable, reference in part.items())


def _secret(reference: str | None) -> SecretRef | None:
    """`name:version`, or `name` for the latest."""
    return SecretRef(*reference.split(":", 1)) if reference else None


def _vpc(part: VpcFile | None) -> Vpc:
    return Vpc(**frozen(part)) if part else Vpc()


def _volumes(part: Mapping[str, VolumeFile | str]) -> tuple[Volume | tuple[str, str], ...]:
    """A service's own, or, of a container beside it, where it sees them."""
    return tuple(
        (name, each) if isinstance(each, str) else _volume(name, each) for name, each in part.items()
    )


def _volume(name: str, part: VolumeFile) -> Volume:
    """A secret's file has the secret's name when it has none of its own."""
    said = frozen(part)
    if part.secret is None:
        return Volume(name, **said | {"secret": None})
    name_of_secret = part.secret.partition(":")[0]
    return Volume(name, **said | {"secret": _secret(part.secret), "file": part.file or name_of_secret})


def _containers(part: Mapping[str, ContainerFile]) -> tuple[Sidecar, ...]:
    return tuple(Sidecar(name, **frozen(each)) for name, each in part.items())


def _probes(part: ProbesFile | ContainerProbesFile) -> Probes:
    found = {key: getattr(part, key) for key in type(part).model_fields}
    return Probes(**{key: Probe(**frozen(probe)) for key, probe in found.items() if probe})


def _labels(part: Mapping[str, str | None]) -> tuple[tuple[str, str | None], ...]:
    """In the order of their names, as they are read back."""
    return tuple(sorted(part.items()))


def _differences(part: Mapping[str, DifferenceFile | None] | bool) -> tuple[Difference, ...] | bool:
    """Only what is said: the rest is as usual. Of `previews` it is whether there are any."""
    if isinstance(part, bool):
        return part
    return tuple(
        Difference(name, tuple((key, _frozen(each, key)) for key in said_by(each)))
        for name, each in part.items()
        if each
    )


def said_by(part: DifferenceFile) -> tuple[str, ...]:
    """The keys that stand there, in the order of the shape."""
    return tuple(key for key in type(part).model_fields if key in part.model_fields_set)


READ: Mapping[str, Callable[[Any], Any]] = {
    "build": _build,
    "instances": _instances,
    "secrets": _secrets,
    "vpc": _vpc,
    "volumes": _volumes,
    "containers": _containers,
    "probes": _probes,
    "labels": _labels,
    "services": _differences,
    "jobs": _differences,
    "workers": _differences,
}
