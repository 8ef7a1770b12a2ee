"""What a build is made of and how it may end, in Cloud Build's words and in the builder's."""

from __future__ import annotations

from typing import Any

from google.cloud.devtools import cloudbuild_v1 as cloudbuild

from sandbox.google.errors import Code, Refusal
from sandbox.google.ports import Step

# Their enums have no types that mypy can read.
Status: Any = cloudbuild.Build.Status
Failure: Any = cloudbuild.Build.FailureInfo.FailureType
LIVE = (Status.PENDING, Status.QUEUED, Status.WORKING)


def step_of(step: cloudbuild.BuildStep) -> Step:
    return Step(
        name=step.name,
        id=step.id,
        entrypoint=step.entrypoint,
        args=tuple(step.args),
        env=tuple(step.env),
        dir=step.dir_,
        script=step.script,
        timeout=step.timeout.total_seconds() if step.timeout else None,
    )


def refusal_of(status: int, detail: str) -> Refusal:
    codes = {Status.CANCELLED: Code.CANCELLED, Status.TIMEOUT: Code.DEADLINE_EXCEEDED}
    texts = {Status.CANCELLED: "Build cancelled", Status.TIMEOUT: "Build timed out"}
    return Refusal(codes.get(status, Code.FAILED_PRECONDITION), detail or texts.get(status, "Build failed"))
