"""How Google's stand-in behaves: what takes how long, and what goes wrong by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Behaviour:
    """How the stand-in behaves; all times in seconds, all may change while it runs.

    `lost_builds`: so many of the next builds end with INTERNAL_ERROR, as some do.
    `failed_deletions`: so many of the next deletions of a service are accepted, and their operations end in an error.
    `stuck_traffic`: so many of the next changes of traffic alone are accepted and not carried out, so that
    `traffic` and `trafficStatuses` differ: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services
    `stream_lag`: what entries of `stdout`, `stderr`, `system` or `build` take beyond `log_lag`.
    `log_page`: most entries of a page of a log;
    `empty_pages`: so many pages of each read are empty and have a token all the same.
    `access_lag`: a new service account is known everywhere, and a new binding counts, after it:
    https://cloud.google.com/iam/docs/service-accounts-create ("wait for 60 seconds or more"),
    https://cloud.google.com/iam/docs/access-change-propagation. `clock`: what all of this is measured by.
    `propagation`: how long an API that was switched on is not known yet; `slow_apis`: by API, what that takes longer.
    `unsettled`: by API, how long after it was switched on it denies what the caller may well do:
    https://github.com/googleapis/google-cloud-go/issues/10528, https://github.com/GoogleCloudPlatform/cloud-run-mcp/pull/91
    `cpus`: what the most instances of one service may have together in a region, which is little in a new project:
    https://cloud.google.com/run/docs/configuring/max-instances-limits
    `cleanup`: how long a deleted service's name is still being cleaned up, gone to whoever asks and refused (409) to
    whoever makes one: https://github.com/hashicorp/terraform-provider-google/issues/7854
    `early_waits`: so many of the next WaitOperation are answered at once, whatever the operation does.
    `quotas`: how many calls a minute are allowed by name of the quota, where somebody has asked Google for more, or a
    test wants less: sandbox/google/quotas.py. `used_up`: those whose minute somebody else uses up.
    """

    propagation: float = 0.0
    log_lag: float = 0.0
    startup_timeout: float = 10.0
    queue_time: float = 0.0
    operation_time: float = 0.0
    lost_builds: int = 0
    failed_deletions: int = 0
    stuck_traffic: int = 0
    stream_lag: dict[str, float] = field(default_factory=dict)
    log_page: int = 1000
    empty_pages: int = 0
    early_waits: int = 0
    slow_apis: dict[str, float] = field(default_factory=dict)
    unsettled: dict[str, float] = field(default_factory=dict)
    cpus: float = 1000.0
    cleanup: float = 0.0
    access_lag: float = 0.0
    quotas: dict[str, int] = field(default_factory=dict)
    used_up: set[str] = field(default_factory=set)
    clock: Callable[[], float] = time.monotonic
