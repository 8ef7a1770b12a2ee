"""Google's HTTP door, for `gcloud`: a proxy on loopback that answers for every API by its host, as gRPC does.

`gcloud` puts a region before a host (`europe-west1-run.googleapis.com`), so a port of this machine could not stand in
an override of its endpoints; as a proxy the door hears whom the call was for.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from typing import Any

from google.cloud import resourcemanager_v3

from sandbox.google import http_rules, run_v1_calls, table, transcoding
from sandbox.google.cloud_run import CloudRun
from sandbox.google.domain_mappings import DomainMappings
from sandbox.google.errors import Refusal, invalid
from sandbox.google.listener import Listener
from sandbox.google.regions import REGIONS
from sandbox.google.resource_manager_v1 import project_of_v1
from sandbox.google.run_v1 import RunV1
from sandbox.google.storage_words import Answer, Asked
from sandbox.google.vertex_ai import VertexAi

RUN = "run.googleapis.com"
STORAGE = "storage.googleapis.com"
# By which name gcloud knows each API: https://cloud.google.com/sdk/gcloud/reference/config/set
_OVERRIDES = {
    "ARTIFACTREGISTRY": "artifactregistry.googleapis.com",
    "CLOUDBILLING": "cloudbilling.googleapis.com",
    "CLOUDBUILD": "cloudbuild.googleapis.com",
    "CLOUDRESOURCEMANAGER": "cloudresourcemanager.googleapis.com",
    "CLOUDSCHEDULER": "cloudscheduler.googleapis.com",
    "IAM": "iam.googleapis.com",
    "LOGGING": "logging.googleapis.com",
    "RUN": "run.googleapis.com",
    "SECRETMANAGER": "secretmanager.googleapis.com",
    "SERVICEUSAGE": "serviceusage.googleapis.com",
}


class RestDoor:
    """Started and stopped with the sandbox; calls are counted, faulted and answered as they are by gRPC."""

    def __init__(
        self,
        carry_out: Callable[[table.Method, Any], Any],
        storage: Callable[[Asked], Answer | None],
        run: CloudRun,
        vertex: VertexAi,
        domains: DomainMappings,
    ) -> None:
        self._carry_out = carry_out
        self._storage = storage
        self._vertex, self._domains = vertex, domains
        self._run_v1 = RunV1(carry_out, run)
        self._listener = Listener("rest", self._answer)

    def start(self, port: int = 0) -> str:
        self._listener.start(port)
        return self._listener.url

    def stop(self) -> None:
        self._listener.stop()

    @functools.cached_property
    def _bindings(self) -> tuple[http_rules.Binding, ...]:
        return http_rules.bindings()

    def _answer(self, asked: Asked) -> Answer | None:
        api = api_of(asked.host)
        if self._vertex.is_asked(asked):
            return self._vertex.answer(asked)
        if api == STORAGE:
            return self._storage(asked)
        if api == RUN and self._domains.is_asked(asked):
            return self._domains.answer(asked, region_of(asked.host))
        body = b"".join(asked.body())
        try:
            if api == RUN and (
                call := run_v1_calls.meant(asked.method, asked.written, region_of(asked.host))
            ):
                return Answer(200, self._run_v1.answer(call, asked.repeated, _read(body)))
            binding, path = transcoding.bound(self._bindings, api, asked.method, asked.written)
            request = transcoding.message(binding, path, asked.repeated, _read(body))
            return Answer(200, _told(binding, self._carry_out(binding.method, request)))
        except Refusal as refusal:
            status, error = transcoding.refused(refusal)
            return Answer(status, error)


def api_of(host: str) -> str:
    """The API of a host, whatever region stands before it."""
    return host.partition(":")[0].removeprefix(f"{region_of(host)}-")


def region_of(host: str) -> str:
    """The region that stands before an API; empty for none."""
    region = re.match(r"([a-z]+-[a-z]+\d+)-", host)
    return region[1] if region and region[1] in REGIONS else ""


def _read(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError as error:
        raise invalid(f"Invalid JSON payload received. {error}") from error


def _told(binding: http_rules.Binding, answer: Any) -> dict[str, Any]:
    if isinstance(answer, resourcemanager_v3.Project) and binding.template.startswith("/v1/"):
        return project_of_v1(answer)
    return transcoding.answer(answer)


def gcloud_settings(url: str) -> dict[str, str]:
    """The environment in which `gcloud` asks the door at this URL, and nobody else."""
    host, _, port = url.removeprefix("http://").partition(":")
    overrides = {
        f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}": f"http://{api}/" for name, api in _OVERRIDES.items()
    }
    return overrides | {
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"http://{STORAGE}/storage/v1/",
        "CLOUDSDK_PROXY_TYPE": "http",
        "CLOUDSDK_PROXY_ADDRESS": host,
        "CLOUDSDK_PROXY_PORT": port,
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_CORE_CHECK_GCE_METADATA": "0",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
    }
