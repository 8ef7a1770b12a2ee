"""What servergem.yml may hold of an environment: what deploys to it, and what differs there."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.config.difference_shape import JobDifferenceFile, ServiceDifferenceFile, WorkerDifferenceFile
from app.config.google_names import Project
from app.config.kinds import Branch, Env, Region, Section, Tags, Text
from app.config.limits import MOST_JOBS, MOST_SERVICES, MOST_WORKERS, Kind
from app.config.part import Part
from app.config.parts import InstancesFile


class EnvironmentFile(Part):
    """A branch, and what differs there."""

    branch: Branch = Field(
        description="The branch that deploys here, a pattern such as release/*, or none: only a person deploys here.",
        examples=["main", "release/*"],
    )
    project: Project = Field(
        default="",
        description="The Google Cloud project, where the operator lets the repository reach it.",
        examples=["my-project"],
    )
    region: Region | None = Field(
        default=None, description="Instead of the services' own region.", examples=["us-central1"]
    )
    env: Env = Field(
        default={},
        description="Variables added to the services' own, or instead of them.",
        examples=[{"LOG_LEVEL": "debug"}],
    )
    instances: Annotated[InstancesFile | None, Kind("bounds")] = Field(
        default=None, description="Instead of the services' own instances.", examples=[{"max": 2}]
    )
    tags: Tags = Field(
        default="",
        description="The tag, or the pattern of tags, whose push deploys here too, where the default branch has its "
        "commit.",
        examples=["v*"],
    )
    after: Text = Field(
        default="",
        description="The environment before this one: only what serves there comes here, by Promote or /deploy. Takes "
        "branch: none.",
        examples=["staging"],
    )
    services: Annotated[
        dict[str, ServiceDifferenceFile | None],
        Section,
        Field(max_length=MOST_SERVICES),
        Kind("NAME: service", "services of this file"),
    ] = Field(
        default={},
        description="What differs of a service here: each key of services.NAME, instead of its own. env, secrets and "
        "labels are merged by name, and nothing behind a name takes it away.",
        examples=[{"api": {"memory": "1Gi", "env": {"DEBUG": None}}}],
    )
    jobs: Annotated[
        dict[str, JobDifferenceFile | None],
        Section,
        Field(max_length=MOST_JOBS),
        Kind("NAME: job", "jobs of this file"),
    ] = Field(
        default={},
        description="The same of jobs: each key of jobs.NAME. `enabled: false` takes one away here.",
        examples=[{"nightly": {"schedule": "0 5 * * 1"}}],
    )
    workers: Annotated[
        dict[str, WorkerDifferenceFile | None],
        Section,
        Field(max_length=MOST_WORKERS),
        Kind("NAME: worker", "workers of this file"),
    ] = Field(
        default={},
        description="The same of workers: each key of workers.NAME.",
        examples=[{"mailer": {"enabled": False}}],
    )
