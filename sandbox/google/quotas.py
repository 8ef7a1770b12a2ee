"""How many calls a minute Google allows: counted by project, or by project and region, and refused beyond that.

What a refusal is made of, as it came to others: https://github.com/firebase/firebase-tools/issues/9895
"""

from __future__ import annotations

import re
import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from google.rpc import error_details_pb2 as details_pb2

from sandbox.google.behaviour import Behaviour
from sandbox.google.errors import Code, Refusal, error_info

MINUTE = 60.0


@dataclass(frozen=True)
class Quota:
    """Calls that are counted together. `allowed`: how many a minute; None where Google's pages do not say.

    A refusal's sentence has the `title` of what is counted, its details have the names `metric` and `limit`.
    `heavy`: calls that count as several.
    """

    name: str
    service: str
    calls: re.Pattern[str]
    allowed: int | None
    title: str
    metric: str
    limit: str
    regional: bool = False
    heavy: Mapping[str, int] = field(default_factory=dict)

    def refusal(self, project: int, location: str, allowed: int | None) -> Refusal:
        """In Google's words, which name the quota for people, and its details, which name it for programs."""
        title = f"{self.title} per minute{' per region' if self.regional else ''}"
        described = {
            "service": self.service,
            "consumer": f"projects/{project}",
            "quota_metric": f"{self.service}/{self.metric}",
            "quota_limit": self.limit,
            "quota_location": location if self.regional else "global",
            "quota_unit": "1/min/{project}" + ("/{region}" if self.regional else ""),
        }
        if allowed is not None:
            described["quota_limit_value"] = str(allowed)
        more = details_pb2.Help.Link(
            description="Request a higher quota limit.",
            url="https://cloud.google.com/docs/quotas/help/request_increase",
        )
        return Refusal(
            Code.RESOURCE_EXHAUSTED,
            f"Quota exceeded for quota metric '{self.title}' and limit '{title}' of service '{self.service}' "
            f"for consumer 'project_number:{project}'.",
            error_info("RATE_LIMIT_EXCEEDED", "googleapis.com", described),
            details_pb2.Help(links=[more]),
        )


