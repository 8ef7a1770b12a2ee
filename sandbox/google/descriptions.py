"""Requests are held against Google's own descriptions of their fields, which the installed libraries leave out.

What a field is (https://google.aip.dev/203) and what it refers to (https://google.aip.dev/122) is in descriptions.json,
cut from the protos by tests/google_descriptions.py; which fields and enum values there are, the libraries tell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from sandbox.google.errors import invalid
from sandbox.google.operations import pb

FILE = Path(__file__).with_name("descriptions.json")
# Nought and false are values, and nobody can tell them from nothing: https://google.aip.dev/203#required
HAVE_NO_EMPTY = frozenset(range(FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_BOOL + 1))
# Cloud Build's calls for a region have all in their path, as the second bindings in cloudbuild.proto say.
INSTEAD = {
    "google.devtools.cloudbuild.v1.CreateBuildRequest.project_id": "parent",
    "google.devtools.cloudbuild.v1.ListBuildsRequest.project_id": "parent",
    "google.devtools.cloudbuild.v1.GetBuildRequest.project_id": "name",
    "google.devtools.cloudbuild.v1.GetBuildRequest.id": "name",
    "google.devtools.cloudbuild.v1.CancelBuildRequest.project_id": "name",
    "google.devtools.cloudbuild.v1.CancelBuildRequest.id": "name",
}
# Written back all the same, "to detect modification conflict": Service.etag and its like in google/cloud/run/v2.
READ_BACK = "etag"
# What their own comments in google/cloud/run/v2 take in another form than that of what they refer to: the short name of
# a revision of this service, of a secret of this project, of a version of this secret; a policy of the platform
# Cloud Run. Logs may also be asked of a bucket's view: google/logging/v2/logging.proto.
IN_OTHER_FORMS = frozenset(
    {
        "google.cloud.run.v2.BinaryAuthorization.policy",
        "google.cloud.run.v2.TrafficTarget.revision",
        "google.cloud.run.v2.InstanceSplit.revision",
        "google.cloud.run.v2.RevisionTemplate.revision",
        "google.cloud.run.v2.WorkerPoolRevisionTemplate.revision",
        "google.cloud.run.v2.SecretKeySelector.secret",
        "google.cloud.run.v2.SecretKeySelector.version",
        "google.logging.v2.ListLogEntriesRequest.resource_names",
    }
)


@dataclass(frozen=True)
class Said:
    """What the description says of a field. `forms`: how a name may look that stands in it; none where any may."""

    required: bool = False
    output_only: bool = False
    immutable: bool = False
    forms: tuple[re.Pattern[str], ...] = ()


NOTHING = Said()


def insist(request: Any) -> None:
    """Refuse what the description does not allow, and take out what only Google writes; raises Refusal."""
    message = pb(request)
    mask = _mask(message)
    for field in message.DESCRIPTOR.fields:
        if mask and field.message_type and field.name != "update_mask":
            _masked(getattr(message, field.name), mask, field.name)
        else:
            _field(message, field, field.name)


def _mask(message: Any) -> list[str]:
    """The paths that an update names; nothing where it is of the whole."""
    if "update_mask" not in message.DESCRIPTOR.fields_by_name:
        return []
    paths = list(message.update_mask.paths)
    return [] if paths == ["*"] else paths


def _masked(message: Any, paths: Sequence[str], where: str) -> None:
    """Of an update that names its fields these alone are held against the description, and none for ever the same."""
    for path in paths:
        inner, field = _at(message, path)
        if said(field).immutable:
            raise invalid("The field cannot be changed.", f"{where}.{path}")
        _field(inner, field, f"{where}.{path}")
    for other in message.DESCRIPTOR.fields:
        _forget(message, other)
        _enumerated(message, other, f"{where}.{other.name}")


def _at(message: Any, path: str) -> tuple[Any, FieldDescriptor]:
    """The message that a path of a mask leads into, and its last field; what is below a map's key is the map's."""
    first, _, rest = path.partition(".")
    field = message.DESCRIPTOR.fields_by_name.get(first)
    if field is None:
        raise invalid(f"There is no field '{path}' in {message.DESCRIPTOR.name}.", "update_mask")
    if not rest or field.message_type is None or field.is_repeated:
        return message, field
    return _at(getattr(message, first), rest)


def _message(message: Any, where: str) -> None:
    for field in message.DESCRIPTOR.fields:
        _field(message, field, f"{where}.{field.name}")


def _field(message: Any, field: FieldDescriptor, where: str) -> None:
    _forget(message, field)
    _there(message, field, where)
    _enumerated(message, field, where)
    _formed(message, field, where)
    # https://google.aip.dev/158
    if field.name == "page_size" and message.page_size < 0:
        raise invalid("The page size must not be negative.", where)
    for place, inner in _within(message, field, where):
        _message(inner, place)


def _forget(message: Any, field: FieldDescriptor) -> None:
    """What only Google writes is ignored, not refused: https://google.aip.dev/203#output-only"""
    if said(field).output_only and field.name != READ_BACK:
        message.ClearField(field.name)


