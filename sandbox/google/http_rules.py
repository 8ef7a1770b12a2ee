"""Which HTTP call is which RPC: the bindings of `google.api.http`, as the installed libraries carry them.

https://github.com/googleapis/googleapis/blob/master/google/api/http.proto
"""

from __future__ import annotations

import importlib
import inspect
import re
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox.google import table

_VARIABLE = re.compile(r"{([\w.]+)(?:=([^}]*))?}")
_OPERATIONS = "/google.longrunning.Operations/"
# Two libraries have no REST transport that would tell, and one leaves out its operations. A line each, as
# google/iam/admin/v1/iam.proto, google/logging/v2/logging.proto and google/devtools/cloudbuild/v1/cloudbuild_v1.yaml
# have them: https://github.com/googleapis/googleapis
_UNTOLD = """
iam.googleapis.com /google.iam.admin.v1.IAM/
ListServiceAccounts GET /v1/{name=projects/*}/serviceAccounts
GetServiceAccount GET /v1/{name=projects/*/serviceAccounts/*}
CreateServiceAccount POST /v1/{name=projects/*}/serviceAccounts *
DeleteServiceAccount DELETE /v1/{name=projects/*/serviceAccounts/*}
GetIamPolicy POST /v1/{resource=projects/*/serviceAccounts/*}:getIamPolicy
SetIamPolicy POST /v1/{resource=projects/*/serviceAccounts/*}:setIamPolicy *
TestIamPermissions POST /v1/{resource=projects/*/serviceAccounts/*}:testIamPermissions *
GetRole GET /v1/{name=roles/*}
GetRole GET /v1/{name=projects/*/roles/*}
ListRoles GET /v1/{parent=projects/*}/roles
CreateRole POST /v1/{parent=projects/*}/roles *
UpdateRole PATCH /v1/{name=projects/*/roles/*} role
QueryTestablePermissions POST /v1/permissions:queryTestablePermissions *
logging.googleapis.com /google.logging.v2.LoggingServiceV2/
ListLogEntries POST /v2/entries:list *
WriteLogEntries POST /v2/entries:write *
ListLogs GET /v2/{parent=*/*}/logs
cloudbuild.googleapis.com /google.longrunning.Operations/
GetOperation GET /v1/{name=operations/**}
GetOperation GET /v1/{name=projects/*/locations/*/operations/*}
CancelOperation POST /v1/{name=operations/**}:cancel *
CancelOperation POST /v1/{name=projects/*/locations/*/operations/*}:cancel *
"""
# What gcloud still says in the words of a first version, which the libraries have left behind:
# https://cloud.google.com/resource-manager/reference/rest/v1/projects
# https://cloud.google.com/run/docs/reference/rest/v1/projects.locations.services
_OLDER = """
cloudresourcemanager.googleapis.com /google.cloud.resourcemanager.v3.Projects/
GetProject GET /v1/{name=projects/*}
GetIamPolicy POST /v1/{resource=projects/*}:getIamPolicy *
SetIamPolicy POST /v1/{resource=projects/*}:setIamPolicy *
TestIamPermissions POST /v1/{resource=projects/*}:testIamPermissions *
run.googleapis.com /google.cloud.run.v2.Services/
GetIamPolicy GET /v1/{resource=projects/*/locations/*/services/*}:getIamPolicy
SetIamPolicy POST /v1/{resource=projects/*/locations/*/services/*}:setIamPolicy *
TestIamPermissions POST /v1/{resource=projects/*/locations/*/services/*}:testIamPermissions *
"""


@dataclass(frozen=True)
class Binding:
    """One way to call an RPC. `body`: the field that the body is, `*` for all of the request, empty for none."""

    api: str
    verb: str
    template: str
    body: str
    method: table.Method

    def match(self, path: str) -> dict[str, str] | None:
        """What the path says of the request, by field; as written; None for another call's path."""
        found = re.fullmatch(_expression(self.template), path)
        if found is None:
            return None
        fields = [each[1] for each in _VARIABLE.finditer(self.template)]
        return dict(zip(fields, map(_read, found.groups()), strict=True))


@cache
def bindings() -> tuple[Binding, ...]:
    """Every binding of every method of the table; where two fit a path, the one that comes first is meant."""
    methods = table.methods()
    told = [each for transport in table.TRANSPORTS for each in _told(transport, methods)]
    found = dict.fromkeys((*told, *_listed(_UNTOLD, methods), *_listed(_OLDER, methods)))
    return tuple(sorted(found, key=_breadth))


def _breadth(binding: Binding) -> tuple[bool, int, int]:
    """A path with a verb of its own (`:enable`) is the narrower one, and so is one with fewer wildcards."""
    template = binding.template
    return ":" not in template.rpartition("}")[2], template.count("**"), template.count("*")


@cache
def _expression(template: str) -> str:
    """The template as a regular expression: `*` is one segment, `**` any number, a bare variable one."""
    parts, end = [], 0
    for found in _VARIABLE.finditer(template):
        parts += [re.escape(template[end : found.start()]), f"({_segments(found[2] or '*')})"]
        end = found.end()
    return "".join([*parts, re.escape(template[end:])])


def _segments(pattern: str) -> str:
    kinds = {"*": "[^/]+", "**": ".+"}
    return "/".join(kinds.get(each) or re.escape(each) for each in pattern.split("/"))


def _read(written: str) -> str:
    """Several segments keep their `%2F`, which stands for a slash within one: http.proto, "Path template syntax"."""
    if "/" not in written:
        return urllib.parse.unquote(written)
    return "%2F".join(urllib.parse.unquote(part) for part in re.split("%2[Ff]", written))


def _told(transport: Any, methods: Mapping[str, table.Method]) -> Iterator[Binding]:
    """What the library's own REST transport says."""
    try:
        module = importlib.import_module(transport.__module__.removesuffix("grpc") + "rest_base")
    except ModuleNotFoundError:
        return
    name = f"_Base{transport.__name__.replace('Grpc', 'Rest')}"
    services = {path.rpartition("/")[0] for path in table.paths(transport)}
    for kind, holder in inspect.getmembers(getattr(module, name), inspect.isclass):
        if not hasattr(holder, "_get_http_options"):
            continue
        method = _method(kind.removeprefix("_Base"), services, methods)
        for rule in holder._get_http_options():
            yield Binding(
                transport.DEFAULT_HOST, rule["method"].upper(), rule["uri"], rule.get("body", ""), method
            )


def _method(name: str, services: set[str], methods: Mapping[str, table.Method]) -> table.Method:
    paths = [f"{service}/{name}" for service in sorted(services)] + [_OPERATIONS + name]
    return next(methods[path] for path in paths if path in methods)


def _listed(lines: str, methods: Mapping[str, table.Method]) -> Iterator[Binding]:
    api = service = ""
    for line in lines.strip().splitlines():
        words = line.split()
        if len(words) == 2:
            api, service = words
            continue
        name, verb, template, *body = words
        yield Binding(api, verb, template, "".join(body), methods[service + name])
