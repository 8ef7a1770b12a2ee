"""What servergem.yml may hold of a job, key by key: a container that runs to its end, with the image of a service."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from app.config.companion_shape import CompanionFile
from app.config.cron import cron
from app.config.kinds import Seconds, Text, Whole, schema
from app.config.limits import Kind, between

# https://cloud.google.com/run/docs/configuring/task-timeout
LONGEST_TASK = 168 * 3600
# https://cloud.google.com/run/docs/configuring/task-timeout#max-retries, and for tasks and how many run at a time
# https://cloud.google.com/run/quotas#cloud_run_limits
MOST_RETRIES, MOST_TASKS = 10, 10_000
# A name of the tz database: whether there is such a place is Google's to say.
TIME_ZONE = r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}"


def _time_zone(value: str) -> str:
    if not re.fullmatch(TIME_ZONE, value):
        raise ValueError("is not a time zone such as Europe/Berlin")
    return value


class JobFile(CompanionFile):
    """A Cloud Run job: a service's container that runs to its end; in previews with `previews.jobs` alone."""

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
