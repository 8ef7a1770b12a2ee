"""What servergem.yml may hold of a job, key by key: a container that runs to its end, with the image of a service."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from app.config.cron import cron
from app.config.google_names import Words
from app.config.kinds import Account, Cpu, Env, Memory, Seconds, Secrets, Text, Whole, schema
from app.config.limits import Kind, between
from app.config.part import Part
from app.config.values import mebibytes

# https://cloud.google.com/run/docs/configuring/task-timeout
LONGEST_TASK = 168 * 3600
# https://cloud.google.com/run/docs/configuring/task-timeout#max-retries, and for tasks and how many run at a time
# https://cloud.google.com/run/quotas#cloud_run_limits
MOST_RETRIES, MOST_TASKS = 10, 10_000
# https://cloud.google.com/run/docs/configuring/jobs/memory-limits
LEAST_MEMORY = 512
# A name of the tz database: whether there is such a place is Google's to say.
TIME_ZONE = r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}"


def whole_cpu(value: str) -> str:
    """https://cloud.google.com/run/docs/configuring/jobs/cpu"""
    if float(value) < 1:
        raise ValueError("has to be 1 or more: only a service has less than a whole CPU")
    return value


def enough(value: str) -> str:
    if mebibytes(value) < LEAST_MEMORY:
        raise ValueError(f"has to be {LEAST_MEMORY}Mi or more: only a service has less")
    return value


def _time_zone(value: str) -> str:
    if not re.fullmatch(TIME_ZONE, value):
        raise ValueError("is not a time zone such as Europe/Berlin")
    return value


class JobFile(Part):
    """A Cloud Run job: a service's container with a command of its own, once the service is live; not in previews."""

    service: Text = Field(
        default="",
        alias="from",
        description="The service whose image it has; the only one when it is not given.",
        examples=["api"],
    )
    command: Words = Field(
        default=[],
        description="What its container starts with, instead of the image's entrypoint.",
        examples=[["python", "report.py"]],
    )
    args: Words = Field(
        default=[], description="Arguments, instead of the image's command.", examples=[["--all"]]
    )
    env: Env = Field(default={}, description="Variables over the service's own.", examples=[{"BATCH": "100"}])
    secrets: Secrets = Field(
        default={}, description="Secrets over the service's own.", examples=[{"MAIL_KEY": "mail-key:2"}]
    )
    tasks: Annotated[Whole, Field(ge=1, le=MOST_TASKS)] = Field(
        default=1, description="So many containers make one execution.", examples=[10]
    )
    parallelism: Annotated[Whole, Field(le=MOST_TASKS)] = Field(
        default=0, description="So many of them at a time; 0: as many as Cloud Run can.", examples=[2]
    )
    retries: Annotated[Whole, Field(le=MOST_RETRIES)] = Field(
        default=3, description="How often a task that failed is started again.", examples=[0]
    )
    timeout: Annotated[Seconds, between(1, LONGEST_TASK, "from 1s to 7d")] = Field(
        default=600, description="How long one try of a task may take; 7d at most.", examples=["1h"]
    )
    cpu: Annotated[Cpu, AfterValidator(whole_cpu), Kind("number", "1, 2, 4, 6, 8")] = Field(
        default="1", description="CPUs of a task.", examples=[2]
    )
    memory: Annotated[Memory, AfterValidator(enough), Kind("size", "512Mi to 32Gi")] = Field(
        default="512Mi", description="Memory of a task.", examples=["2Gi"]
    )
    schedule: Annotated[Text, AfterValidator(cron), schema(type="string"), Kind("cron", "five fields")] = (
        Field(
            default="",
            description="When Cloud Scheduler runs it: minute, hour, day, month, weekday. None: only `/run` does.",
            examples=["0 3 * * *"],
        )
    )
    time_zone: Annotated[
        Text,
        AfterValidator(_time_zone),
        schema(type="string", pattern=rf"^{TIME_ZONE}$"),
        Kind("time zone", "a name of the tz database"),
    ] = Field(default="Etc/UTC", description="Whose clock `schedule` means.", examples=["Europe/Berlin"])
    service_account: Account = Field(
        default="",
        description="The account that it runs as; the service's own when it is not given.",
        examples=["jobs@my-project.iam.gserviceaccount.com"],
    )
