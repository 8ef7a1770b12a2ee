"""ServerGem's own Cloud Run service: whether it is as what works after it has answered has to be."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.settings import Settings
from app.signs import Sign
from gcp import cloud_run, resource_manager
from gcp.cloud import Google
from gcp.errors import GoogleError
from gcp.sidecars import main_of

TITLE = "Own service"
PAPER = "https://github.com/servergem/servergem/blob/main/docs/running.md#on-cloud-run"
# https://cloud.google.com/run/docs/triggering/https-request#deterministic
ADDRESS = re.compile(
    r"https://(?P<name>[a-z][a-z0-9-]*)-(?P<number>[0-9]+)\.(?P<region>[a-z0-9-]+)\.run\.app/?"
)


def signs(google: Google, settings: Settings) -> Iterator[Sign]:
    """What Cloud Run says of the service that SERVERGEM_PUBLIC_URL leads to; nothing where that is not Cloud Run's."""
    at = ADDRESS.fullmatch(settings.public_url)
    if at is None:
        return
    name, region = at["name"], at["region"]
    try:
        project = resource_manager.get_project(google, at["number"]).id
        found = cloud_run.read(google, cloud_run.full_name(project, region, name))
    except GoogleError as error:
        yield Sign(TITLE, wrong=f"Cloud Run does not show {name} in {region}: {error}", link=PAPER)
        return
    if found is None:
        yield Sign(TITLE, wrong=f"there is no service {name} in {project}, {region}", link=PAPER)
        return
    # gcloud's --min-instances are the template's, and --min is the service's.
    least = found.template.scaling.min_instance_count or found.scaling.min_instance_count
    lacks = {
        "--no-cpu-throttling": main_of(found.template).resources.cpu_idle and "no CPU between requests",
        "--min-instances=1": not least and "no instance that stays",
    }
    if said := [why for why in lacks.values() if why]:
        flags = " ".join(flag for flag, why in lacks.items() if why)
        fix = f"gcloud run services update {name} {flags} --region={region} --project={project}"
        wrong = f"{name} has {' and '.join(said)}, and ServerGem works after it has answered"
        yield Sign(TITLE, wrong=wrong, fix=fix, link=PAPER)
        return
    yield Sign(TITLE, f"{name} has its CPU between requests, and an instance that stays")
