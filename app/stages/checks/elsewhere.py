"""Does the service still serve in a region that servergem.yml names no more? It is said, and nothing is removed."""

from __future__ import annotations

from app.model import Finding, Target, Weight
from app.stages.checks.asking import Asking
from app.text.titles import fitting
from gcp import cloud_run
from gcp.errors import GoogleError


def say_where_it_serves_too(asking: Asking) -> None:
    """Asked of the service's home alone, and only where ServerGem has moved its traffic in another region before.

    What cannot be asked is as good as gone: a region that is named no more stops no deployment.
    """
    target = asking.target
    if target.preview or target.home_region or not target.owner:
        return
    before = asking.scene.world.store.traffic.regions_of(target.owner, target.project, target.name)
    for region in before:
        if region in (target.region, *target.service.regions):
            continue
        try:
            state = cloud_run.service(asking.google, target.project, region, target.name)
        except GoogleError:
            continue
        if state is not None and asking.scene.owns(target, state.labels):
            asking.scene.warn(_serves_there(target, region))


def _serves_there(target: Target, region: str) -> Finding:
    return Finding(
        code="serves-in-another-region",
        weight=Weight.WARN,
        title=fitting(f"{target.name} still serves in {region}, which servergem.yml does not name"),
        message=f"ServerGem deployed {target.name} to {region} before. Nothing goes there any more, and nothing is "
        "removed by itself.",
        fix=f"`gcloud run services delete {target.name} --project {target.project} --region {region}`, or name the "
        "region in servergem.yml again.",
        place=target.place(target.region_key),
        link="https://cloud.google.com/run/docs/managing/services#delete",
    )
