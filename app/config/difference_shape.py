"""What servergem.yml may hold of a service in one environment: the keys of a service, and names that go."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from app.config.google_names import LabelName, LabelValue
from app.config.kinds import EnvName, Secret, Text
from app.config.shape import ServiceFile
from app.config.values import nothing


class DifferenceFile(ServiceFile):
    """A service in one environment: what is said there replaces the service's own; names without a value go."""

    env: Annotated[dict[EnvName, Text | None], BeforeValidator(nothing)] = Field(  # type: ignore[assignment]
        default={}, description="Variables over the service's own; nothing behind a name takes it away."
    )
    secrets: Annotated[dict[EnvName, Secret | None], BeforeValidator(nothing)] = Field(  # type: ignore[assignment]
        default={}, description="Secrets over the service's own; nothing behind a name takes it away."
    )
    labels: Annotated[dict[LabelName, LabelValue | None], BeforeValidator(nothing)] = Field(  # type: ignore[assignment]
        default={}, description="Labels over the service's own; nothing behind a name takes it away."
    )
