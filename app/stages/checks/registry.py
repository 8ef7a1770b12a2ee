"""Is there a Docker repository for the images? It is made when it is missing."""

from __future__ import annotations

from app.model import Blame, Finding
from app.stages.checks.asking import Asking, stop
from app.text.titles import fitting
from gcp import artifact_registry


def registry(asking: Asking) -> None:
    """Find or make the Artifact Registry repository in the region where the service is built."""
    google, name = asking.google, asking.accounts.repository
    project, region = asking.project, asking.built_in
    found = asking.look(lambda: artifact_registry.repository(google, project, region, name), instead=None)
    if found is None and not asking.make:
        asking.scene.note(f"the Artifact Registry repository {name} will be created in {region}")
    elif found is None:
        if asking.patiently(lambda: artifact_registry.create_repository(google, project, region, name)):
            asking.scene.made(f"created Artifact Registry repository {name} in {region}")
    elif found.format != "DOCKER":
        raise stop(_not_docker(project, region, name, found.format))


def _not_docker(project: str, region: str, name: str, kind: str) -> Finding:
    return Finding(
        code="repository-wrong-format",
        blame=Blame.PROJECT,
        title=fitting(f"The repository {name} holds {kind} packages, not images"),
        message=f"projects/{project}/locations/{region}/repositories/{name} has the format {kind}.",
        fix="Have the operator name another one as SERVERGEM_REPOSITORY, or make this one anew with "
        f"`gcloud artifacts repositories create {name} --repository-format=docker --location={region}`.",
        link=f"https://console.cloud.google.com/artifacts?project={project}",
    )
