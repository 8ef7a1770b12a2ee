"""The words of servergem.yml for the rest of ServerGem: `ServiceConfig`, made of the shape of a service."""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import Any

import yaml

from app.config.document import Document
from app.config.freezing import frozen
from app.config.shape import ServiceFile

HEAD = '''"""What servergem.yml asks for one service. Made of its shape by `python -m app.config.reference`."""

from __future__ import annotations

from dataclasses import dataclass

from app.model.service import {parts}


@dataclass(frozen=True)
class ServiceConfig:
    """What servergem.yml asks for one service, defaults filled in. Durations are seconds."""

    name: str
'''


def words() -> str:
    """The whole file: a field for each key, of the type that its examples have once they are read."""
    usual = frozen(ServiceFile())
    said = {key: _read(key, example) for key, example in _examples()}
    kinds = {key: _kind(value) for key, value in said.items()}
    parts = sorted({type(part).__name__ for value in said.values() for part in _parts(value)})
    fields = "".join(f"    {key}: {kinds[key]} = {_written(value)}\n" for key, value in usual.items())
    return HEAD.format(parts=", ".join(parts)) + fields


def _examples() -> list[tuple[str, Any]]:
    return [(key, (field.examples or [None])[0]) for key, field in ServiceFile.model_fields.items()]


def _read(key: str, example: Any) -> Any:
    text = yaml.safe_dump({key: example})
    return frozen(ServiceFile.model_validate(Document.parse(text, "servergem.yml").value))[key]


def _kind(value: Any) -> str:
    if not isinstance(value, tuple):
        return type(value).__name__
    first = value[0]
    if isinstance(first, tuple):
        return f"tuple[tuple[{', '.join(map(_kind, first))}], ...]"
    return f"tuple[{_kind(first)}, ...]"


def _parts(value: Any) -> list[Any]:
    """The dataclasses in a value."""
    if isinstance(value, tuple):
        return [part for each in value for part in _parts(each)]
    return [value] if is_dataclass(value) else []


def _written(value: Any) -> str:
    """A value as it is written in Python; a part of which nothing is said is its class, called with nothing."""
    if is_dataclass(value):
        return f"{type(value).__name__}()"
    return f'"{value}"' if isinstance(value, str) else repr(value)
