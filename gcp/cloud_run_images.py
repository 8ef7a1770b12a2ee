"""Cloud Run: which images the revisions of a project have, so that none of them is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gcp.cloud import Google
from gcp.later import later

if TYPE_CHECKING:
    from google.cloud import run_v2
else:
    run_v2 = later("google.cloud.run_v2")

PAGE = 100


def digests(google: Google, project: str, region: str, *, but_of: str) -> frozenset[str]:
    """The digest of each image that a revision runs or ran in a region, but for those of one service.

    "-" stands for every service: https://cloud.google.com/run/docs/reference/rpc/google.cloud.run.v2#listrevisionsrequest
    """
    every = f"projects/{project}/locations/{region}/services/-"
    request = run_v2.ListRevisionsRequest(parent=every, page_size=PAGE)
    found = google.every("Revisions.ListRevisions", lambda: google.revisions.list_revisions, request=request)
    return frozenset(
        container.image.partition("@")[2]
        for revision in found
        if revision.service.rpartition("/")[2] != but_of
        for container in revision.containers
    )
