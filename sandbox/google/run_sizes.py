"""CPU and memory as Cloud Run writes them: 1, 500m, 512Mi."""

from __future__ import annotations

import re

from google.cloud import run_v2

from sandbox.google.errors import invalid

# Of a container: https://cloud.google.com/run/quotas#cloud_run_limits
MOST_VARIABLES = MOST_ARGUMENTS = 1000
LONGEST_VALUE = 32 << 10
_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def cpus(text: str) -> float | None:
    """CPUs; None when it is none."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(m?)", text)
    return float(match[1]) / (1000 if match[2] else 1) if match else None


def size(text: str) -> float | None:
    """Bytes; None when it is none."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kMG]|Ki|Mi|Gi)?", text)
    return float(match[1]) * _UNITS[match[2] or ""] if match else None


def insist_on_quota(template: run_v2.RevisionTemplate, allowed: float) -> None:
    """The most instances with what each has are within the region's quota; 100 where the template says nothing.

    In these words: https://github.com/firebase/friendlyeats-web/issues/291
    """
    each = sum(cpus(one.resources.limits.get("cpu", "1")) or 1.0 for one in template.containers)
    if each and (template.scaling.max_instance_count or 100) * each > allowed:
        raise invalid(
            "template.containers.resources.limits.cpu: Invalid value specified for cpu. For the specified value, "
            f"maxScale may not exceed {int(allowed / each)}.\nConsider running your workload in a region with greater "
            "capacity, decreasing your requested cpu-per-instance, or requesting an increase in quota for this region "
            "if you are seeing sustained usage near this limit, see https://cloud.google.com/run/quotas."
        )


def insist_on_lengths(container: run_v2.Container) -> None:
    """Variables and arguments are not too many, and no variable is too long."""
    if len(container.env) > MOST_VARIABLES:
        raise invalid(f"template.containers[0].env: at most {MOST_VARIABLES} variables.")
    if len(container.args) > MOST_ARGUMENTS:
        raise invalid(f"template.containers[0].args: at most {MOST_ARGUMENTS} arguments.")
    for variable in container.env:
        if len(variable.value.encode()) > LONGEST_VALUE:
            raise invalid(
                f"template.containers[0].env: the value of {variable.name} is longer than {LONGEST_VALUE} bytes."
            )
