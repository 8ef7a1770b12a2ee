"""What servergem.yml may hold of a worker, key by key: instances that nobody asks, with the image of a service."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.config.companion_shape import CompanionFile
from app.config.kinds import Whole

# As many as a service's: https://cloud.google.com/run/docs/configuring/workerpools/manual-scaling
MOST_INSTANCES = 1000


class WorkerFile(CompanionFile):
    """A Cloud Run worker pool: a service's container that pulls its work; in previews with `previews.workers` alone."""

    instances: Annotated[Whole, Field(le=MOST_INSTANCES)] = Field(
        default=1, description="Just so many instances, day and night; 0 stops them.", examples=[2]
    )
