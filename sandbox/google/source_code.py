"""Source on a base image: an archive in a bucket in place of an image, who may fetch it, and what Cloud Run refuses.

`gcloud run deploy --no-build` sends it so (surface/run/deploy.py, `_ValidateNoBuildFromSource`). How Cloud Run itself
words a refusal is written down nowhere; the sentences are the sandbox's own.
"""

from __future__ import annotations

import re

from google.cloud import run_v2

from sandbox.google.conditions import Failure, Reason
from sandbox.google.errors import Code, invalid, permission_denied
from sandbox.google.ports import Builder, Unlaid
from sandbox.google.state import Project, Projects
from sandbox.google.storage import Storage

SCRATCH = "scratch"
# https://cloud.google.com/run/docs/configuring/services/runtime-base-images
BASE = re.compile(
    r"(?:[a-z0-9-]+-docker\.pkg\.dev/serverless-runtimes/google-\d+(?:-full)?/runtimes/)?"
    r"((?:nodejs|python|go|java|php|ruby|dotnet|osonly)\d+)\Z"
)
# https://github.com/firebase/firebase-tools/pull/10439
MOST_BYTES = 250 * 2**20
READ = "storage.objects.get"


def check_source(template: run_v2.RevisionTemplate, call: str) -> None:
    """One container with base image, command and the image `scratch`; a base image alone is one of those there are."""
    for number, container in enumerate(template.containers):
        field = f"Violation in {call}.service.template.containers[{number}]"
        if container.base_image_uri and not BASE.match(container.base_image_uri):
            raise invalid(f"{field}.base_image_uri: unknown base image '{container.base_image_uri}'.")
        if bool(container.source_code) != (container.image == SCRATCH):
            raise invalid(f"{field}.image: must be '{SCRATCH}' with source_code, and only then.")
        if not container.source_code:
            continue
        if len(template.containers) > 1:
            raise invalid(f"{field}.source_code: only one container is supported with source_code.")
        if not container.base_image_uri:
            raise invalid(f"{field}.base_image_uri: is required with source_code.")
        if not container.command:
            raise invalid(f"{field}.command: is required with source_code.")
        source = container.source_code.cloud_storage_source
        if not (source.bucket and source.object_):
            raise invalid(f"{field}.source_code.cloud_storage_source: bucket and object are required.")
        if not source.object_.endswith((".tar.gz", ".zip")):
            raise invalid(f"{field}.source_code.cloud_storage_source.object: must be a .tar.gz or a .zip.")


class SourceCode:
    """The archives that revisions are made of, and the base images below what has none."""

    def __init__(self, projects: Projects, storage: Storage, builder: Builder) -> None:
        self._projects, self._storage, self._builder = projects, storage, builder

    def admit(self, project: Project, container: run_v2.Container) -> None:
        """Who deploys may read the archive, as he may read an image; it is there, and no larger than 250 MiB."""
        source = container.source_code.cloud_storage_source
        address = f"gs://{source.bucket}/{source.object_}"
        resource = f"{project.name}/buckets/{source.bucket}/objects/{source.object_}"
        if not self._projects.holds(project, resource, READ):
            raise permission_denied("storage.googleapis.com", READ, address)
        file = self._storage.file(source.bucket, source.object_, source.generation)
        if file is None:
            raise invalid(f"source_code.cloud_storage_source: {address}#{source.generation} was not found.")
        if file.stat().st_size > MOST_BYTES:
            raise invalid(f"source_code.cloud_storage_source: {address} is larger than 250 MiB.")

    def laid(self, project: Project, container: run_v2.Container) -> str | Failure:
        """The digest of the archive's files on their base image. Cloud Run fetches with its own agent.

        https://cloud.google.com/iam/docs/service-agents
        """
        source = container.source_code.cloud_storage_source
        address, agent = f"gs://{source.bucket}/{source.object_}", project.run_agent
        if not self._storage.readable(source.bucket, source.object_, agent):
            return Failure(
                f"Google Cloud Run Service Agent {agent} must have permission to read the source, {address}.",
                Code.PERMISSION_DENIED,
                Reason.CONTAINER_PERMISSION_DENIED,
            )
        file = self._storage.file(source.bucket, source.object_, source.generation)
        known = BASE.match(container.base_image_uri)
        if file is None or known is None:
            return Failure(f"Source '{address}' not found.", reason=Reason.CONTAINER_MISSING)
        try:
            return self._builder.lay(archive=file, base=known[1])
        except Unlaid as refused:
            return Failure(f"Source '{address}': {refused}", reason=Reason.CONTAINER_MISSING)

    def unfounded(self, container: run_v2.Container, digest: str) -> str:
        """In words why an image that was built upon nothing does not start; empty where it does.

        A Python in it is a link to /opt/pythonX.Y of the base image (cmd/python/link_runtime of
        github.com/GoogleCloudPlatform/buildpacks); Node is looked for by its name.
        """
        needs, known = self._builder.needs(digest), BASE.match(container.base_image_uri)
        below = known[1] if known else ""
        if not needs or below == needs or (needs.startswith("nodejs") and below.startswith("nodejs")):
            return ""
        there = f"{below} is below it" if below else "nothing is below it"
        return f"the image was built upon nothing for {needs}, and {there}: no such file or directory."
