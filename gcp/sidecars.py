"""The containers beside a service's own in Cloud Run's words, and read back out of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.config.container_shape import MAIN
from app.model import ImageName, Probes, SecretRef, ServiceConfig, Sidecar
from gcp import service_parts
from gcp.later import later

if TYPE_CHECKING:
    from google.cloud import run_v2
else:
    run_v2 = later("google.cloud.run_v2")

# With a container's name behind it: the tag that servergem.yml names, and the digest that it stood for.
TAGGED = "images.servergem.dev/"


def sidecars(config: ServiceConfig, pinned: Mapping[str, str]) -> list[run_v2.Container]:
    """Each of them; CPU between requests and at the start is the instance's, so they have it as the service has.

    `pinned` has images by digest, by what servergem.yml names.
    """
    return [_sidecar(each, config, _by_digest(_pinned(each.image, pinned))) for each in config.containers]


def tagged(config: ServiceConfig, pinned: Mapping[str, str]) -> dict[str, str]:
    """Annotations that say which tag each digest is for, so that it can be read back."""
    images = {each.name: _pinned(each.image, pinned) for each in config.containers}
    return {f"{TAGGED}{name}": image for name, image in images.items() if image != _by_digest(image)}


def _pinned(image: str, pinned: Mapping[str, str]) -> str:
    """A tag with the digest that it stands for behind it, as a promotion brings it already; others as they are."""
    return f"{image}@{pinned[image].rpartition('@')[2]}" if image in pinned else image


def _by_digest(image: str) -> str:
    """What Cloud Run is told: the digest alone, where there is one."""
    name = ImageName.parse(image)
    return str(name) if name else image


def _sidecar(wanted: Sidecar, config: ServiceConfig, image: str) -> run_v2.Container:
    made = run_v2.Container(
        name=wanted.name,
        image=image,
        command=list(wanted.command),
        args=list(wanted.args),
        env=service_parts.variables(wanted.env, wanted.secrets),
        depends_on=list(wanted.after),
        volume_mounts=[run_v2.VolumeMount(name=name, mount_path=path) for name, path in wanted.volumes],
        resources=run_v2.ResourceRequirements(
            limits={"cpu": wanted.cpu, "memory": wanted.memory},
            cpu_idle=not config.cpu_always,
            startup_cpu_boost=config.startup_boost,
        ),
    )
    for name, probe in service_parts.probes(wanted.probes).items():
        setattr(made, name, probe)
    return made


def name_of_main(config: ServiceConfig) -> str:
    """What the service's own container is called; alone it needs no name."""
    return MAIN if config.containers else ""


def main_of(made: run_v2.RevisionTemplate | run_v2.Revision) -> run_v2.Container:
    """The service's own container, which alone has a port; an empty one where there is none."""
    every = list(made.containers)
    return next((each for each in every if each.ports), every[0] if every else run_v2.Container())


def beside_main(made: run_v2.RevisionTemplate | run_v2.Revision) -> tuple[run_v2.Container, ...]:
    """The others."""
    main = main_of(made)
    return tuple(each for each in made.containers if each != main)


def sidecars_of(made: run_v2.RevisionTemplate | run_v2.Revision) -> tuple[Sidecar, ...]:
    """What `sidecars` made; Cloud Run's defaults where nothing is said."""
    tags = dict(made.annotations)
    return tuple(_sidecar_of(each, tags.get(f"{TAGGED}{each.name}", "")) for each in beside_main(made))


def _as_named(image: str, tagged: str) -> str:
    """The tag that was deployed, as long as the image still is what it stood for."""
    tag, _, digest = tagged.rpartition("@")
    name = ImageName.parse(tag)
    return tag if name and str(name.at(digest)) == image else image


def _sidecar_of(made: run_v2.Container, tagged: str) -> Sidecar:
    limits = dict(made.resources.limits)
    plain = {each.name: each.value for each in made.env if not each.value_source.secret_key_ref.secret}
    references = {each.name: each.value_source.secret_key_ref for each in made.env if each.name not in plain}
    return Sidecar(
        made.name,
        _as_named(made.image, tagged),
        tuple(made.command),
        tuple(made.args),
        tuple(plain.items()),
        tuple(
            (name, SecretRef(each.secret.rpartition("/")[2], each.version or "latest"))
            for name, each in references.items()
        ),
        limits.get("cpu", "1"),
        limits.get("memory", "512Mi"),
        Probes(service_parts.probe_of(made.startup_probe), service_parts.probe_of(made.liveness_probe)),
        tuple(made.depends_on),
        tuple((each.name, each.mount_path) for each in made.volume_mounts),
    )
