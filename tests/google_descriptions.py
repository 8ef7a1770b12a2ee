"""Cut Google's own protos down to what they say of the fields of requests, which the installed libraries leave out.

They are in the npm package `google-proto-files`, and protoc (`pip install grpcio-tools`) puts them into one file:
`protoc -I. --include_imports -o ALL.pb google/cloud/run/v2/*.proto …`. Of that `python -m tests.google_descriptions
ALL.pb` writes sandbox/google/descriptions.json. What it has to hold is held by tests/test_descriptions.py.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.api import field_behavior_pb2, resource_pb2  # type: ignore[import-untyped]  # it ships no types
from google.protobuf import descriptor_pb2

from sandbox.google import table
from sandbox.google.descriptions import FILE
from sandbox.google.operations import pb

WORTH = ("REQUIRED", "OUTPUT_ONLY", "IMMUTABLE")


def reachable() -> dict[str, Any]:
    """The messages that a request of the table may hold, each by its whole name."""
    found: dict[str, Any] = {}
    waiting = [pb(method.request()).DESCRIPTOR for method in table.methods().values()]
    while waiting:
        kind = waiting.pop()
        if kind.full_name not in found:
            found[kind.full_name] = kind
            waiting += [field.message_type for field in kind.fields if field.message_type]
    return found


def messages(
    file: descriptor_pb2.FileDescriptorProto,
) -> Iterator[tuple[str, descriptor_pb2.DescriptorProto]]:
    waiting = [(f"{file.package}.{each.name}", each) for each in file.message_type]
    while waiting:
        name, message = waiting.pop()
        yield name, message
        waiting += [(f"{name}.{inner.name}", inner) for inner in message.nested_type]


def said(field: descriptor_pb2.FieldDescriptorProto) -> dict[str, Any]:
    """What the description says of one field, in its own words."""
    told = [
        field_behavior_pb2.FieldBehavior.Name(each)
        for each in field.options.Extensions[field_behavior_pb2.field_behavior]
    ]
    reference = field.options.Extensions[resource_pb2.resource_reference]
    behaviour = [each for each in told if each in WORTH]
    return (
        ({"is": behaviour} if behaviour else {})
        | ({"type": reference.type} if reference.type not in ("", "*") else {})
        | ({"child": reference.child_type} if reference.child_type else {})
    )


def cut(files: descriptor_pb2.FileDescriptorSet) -> dict[str, Any]:
    wanted = reachable()
    fields: dict[str, Any] = {}
    resources: dict[str, list[str]] = {}
    for file in files.file:
        declared = list(file.options.Extensions[resource_pb2.resource_definition])
        for name, message in messages(file):
            declared.append(message.options.Extensions[resource_pb2.resource])
            if name in wanted:
                fields |= {
                    f"{name}.{field.name}": told
                    for field in message.field
                    if field.name in wanted[name].fields_by_name and (told := said(field))
                }
        resources |= {each.type: list(each.pattern) for each in declared if each.type}
    used = {told[key] for told in fields.values() for key in ("type", "child") if key in told}
    return {
        "fields": dict(sorted(fields.items())),
        "resources": {name: resources[name] for name in sorted(used & resources.keys())},
    }


if __name__ == "__main__":
    whole = descriptor_pb2.FileDescriptorSet.FromString(Path(sys.argv[1]).read_bytes())
    FILE.write_text(json.dumps(cut(whole), indent=1) + "\n")
