"""A project in the words of Resource Manager's first version, which `gcloud projects describe` still speaks.

https://cloud.google.com/resource-manager/reference/rest/v1/projects
"""

from __future__ import annotations

from typing import Any

from google.cloud import resourcemanager_v3


def project_of_v1(project: resourcemanager_v3.Project) -> dict[str, Any]:
    """Number and id are fields of their own there, and the state is the state of a life."""
    kind, _, number = project.parent.partition("/")
    return {
        "projectNumber": project.name.removeprefix("projects/"),
        "projectId": project.project_id,
        "lifecycleState": project.state.name,
        "name": project.display_name,
        "parent": {"type": kind.removesuffix("s"), "id": number},
    }
