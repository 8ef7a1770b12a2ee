"""What a request concerns: a fault in that is everybody's to hear, since nobody could say whose permission it takes."""

from __future__ import annotations

from typing import Any

from google.rpc import error_details_pb2

from sandbox.google import descriptions
from sandbox.google.errors import Refusal
from sandbox.google.operations import pb

# The fields in which a request says it; where it has none of them, what it brings has a name.
NAMING = ("name", "parent", "resource", "resource_names", "full_resource_name", "project_id")


def fault_beside(request: Any) -> Refusal | None:
    """What the description has against the request, its subject aside; a fault in that is raised."""
    if request is None:
        return None
    try:
        descriptions.insist(request)
    except Refusal as fault:
        places = _places(pb(request))
        if _field(fault) in places or not any(_there(pb(request), place) for place in places):
            raise
        return fault
    return None


def _places(message: Any) -> set[str]:
    fields = message.DESCRIPTOR.fields
    own = {field.name for field in fields if field.name in NAMING}
    return own or {f"{field.name}.name" for field in fields if field.message_type}


def _there(message: Any, place: str) -> bool:
    first, _, rest = place.partition(".")
    inner = getattr(message, first)
    return bool(getattr(inner, rest, None) if rest else inner)


def _field(fault: Refusal) -> str:
    told = next((each for each in fault.details if isinstance(each, error_details_pb2.BadRequest)), None)
    return str(told.field_violations[0].field) if told else ""
