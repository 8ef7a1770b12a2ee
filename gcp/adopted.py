"""An adopted service: what servergem.yml names is set, and all else stays as its maker left it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from gcp import sidecars
from gcp.later import later
from gcp.service_specification import LIMITS, OF_CONTAINER, OF_SERVICE

if TYPE_CHECKING:
    from google.cloud import run_v2
    from google.protobuf import field_mask_pb2
else:
    run_v2 = later("google.cloud.run_v2")
    field_mask_pb2 = later("google.protobuf.field_mask_pb2")

# What a service may be given; all else is Cloud Run's to say: OUTPUT_ONLY in its own description.
GIVEN = (
    *("description", "labels", "annotations", "launch_stage", "binary_authorization", "template", "scaling"),
    *("invoker_iam_disabled", "default_uri_disabled", "iap_enabled", "custom_audiences", "ingress"),
)
# What this deployment is made of, whatever the service had before; source that runs without a build is STARTED by us.
MADE, STARTED = ("image", "base_image_uri", "source_code", "build_info"), ("command", "args")


def kept(wish: run_v2.Service, there: run_v2.Service, named: Collection[str]) -> run_v2.Service:
    """The service as it stands, with this deployment's image and what servergem.yml names.

    `wish` is all of servergem.yml with its defaults; `named` are the keys that somebody wrote ("memory",
    "instances.max"). Variables and labels are one by one: those that have no new value stay.
    """
    made = run_v2.Service()
    _take(made, there, GIVEN)
    _mark(made, wish)
    _take(made, wish, [path for key in named for path in OF_SERVICE.get(key, ())])
    _fill_container(sidecars.main_of(made.template), sidecars.main_of(wish.template), named)
    if "cloudsql" in named:
        _take_volumes(made, wish, of_cloud_sql=True)
    if "volumes" in named:
        _take_volumes(made, wish, of_cloud_sql=False)
    if "containers" in named:
        main = sidecars.main_of(made.template)
        main.name = sidecars.main_of(wish.template).name
        made.template.containers = [main, *sidecars.beside_main(wish.template)]
    return made


def _mark(made: run_v2.Service, wish: run_v2.Service) -> None:
    """Whose it is, and of what commit; what others have written beside it stays."""
    made.labels = dict(made.labels) | dict(wish.labels)
    made.template.revision = wish.template.revision
    made.template.labels = dict(made.template.labels) | dict(wish.template.labels)
    made.template.annotations = dict(made.template.annotations) | dict(wish.template.annotations)


def _fill_container(old: run_v2.Container, new: run_v2.Container, named: Collection[str]) -> None:
    _take(old, new, [*MADE, *(STARTED if "source_code" in new else ())])
    _take(old, new, [path for key in named for path in OF_CONTAINER.get(key, ())])
    limits = {LIMITS[key]: None for key in named if key in LIMITS}
    wanted = dict(new.resources.limits)
    others = {name: text for name, text in old.resources.limits.items() if name not in limits}
    old.resources.limits = others | {name: wanted[name] for name in limits if name in wanted}
    old.env = _by_name(old.env, new.env)


def _take_volumes(made: run_v2.Service, wish: run_v2.Service, *, of_cloud_sql: bool) -> None:
    """Those of Cloud SQL are a key of their own, and are volumes at Cloud Run like the others."""

    def meant(volume: run_v2.Volume) -> bool:
        return bool(volume.cloud_sql_instance.instances) is of_cloud_sql

    gone = {each.name for each in made.template.volumes if meant(each)}
    new = [each for each in wish.template.volumes if meant(each)]
    names = {each.name for each in new}
    made.template.volumes = [*(each for each in made.template.volumes if each.name not in gone), *new]
    main, wanted = sidecars.main_of(made.template), sidecars.main_of(wish.template)
    main.volume_mounts = [
        *(each for each in main.volume_mounts if each.name not in gone),
        *(each for each in wanted.volume_mounts if each.name in names),
    ]


def _by_name(old: Iterable[Any], new: Iterable[Any]) -> list[Any]:
    """Both, the new one where a name is in both."""
    return list(({each.name: each for each in old} | {each.name: each for each in new}).values())


def _take(made: Any, wish: Any, paths: Sequence[str]) -> None:
    """Set these fields as `wish` has them; one that it lacks is cleared."""
    mask = field_mask_pb2.FieldMask(paths=paths)
    mask.MergeMessage(type(wish).pb(wish), type(made).pb(made), True, True)
