"""An update of a Cloud Run service: which fields of the request a mask takes over."""

from __future__ import annotations

from typing import Any

from google.cloud import run_v2

from sandbox.google.errors import invalid


def spec_of(template: run_v2.RevisionTemplate) -> bytes:
    """A template without its revision's name, to compare."""
    bare = run_v2.RevisionTemplate(template)
    bare.revision = ""
    return bytes(run_v2.RevisionTemplate.pb(bare).SerializeToString(deterministic=True))


def copy_path(source: Any, goal: Any, path: str) -> None:
    """Copy one field of an update mask; a field that the source does not have is cleared."""
    head, _, rest = path.partition(".")
    if head not in source.DESCRIPTOR.fields_by_name:
        raise invalid(f"Invalid field mask path: {path!r}", "update_mask")
    if rest:
        copy_path(getattr(source, head), getattr(goal, head), rest)
        return
    goal.ClearField(head)
    kind = source.DESCRIPTOR.fields_by_name[head]
    value = getattr(source, head)
    if kind.message_type is not None and kind.message_type.GetOptions().map_entry:
        for key in value:
            getattr(goal, head)[key] = value[key]
    elif _repeated(kind):
        getattr(goal, head).extend(value)
    elif kind.message_type is not None:
        if source.HasField(head):
            getattr(goal, head).CopyFrom(value)
    else:
        setattr(goal, head, value)


def _repeated(kind: Any) -> bool:
    return bool(kind.is_repeated)
