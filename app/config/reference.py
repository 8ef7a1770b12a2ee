"""The reference of servergem.yml, made of its shape: `python -m app.config.reference` writes all that is made of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import yaml
from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from app.config.container_shape import ContainerFile, ContainerProbesFile
from app.config.environment_shape import EnvironmentFile
from app.config.file import File, PreviewsFile, json_schema
from app.config.job_shape import JobFile
from app.config.limits import Bounds, Kind
from app.config.part import Part
from app.config.parts import BuildFile, InstancesFile, ProbeFile, ProbesFile, VolumeFile, VpcFile
from app.config.receivers import NotifyFile
from app.config.shape import ServiceFile
from app.config.words import JOB, SERVICE, WORKER, words
from app.config.worker_shape import WorkerFile

ROOT = Path(__file__).parent.parent.parent
WORDS = {
    ROOT / "app/model/service_config.py": SERVICE,
    ROOT / "app/model/job_config.py": JOB,
    ROOT / "app/model/worker_config.py": WORKER,
}
PAGE, SCHEMA = ROOT / "docs/servergem-yml.md", ROOT / "app/servergem.schema.json"
CHAPTERS: tuple[tuple[str, type[Part]], ...] = (
    ("The file", File),
    ("services.NAME", ServiceFile),
    ("services.NAME.build", BuildFile),
    ("services.NAME.instances, environments.NAME.instances", InstancesFile),
    ("services.NAME.vpc", VpcFile),
    ("services.NAME.volumes.NAME", VolumeFile),
    ("services.NAME.containers.NAME", ContainerFile),
    ("services.NAME.containers.NAME.probes", ContainerProbesFile),
    ("services.NAME.probes", ProbesFile),
    ("services.NAME.probes.startup, .liveness, .readiness", ProbeFile),
    ("environments.NAME", EnvironmentFile),
    ("previews", PreviewsFile),
    ("notify", NotifyFile),
    ("jobs.NAME", JobFile),
    ("workers.NAME", WorkerFile),
)
COLUMNS = "| key | type | default | limits | meaning | example |\n|---|---|---|---|---|---|\n"
INTRODUCTION = """# servergem.yml, key by key

Made of `app/config/shape.py`, `parts.py` and `receivers.py` by `python -m app.config.reference`, which also writes
`app/servergem.schema.json` for editors. A key that is not here is a fault on its line, with the nearest one that is.
`servergem.yaml` is read too, but not both. Everything has a default but an environment's branch, a volume's path, and
the image of a container beside a service's own.

Text stays as it is written: `1.10`, `0123` and `yes` are these letters; only `true` and `false` are booleans. A
duration is a number of seconds, or one with `s`, `m`, `h` or `d`.
"""


def page() -> str:
    """The whole page."""
    return INTRODUCTION + "".join(_chapter(title, part) for title, part in CHAPTERS)


def _chapter(title: str, part: type[Part]) -> str:
    return f"\n## {title}\n\n{part.__doc__}\n\n{COLUMNS}" + "".join(
        f"| {' | '.join(_row(key, part.model_fields[name]))} |\n" for key, name in part.keys().items()
    )


def _row(key: str, field: FieldInfo) -> Iterator[str]:
    kind = _kind(field)
    yield f"`{key}`"
    yield kind.name
    yield "required" if field.is_required() else _default(field.default, kind)
    yield _limits(field, kind)
    yield str(field.description)
    yield "<br>".join(f"`{_written(key, example)}`" for example in field.examples or ())


def _marks(field: FieldInfo) -> list[Any]:
    """All that is said of a value's type, the most special last."""
    inside = [mark for each in get_args(field.annotation) for mark in getattr(each, "__metadata__", ())]
    return [*inside, *field.metadata]


def _kind(field: FieldInfo) -> Kind:
    return [mark for mark in _marks(field) if isinstance(mark, Kind)][-1]


def _limits(field: FieldInfo, kind: Kind) -> str:
    marks = _marks(field)
    if said := [mark.said for mark in marks if isinstance(mark, Bounds)]:
        return said[-1]
    most = [str(mark.le) for mark in marks if isinstance(mark, Le)]
    least = [str(mark.ge) for mark in marks if isinstance(mark, Ge)]
    return f"{''.join(least) or '0'} to {most[-1]}" if most else kind.limits


def _default(value: Any, kind: Kind) -> str:
    if kind.name == "duration":
        return f"`{_duration(value)}`"
    if isinstance(value, Part) or value in ("", None, {}, []):
        return "–"
    return f"`{value if isinstance(value, str) else _inline(value)}`"


def _duration(seconds: int) -> str:
    return f"{seconds // 86_400}d" if seconds % 86_400 == 0 else f"{seconds}s"


def _written(key: str, example: Any) -> str:
    return f"{key}: {_inline(example)}"


def _inline(value: Any) -> str:
    """As one writes it on a line of YAML."""
    return (
        yaml.safe_dump(value, default_flow_style=True, width=1000, sort_keys=False)
        .removesuffix("\n")
        .removesuffix("\n...")
    )


def main() -> None:
    PAGE.write_text(page())
    SCHEMA.write_text(json.dumps(json_schema(), indent=2) + "\n")
    for path, of in WORDS.items():
        path.write_text(words(of))


if __name__ == "__main__":
    main()
