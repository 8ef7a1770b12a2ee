"""Where a service of Cloud Run lives."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.google.state import Project


@dataclass(frozen=True)
class Address:
    """Where a service lives."""

    project: Project
    region: str
    service: str

    @property
    def parent(self) -> str:
        return f"projects/{self.project.id}/locations/{self.region}"

    @property
    def name(self) -> str:
        return f"{self.parent}/services/{self.service}"
