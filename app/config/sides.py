"""Sides: for each key of servergem.yml whether a commit's own file may say it, or the default branch's alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sides:
    """The keys of one section of servergem.yml, each on one side; those that are `parted` hold keys of both."""

    shaping: frozenset[str]
    deciding: frozenset[str]
    parted: frozenset[str] = frozenset()


SERVICE = Sides(
    shaping=frozenset(
        {"path", "watch", "build", "automatic_updates", "port", "cpu", "memory", "concurrency", "timeout"}
        | {"instances", "env", "health", "rollout", "command", "args", "probes", "execution", "cpu_always"}
        | {"startup_boost", "http2", "session_affinity", "manual_instances", "labels"}
    ),
    deciding=frozenset(
        {"region", "regions", "public", "domain", "service_account", "secrets", "release", "image"}
        # What is reached, read or paid for, and what stands before and beside the service.
        | {"cloudsql", "vpc", "volumes", "gpu", "ingress", "iap", "binary_authorization", "encryption_key"}
        | {"containers", "after"}
    ),
)
NARROW_FIRST = ("internal", "internal-and-cloud-load-balancing", "all")
# What stands before a service, which a newcomer may not open.
DOORS = ("public", "ingress", "iap", "binary_authorization")
ENVIRONMENT = Sides(
    shaping=frozenset({"env", "instances"}),
    deciding=frozenset({"branch", "project", "region", "tags", "after"}),
    parted=frozenset({"services", "jobs", "workers"}),
)
PREVIEWS = Sides(
    shaping=frozenset({"env"}),
    deciding=frozenset(
        {"enabled", "drafts", "label", "skip_label", "ttl", "comment"}
        | {"secrets", "service_account", "release", "jobs", "workers", "forks"}
    ),
)
JOB = Sides(
    shaping=frozenset(
        {"service", "command", "args", "env", "tasks", "parallelism", "retries", "timeout"}
        | {"cpu", "memory", "schedule", "time_zone"}
    ),
    deciding=frozenset({"enabled", "secrets", "service_account"}),
)
WORKER = Sides(
    shaping=frozenset({"service", "command", "args", "env", "instances", "cpu", "memory"}),
    deciding=frozenset({"enabled", "secrets", "service_account"}),
)
