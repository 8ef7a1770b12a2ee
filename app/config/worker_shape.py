"""What servergem.yml may hold of a worker, key by key: instances that nobody asks, with the image of a service."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from app.config.google_names import Words
from app.config.job_shape import enough, whole_cpu
from app.config.kinds import Account, Cpu, Env, Memory, Secrets, Text, Whole
from app.config.limits import Kind
from app.config.part import Part

# As many as a service's: https://cloud.google.com/run/docs/configuring/workerpools/manual-scaling
MOST_INSTANCES = 1000


class WorkerFile(Part):
    """A Cloud Run worker pool: a service's container that pulls its work, once the service is live; not in previews."""

    service: Text = Field(
        default="",
        alias="from",
        description="The service whose image it has; the only one when it is not given.",
        examples=["api"],
    )
    command: Words = Field(
        default=[],
        description="What its container starts with, instead of the image's entrypoint.",
        examples=[["python", "worker.py"]],
    )
    args: Words = Field(
        default=[], description="Arguments, instead of the image's command.", examples=[["--queue", "mail"]]
    )
    env: Env = Field(
        default={}, description="Variables over the service's own.", examples=[{"QUEUE": "mail"}]
    )
    secrets: Secrets = Field(
        default={}, description="Secrets over the service's own.", examples=[{"MAIL_KEY": "mail-key:2"}]
    )
    instances: Annotated[Whole, Field(le=MOST_INSTANCES)] = Field(
        default=1, description="Just so many instances, day and night; 0 stops them.", examples=[2]
    )
    cpu: Annotated[Cpu, AfterValidator(whole_cpu), Kind("number", "1, 2, 4, 6, 8")] = Field(
        default="1", description="CPUs of an instance.", examples=[2]
    )
    memory: Annotated[Memory, AfterValidator(enough), Kind("size", "512Mi to 32Gi")] = Field(
        default="512Mi", description="Memory of an instance.", examples=["2Gi"]
    )
    service_account: Account = Field(
        default="",
        description="The account that it runs as; the service's own when it is not given.",
        examples=["worker@my-project.iam.gserviceaccount.com"],
    )