def _there(message: Any, field: FieldDescriptor, where: str) -> None:
    if not said(field).required or field.cpp_type in HAVE_NO_EMPTY or _is_there(message, field):
        return
    other = INSTEAD.get(field.full_name)
    if other is None or not getattr(message, other):
        raise invalid("This field is required.", where)


def _is_there(message: Any, field: FieldDescriptor) -> bool:
    if field.message_type is None or field.is_repeated:
        return bool(getattr(message, field.name))
    return bool(message.HasField(field.name))


def _enumerated(message: Any, field: FieldDescriptor, where: str) -> None:
    """A number that the enum has no name for: https://google.aip.dev/126"""
    if field.enum_type is None:
        return
    for number in _values(message, field):
        if number not in field.enum_type.values_by_number:
            raise invalid(f"{number} is no {field.enum_type.name}.", where)


def _formed(message: Any, field: FieldDescriptor, where: str) -> None:
    forms = said(field).forms
    if not forms:
        return
    for name in _values(message, field):
        if name and not any(form.fullmatch(name) for form in forms):
            raise invalid(f"Invalid resource name '{name}'.", where)


def _values(message: Any, field: FieldDescriptor) -> Sequence[Any]:
    value = getattr(message, field.name)
    return value if field.is_repeated else (value,)


def _within(message: Any, field: FieldDescriptor, where: str) -> Iterator[tuple[str, Any]]:
    """The messages that are in a field, each with its place."""
    if field.message_type is None:
        return
    value = getattr(message, field.name)
    if field.message_type.GetOptions().map_entry:
        if field.message_type.fields_by_name["value"].message_type:
            yield from ((f"{where}[{key}]", value[key]) for key in value)
    elif field.is_repeated:
        yield from ((f"{where}[{index}]", inner) for index, inner in enumerate(value))
    elif message.HasField(field.name):
        yield where, value


def said(field: FieldDescriptor) -> Said:
    """What Google says of this field."""
    return all_told().get(field.full_name, NOTHING)


@cache
def all_told() -> dict[str, Said]:
    """All of it, by the whole name of a field."""
    told = json.loads(FILE.read_text())
    return {name: _read(name, each, told["resources"]) for name, each in told["fields"].items()}


def _read(name: str, told: dict[str, Any], resources: dict[str, list[str]]) -> Said:
    behaviour = told.get("is", ())
    forms = [
        *resources.get(told.get("type", ""), ()),
        *map(_parent, resources.get(told.get("child", ""), ())),
    ]
    return Said(
        "REQUIRED" in behaviour,
        "OUTPUT_ONLY" in behaviour,
        "IMMUTABLE" in behaviour,
        () if name in IN_OTHER_FORMS else tuple(map(_form, forms)),
    )


def _parent(pattern: str) -> str:
    return pattern.rsplit("/", 2)[0]


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"{\w+}", "[^/]+", pattern))