_RUN, _BUILD = "run.googleapis.com", "cloudbuild.googleapis.com"
_SECRETS, _REGISTRY = "secretmanager.googleapis.com", "artifactregistry.googleapis.com"
_PROJECTS, _IAM = "cloudresourcemanager.googleapis.com", "iam.googleapis.com"
_USAGE, _BILLING = "serviceusage.googleapis.com", "cloudbilling.googleapis.com"
_SCHEDULER, _LOGGING = "cloudscheduler.googleapis.com", "logging.googleapis.com"
_OF_RUN = r"(?:Services|Revisions|Jobs|Executions|WorkerPools)\."
_LOOKS = "(?:Get|List|Test)"
_READ, _WRITE = "ReadRequestsPerMinutePerProject", "WriteRequestsPerMinutePerProject"
# The first row that a call is of counts it. Where a size is from:
# - https://cloud.google.com/run/quotas#api, https://cloud.google.com/secret-manager/quotas,
#   https://cloud.google.com/artifact-registry/quotas, https://cloud.google.com/logging/quotas#api-limits,
#   https://cloud.google.com/iam/quotas, https://cloud.google.com/service-usage/docs/quotas (what is heavy there too),
#   https://cloud.google.com/scheduler/quotas
# - Resource Manager's gets: https://github.com/elastic/cloudbeat/pull/3893; of the rest no page says it
# - Billing: https://github.com/googleapis/google-cloud-cpp/issues/11866
# Where the words are from: https://cloud.google.com/docs/quotas/quota-adjuster (which lists titles), and refusals:
# - Cloud Run: https://github.com/googleapis/repo-automation-bots/issues/4469
# - Cloud Build, which names its quotas and not their sizes: https://github.com/kubernetes/k8s.io/issues/1576,
#   https://github.com/google/oss-fuzz/pull/8772
# - Artifact Registry: https://github.com/kubernetes-sigs/promo-tools/issues/1271
# - Resource Manager: https://github.com/GoogleCloudPlatform/marketing-analytics-jumpstart/issues/163
# - Service Usage: https://github.com/firebase/firebase-tools/issues/8711 (its writes after the same pattern)
# - Billing: https://github.com/firebase/firebase-tools/issues/9895
# - Logging: https://github.com/DefangLabs/defang/issues/1268
# By the pattern of all these and not seen: the titles of IAM, Secret Manager and Cloud Scheduler, and the names of
# Artifact Registry, of Service Usage's limits and of Resource Manager's gets.
QUOTAS = (
    Quota("run.read", _RUN, re.compile(_OF_RUN + _LOOKS), 3_000,
          "Read requests", "read_regional", "ReadPerMinutePerProjectRegion", regional=True),
    Quota("run.write", _RUN, re.compile(_OF_RUN), 60,
          "Write requests", "write_regional", "WritePerMinutePerProjectRegion", regional=True),
    Quota("build.get", _BUILD, re.compile(r"CloudBuild\.(?:Get|List)"), None,
          "Build and Operation Get requests", "get_requests", "GetRequestsPerMinutePerProject"),
    Quota("build.create", _BUILD, re.compile(r"CloudBuild\.CreateBuild"), None,
          "Build Create requests", "create_requests", "CreateRequestsPerMinutePerProject"),
    Quota("secrets.access", _SECRETS, re.compile(r"SecretManagerService\.Access"), 90_000,
          "Access requests", "access_requests", "AccessRequestsPerMinutePerProject"),
    Quota("secrets.read", _SECRETS, re.compile(r"SecretManagerService\." + _LOOKS), 600,
          "Read requests", "read_requests", _READ),
    Quota("secrets.write", _SECRETS, re.compile(r"SecretManagerService\."), 600,
          "Write requests", "write_requests", _WRITE),
    Quota("registry.delete", _REGISTRY, re.compile(r"ArtifactRegistry\.Delete"), 18_000,
          "Delete requests per project per region", "project_region_delete_requests",
          "DeleteRequestsPerMinutePerProjectPerRegion", regional=True),
    Quota("registry.write", _REGISTRY, re.compile(r"ArtifactRegistry\.(?:Create|Update|Set)"), 18_000,
          "Write requests per project per region", "project_region_write_requests",
          "WriteRequestsPerMinutePerProjectPerRegion", regional=True),
    Quota("registry.read", _REGISTRY, re.compile(r"ArtifactRegistry\."), 60_000,
          "Requests per project per region", "project_region_requests",
          "RequestsPerMinutePerProjectPerRegion", regional=True),
    Quota("projects.get", _PROJECTS, re.compile(r"Projects\.GetProject"), 600,
          "Project V3 get requests", "project_v3_get_requests", "ProjectV3GetRequestsPerMinutePerProject"),
    Quota("projects.read", _PROJECTS, re.compile(r"Projects\." + _LOOKS), None,
          "Read requests", "read_requests", _READ),
    Quota("projects.write", _PROJECTS, re.compile(r"Projects\."), None,
          "Write requests", "write_requests", _WRITE),
    Quota("iam.read", _IAM, re.compile(r"IAM\.(?:Get|List|Test|Query)"), 6_000,
          "Read requests", "read_requests", _READ),
    Quota("iam.write", _IAM, re.compile(r"IAM\."), 600, "Write requests", "write_requests", _WRITE),
    Quota("usage.read", _USAGE, re.compile(r"ServiceUsage\.(?:Get|BatchGet|List)"), 240,
          "Default requests", "default_requests", "DefaultRequestsPerMinutePerProject"),
    Quota("usage.write", _USAGE, re.compile(r"ServiceUsage\."), 60,
          "Mutate requests", "mutate_requests", "MutateRequestsPerMinutePerProject",
          heavy={"ServiceUsage.BatchEnableServices": 5}),
    Quota("billing", _BILLING, re.compile(r"CloudBilling\."), 300,
          "All requests", "standard_quota", "StandardQuotaPerMinutePerProject"),
    Quota("scheduler.read", _SCHEDULER, re.compile(r"CloudScheduler\." + _LOOKS), 1_250,
          "Read requests", "read_requests", _READ),
    Quota("scheduler.write", _SCHEDULER, re.compile(r"CloudScheduler\."), 500,
          "Write requests", "write_requests", _WRITE),
    Quota("logging.read", _LOGGING, re.compile(r"LoggingServiceV2\.ListLogEntries"), 60,
          "Read requests", "read_requests", _READ),
)  # fmt: skip


def quota_of(call: str) -> Quota | None:
    """What a call is counted in, by its short name."""
    return next((each for each in QUOTAS if each.calls.match(call)), None)


class Quotas:
    """The calls of the last minute, which are counted before anybody is judged; `refused`: how many were too much.

    What is refused is not counted: https://github.com/opstrace/opstrace/issues/1213
    """

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
        now, weight = self._behaviour.clock(), quota.heavy.get(call, 1)
        with self._lock:
            calls = self._calls.setdefault((quota.name, project, location if quota.regional else ""), deque())
            while calls and calls[0] <= now - MINUTE:
                calls.popleft()
            spent = quota.name in self._behaviour.used_up
            if spent or (allowed is not None and len(calls) + weight > allowed):
                self.refused[quota.name] += 1
                raise quota.refusal(project, location, allowed)
            calls.extend([now] * weight)
