"""How many calls a minute Google allows: counted by project, or by project and region, and refused beyond that."""

from __future__ import annotations

import re
import threading
from collections import Counter, deque
from dataclasses import dataclass

from sandbox.google.behaviour import Behaviour
from sandbox.google.errors import quota_exceeded

MINUTE = 60.0


@dataclass(frozen=True)
class Quota:
    """Calls that are counted together. `allowed`: how many a minute; None where Google's pages do not say.

    `metric` and `limit` are what a refusal names: after the service, and as Google's own details have it.
    """

    name: str
    service: str
    calls: re.Pattern[str]
    allowed: int | None
    metric: str
    limit: str
    regional: bool = False


_RUN, _BUILD = "run.googleapis.com", "cloudbuild.googleapis.com"
_SECRETS, _REGISTRY = "secretmanager.googleapis.com", "artifactregistry.googleapis.com"
_OF_RUN = r"(?:Services|Revisions|Jobs|Executions|WorkerPools)\."
_OF_SECRETS, _OF_REGISTRY = r"SecretManagerService\.", r"ArtifactRegistry\."
# The first row that a call is of counts it. Cloud Run's figures: https://cloud.google.com/run/quotas#api, its words:
# https://github.com/googleapis/repo-automation-bots/issues/4469. Secret Manager's:
# https://cloud.google.com/secret-manager/quotas. Artifact Registry's: https://cloud.google.com/artifact-registry/quotas.
# Cloud Build names its quota and not its size: https://github.com/GoogleCloudPlatform/cloud-code-samples/issues/95.
# `entries.list` of Cloud Logging is counted where it is answered.
QUOTAS = (
    Quota("run.read", _RUN, re.compile(_OF_RUN + "(?:Get|List|Test)"), 3_000,
          "read_regional", "ReadPerMinutePerProjectRegion", True),
    Quota("run.write", _RUN, re.compile(_OF_RUN), 60, "write_regional", "WritePerMinutePerProjectRegion", True),
    Quota("build.get", _BUILD, re.compile(r"CloudBuild\.(?:Get|List)"), None,
          "get_requests", "GetRequestsPerMinutePerProject"),
    Quota("secrets.access", _SECRETS, re.compile(_OF_SECRETS + "Access"), 90_000,
          "access_requests", "AccessRequestsPerMinutePerProject"),
    Quota("secrets.read", _SECRETS, re.compile(_OF_SECRETS + "(?:Get|List|Test)"), 600,
          "read_requests", "ReadRequestsPerMinutePerProject"),
    Quota("secrets.write", _SECRETS, re.compile(_OF_SECRETS), 600,
          "write_requests", "WriteRequestsPerMinutePerProject"),
    Quota("registry.delete", _REGISTRY, re.compile(_OF_REGISTRY + "Delete"), 18_000,
          "project_region_delete_requests", "DeleteRequestsPerMinutePerProjectPerRegion", True),
    Quota("registry.write", _REGISTRY, re.compile(_OF_REGISTRY + "(?:Create|Update|Set)"), 18_000,
          "project_region_write_requests", "WriteRequestsPerMinutePerProjectPerRegion", True),
    Quota("registry.read", _REGISTRY, re.compile(_OF_REGISTRY), 60_000,
          "project_region_requests", "RequestsPerMinutePerProjectPerRegion", True),
)  # fmt: skip


def quota_of(call: str) -> Quota | None:
    """What a call is counted in, by its short name."""
    return next((each for each in QUOTAS if each.calls.match(call)), None)


class Quotas:
    """The calls of the last minute, which are counted before anybody is judged; `refused`: how many were too much."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._lock = threading.Lock()
        self.refused: Counter[str] = Counter()
        self._calls: dict[tuple[str, int, str], deque[float]] = {}

    def count(self, call: str, project: int, location: str) -> None:
        """One more call; raises Refusal where the minute has had as many as are allowed."""
        quota = quota_of(call)
        if quota is None:
            return
        allowed = self._behaviour.quotas.get(quota.name, quota.allowed)
        now = self._behaviour.clock()
        with self._lock:
            calls = self._calls.setdefault((quota.name, project, location if quota.regional else ""), deque())
            while calls and calls[0] <= now - MINUTE:
                calls.popleft()
            if allowed is not None and len(calls) >= allowed:
                self.refused[quota.name] += 1
                raise quota_exceeded(quota.service, f"{quota.service}/{quota.metric}", quota.limit, project)
            calls.append(now)
