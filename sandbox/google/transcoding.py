"""An HTTP call as the message of its RPC, and the message that answers it as JSON; refusals in Google's JSON form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor

from sandbox.google.errors import HTTP_STATUS, Code, Refusal, invalid
from sandbox.google.http_rules import Binding
from sandbox.google.operations import pb

# Every API takes these beside its own: https://cloud.google.com/apis/docs/system-parameters
SYSTEM = frozenset(
    {"alt", "callback", "fields", "key", "access_token", "oauth_token", "prettyPrint", "quotaUser", "userIp"}
    | {"uploadType", "upload_protocol", "$.xgafv", "$alt", "$fields", "$prettyPrint", "$userProject"}
)


def message(binding: Binding, path: Mapping[str, str], query: Mapping[str, Sequence[str]], body: Any) -> Any:
    """The request, made of the three places where HTTP has its fields; `body` is JSON that was read, or None.

    A field that the schema has not is refused, as Google does: who misspells one would else never hear of it.
    """
    request = binding.method.request()
    plain = pb(request)
    if body is not None:
        _fill(plain if binding.body == "*" else _inner(plain, binding.body), body)
    if binding.body != "*":
        for name, texts in query.items():
            if name not in SYSTEM:
                _put(plain, name, texts)
    for name, text in path.items():
        _put(plain, name, [text])
    return request


def _inner(plain: Any, field: str) -> Any:
    if not field:
        raise invalid('Invalid JSON payload received. Unknown name "": Root element must not be there.')
    inner = getattr(plain, _field(plain, field).name)
    inner.SetInParent()
    return inner


def _fill(plain: Any, body: Any) -> None:
    try:
        json_format.ParseDict(body, plain)
    except json_format.ParseError as error:
        raise invalid(f"Invalid JSON payload received. {error}") from error


def _put(plain: Any, name: str, texts: Sequence[str]) -> None:
    """Text from a path or a query as the field of this name, which may be one within another (`service.name`)."""
    outer, dot, rest = name.partition(".")
    field = _field(plain, outer)
    if dot:
        inner = getattr(plain, field.name)
        inner.SetInParent()
        _put(inner, rest, texts)
        return
    values = [_value(field, text) for text in texts]
    _fill(plain, {field.json_name: values if field.is_repeated else values[-1]})


def _field(plain: Any, name: str) -> FieldDescriptor:
    """By either spelling, `updateMask` or `update_mask`."""
    for field in plain.DESCRIPTOR.fields:
        if name in (field.name, field.json_name):
            return field
    kind = plain.DESCRIPTOR.name
    raise invalid(
        f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
        f"Field '{name}' could not be found in request message {kind}."
    )


def _value(field: FieldDescriptor, text: str) -> Any:
    """What JSON would have in place of this text."""
    if field.type == FieldDescriptor.TYPE_BOOL:
        if text.lower() not in ("true", "false"):
            raise invalid(f"Invalid value at '{field.name}' (TYPE_BOOL), \"{text}\"")
        return text.lower() == "true"
    if field.type == FieldDescriptor.TYPE_MESSAGE and field.message_type.name == "FieldMask":
        return ",".join(_camel(path) for path in text.split(","))
    return text


def _camel(path: str) -> str:
    """A mask in a query may be spelt either way; in JSON it is `displayName`."""
    return re.sub("_([a-z])", lambda found: found[1].upper(), path)


def answer(message: Any) -> dict[str, Any]:
    """A message as Google's JSON: names in camel case, enums by name, what is empty left out."""
    return dict(json_format.MessageToDict(pb(message)))


def refused(refusal: Refusal) -> tuple[int, dict[str, Any]]:
    """The HTTP status, and `error` as https://cloud.google.com/apis/design/errors#http_mapping has it."""
    status = HTTP_STATUS[refusal.code]
    error: dict[str, Any] = {
        "code": status,
        "message": refusal.message,
        "status": refusal.code.name,
    }
    details = [json_format.MessageToDict(each) for each in refusal.status().details]
    return status, {"error": error | ({"details": details} if details else {})}


def bound(bindings: Sequence[Binding], api: str, verb: str, path: str) -> tuple[Binding, dict[str, str]]:
    """The binding that this call means, and what its path says; NOT_FOUND where the API has no such call."""
    for binding in bindings:
        if (binding.api, binding.verb) == (api, verb) and (found := binding.match(path)) is not None:
            return binding, found
    raise Refusal(Code.NOT_FOUND, f"Method not found: {verb} {api}{path}")
