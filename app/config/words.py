"""The words of servergem.yml for the rest of ServerGem: `ServiceConfig` and those beside it, made of their shapes."""

from __future__ import annotations

from dataclasses import dataclass, is_dataclass
from typing import Any

import yaml

from app.config.document import Document
from app.config.freezing import frozen
from app.config.job_shape import JobFile
from app.config.part import Part
from app.config.shape import ServiceFile
from app.config.worker_shape import WorkerFile

HEAD = '''"""What servergem.yml asks for one {what}. Made of its shape by `python -m app.config.reference`."""

from __future__ import annotations

from dataclasses import dataclass

from app.model.service import {parts}


@dataclass(frozen=True)
class {name}:
    """What servergem.yml asks for one {what}, defaults filled in. Durations are seconds."""

    name: str
'''


@dataclass(frozen=True)
class Word:
    """A class of ours that is made of a section of the file: its name, and what it is to people."""

    name: str
    what: str
    part: type[Part]


SERVICE, JOB = Word("ServiceConfig", "service", ServiceFile), Word("JobConfig", "job", JobFile)
WORKER = Word("WorkerConfig", "worker", WorkerFile)


def words(of: Word) -> str:
    """The whole file: a field for each key, of the type that its examples have once they are read."""
    usual = frozen(of.part())
    said = {name: _read(of.part, key, name) for key, name in of.part.keys().items()}
    kinds = {name: _kind(value) for name, value in said.items()}
    parts = sorted({type(part).__name__ for value in said.values() for part in _parts(value)})
    fields = "".join(f"    {name}: {kinds[name]} = {_written(value)}\n" for name, value in usual.items())
    return HEAD.format(parts=", ".join(parts), name=of.name, what=of.what) + fields


def _read(part: type[Part], key: str, name: str) -> Any:
    example = (part.model_fields[name].examples or [None])[0]
    text = yaml.safe_dump({key: example})
    return frozen(part.model_validate(Document.parse(text, "servergem.yml").value))[name]


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
