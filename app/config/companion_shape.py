"""What servergem.yml may hold of whatever runs beside a service with its image: a job, a worker."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from app.config.google_names import Words
from app.config.kinds import Account, Cpu, Env, Flag, Memory, Secrets, Text
from app.config.limits import Kind
from app.config.part import Part
from app.config.values import mebibytes

# https://cloud.google.com/run/docs/configuring/jobs/memory-limits
LEAST_MEMORY = 512


def _whole_cpu(value: str) -> str:
    """https://cloud.google.com/run/docs/configuring/jobs/cpu"""
    if float(value) < 1:
        raise ValueError("has to be 1 or more: only a service has less than a whole CPU")
    return value


def _enough(value: str) -> str:
    if mebibytes(value) < LEAST_MEMORY:
        raise ValueError(f"has to be {LEAST_MEMORY}Mi or more: only a service has less")
    return value


class CompanionFile(Part):
    """A service's container with a command of its own, brought once the service is live; not in previews."""

    service: Text = Field(
        default="",
        alias="from",
        description="The service whose image it has; the only one when it is not given.",
        examples=["api"],
    )
    command: Words = Field(
        default=[],
        description="What its container starts with, instead of the image's entrypoint.",
        examples=[["python", "work.py"]],
    )
    args: Words = Field(
        default=[], description="Arguments, instead of the image's command.", examples=[["--all"]]
    )
    env: Env = Field(default={}, description="Variables over the service's own.", examples=[{"BATCH": "100"}])
    secrets: Secrets = Field(
        default={}, description="Secrets over the service's own.", examples=[{"MAIL_KEY": "mail-key:2"}]
    )
    cpu: Annotated[Cpu, AfterValidator(_whole_cpu), Kind("number", "1, 2, 4, 6, 8")] = Field(
        default="1", description="CPUs of each container.", examples=[2]
    )
    memory: Annotated[Memory, AfterValidator(_enough), Kind("size", "512Mi to 32Gi")] = Field(
        default="512Mi", description="Memory of each container.", examples=["2Gi"]
    )
    service_account: Account = Field(
        default="",
        description="The account that it runs as; the service's own when it is not given.",
        examples=["work@my-project.iam.gserviceaccount.com"],
    )
    enabled: Flag = Field(
        default=True,
        description="Whether it is there at all; an environment may say otherwise.",
        examples=[False],
    )
