"""Is there a bucket for sources that is ours? It is made when it is missing."""

from __future__ import annotations

from app.model import Blame, Finding
from app.stages.checks.asking import Asking, stop
from gcp import storage


def bucket(asking: Asking) -> str:
    """The bucket's name; Stop when somebody else owns it."""
    google, region = asking.google, asking.region
    number = asking.number.result()
    name = bucket_name(number, region, asking.means.bucket_ending)
    found = asking.patiently(lambda: storage.bucket(google, name))
    if found is None and not asking.make:
        asking.scene.note(f"the source bucket {name} will be created in {region}")
    elif found is None:
        asking.patiently(lambda: storage.create_bucket(google, asking.project, name, region))
        asking.scene.made(f"created source bucket {name} in {region}")
    elif found.project_number != number:
        raise stop(_foreign(asking.project, name))
    return name


def bucket_name(project_number: int, region: str, ending: str = "") -> str:
    """Not to be guessed or squatted from the project's id alone: it holds the project's number."""
    return f"servergem-{project_number}-{region}{ending}"[:63].rstrip("-")


def _foreign(project: str, name: str) -> Finding:
    return Finding(
        code="bucket-in-another-project",
        title=f"The bucket {name} belongs to another project"[:80],
        message="Sources are never uploaded to a bucket that somebody else owns.",
        fix=f"Find out who owns gs://{name}; ServerGem needs that name in project {project}.",
        blame=Blame.UNKNOWN,
    )
