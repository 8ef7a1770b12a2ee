"""Is there a bucket for sources that is ours? It is made when it is missing."""

from __future__ import annotations

from app.model import Blame, Finding
from app.stages.checks.asking import Asking, CannotLook, stop
from app.text.titles import fitting
from app.trust.accounts import KEEP_DAYS, bucket_name
from gcp import storage
from gcp.errors import GoogleError
from gcp.storage import BucketInfo

OFF = "SERVICE_DISABLED"
# The least role that holds storage.buckets.get and storage.buckets.list.
LOOKER = "roles/storage.bucketViewer"


def bucket(asking: Asking) -> str:
    """The bucket's name; Stop when somebody else owns it."""
    google, region = asking.google, asking.built_in
    name = bucket_name(asking.number.result(), region, asking.accounts.bucket_ending)
    found = ours(asking, name)
    if found is None and not asking.make:
        asking.scene.note(f"the source bucket {name} will be created in {region}")
    elif found is None and asking.patiently(
        lambda: storage.create_bucket(google, asking.project, name, region, KEEP_DAYS)
    ):
        asking.scene.made(f"created source bucket {name} in {region}")
    return name


def ours(asking: Asking, name: str) -> BucketInfo | None:
    """The bucket if it is this project's, None when there is none of this name anywhere.

    Bucket names are the whole world's: whoever learns the project's number may have taken this one. So nothing is
    uploaded before the bucket itself, or the project's list of buckets, has said whose it is. Stop where neither does,
    CannotLook where only the list could be read and the bucket is in it.
    """
    try:
        found = asking.look(lambda: storage.bucket(asking.google, name))
    except CannotLook as refused:
        if not asking.make and isinstance(off := refused.__cause__, GoogleError) and off.reason == OFF:
            raise off from refused  # it will be enabled first
        _insist_that_it_is_listed(asking, name)
        raise CannotLook(str(refused), instead=name) from refused
    if found is not None and found.project_number != asking.number.result():
        raise stop(_foreign(asking.project, name))
    return found


def _insist_that_it_is_listed(asking: Asking, name: str) -> None:
    try:
        listed = asking.look(lambda: storage.has_bucket(asking.google, asking.project, name))
    except CannotLook as refused:
        raise stop(_unproved(asking, name)) from refused
    if not listed:
        raise stop(_foreign(asking.project, name))


def _foreign(project: str, name: str) -> Finding:
    return Finding(
        code="bucket-in-another-project",
        blame=Blame.PROJECT,
        title=fitting(f"The bucket {name} belongs to another project"),
        message="Sources are never uploaded to a bucket that somebody else owns.",
        fix=f"Find out who owns gs://{name}; ServerGem needs that name in project {project}.",
    )


def _unproved(asking: Asking, name: str) -> Finding:
    project = asking.project
    return Finding(
        code="bucket-owner-unknown",
        blame=Blame.PROJECT,
        title=fitting(f"ServerGem cannot tell whose bucket {name} is"),
        message="The whole world shares bucket names, and sources go only to a bucket of the project itself. ServerGem "
        "may ask neither the bucket (storage.buckets.get) nor the project's list (storage.buckets.list).",
        fix=f"`gcloud projects add-iam-policy-binding {project} --member={asking.deployer} "
        f"--role={LOOKER}`, then re-run this check.",
        link="https://cloud.google.com/storage/docs/access-control/iam-roles",
    )
