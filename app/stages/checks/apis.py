"""Are the APIs on that this deployment uses? Those that are off are switched on in one batch, where we may."""

from __future__ import annotations

from app.model import Blame, Button, Finding, Remedy, Target
from app.stages.checks.asking import Asking, CannotLook, stop
from gcp import service_usage
from gcp.errors import GoogleError

# Their names in Google's own words: https://cloud.google.com/apis/docs/cloud-apis
APIS = {
    "cloudbuild.googleapis.com": "Cloud Build API",
    "run.googleapis.com": "Cloud Run API",
    "artifactregistry.googleapis.com": "Artifact Registry API",
    "storage.googleapis.com": "Cloud Storage API",
    "logging.googleapis.com": "Cloud Logging API",
    "iam.googleapis.com": "IAM API",
}
SECRETS = ("secretmanager.googleapis.com", "Secret Manager API")
SCHEDULES = ("cloudscheduler.googleapis.com", "Cloud Scheduler API")


def needed(target: Target) -> dict[str, str]:
    """The APIs of every deployment, and those that this configuration asks for."""
    scheduled = any(job.config.schedule for job in target.jobs)
    return APIS | dict([SECRETS] if target.secrets_read else []) | dict([SCHEDULES] if scheduled else [])


def apis(asking: Asking) -> tuple[str, ...]:
    """The APIs that were off and are now on."""
    wanted = needed(asking.target)
    try:
        states = service_usage.states(asking.google, asking.project, tuple(wanted))
    except GoogleError as denied:
        if denied.code == "PERMISSION_DENIED":
            raise CannotLook(denied.permission or denied.method) from denied
        raise
    off = tuple(api for api in wanted if not states.get(api))
    asking.on.update(api for api in wanted if states.get(api))
    if not off:
        return ()
    if not asking.make:
        asking.scene.note(f"will be enabled: {', '.join(off)}")
        return ()
    if not asking.scene.world.settings.enable_apis:
        raise stop(*(_off(asking.project, api, wanted, off) for api in off))
    try:
        service_usage.enable(asking.google, asking.project, off)
    except GoogleError as denied:
        if denied.code == "PERMISSION_DENIED":
            raise stop(*(_may_not_enable(asking.project, api, wanted, off) for api in off)) from denied
        raise
    asking.on.update(off)
    for api in off:
        asking.scene.made(f"enabled the {wanted[api]} ({api})")
    return off


def _off(project: str, api: str, names: dict[str, str], off: tuple[str, ...]) -> Finding:
    return _finding(
        project, api, names, off, "This ServerGem may not switch APIs on (SERVERGEM_ENABLE_APIS)."
    )


def _may_not_enable(project: str, api: str, names: dict[str, str], off: tuple[str, ...]) -> Finding:
    why = "ServerGem's account lacks serviceusage.services.enable (roles/serviceusage.serviceUsageAdmin)."
    return _finding(project, api, names, off, why)


def _finding(project: str, api: str, names: dict[str, str], off: tuple[str, ...], why: str) -> Finding:
    return Finding(
        code="api-disabled",
        blame=Blame.PROJECT,
        title=f"The {names[api]} is off in project {project}",
        message=why,
        fix=f"`gcloud services enable {' '.join(off)} --project {project}`, then re-run this check.",
        link=f"https://console.cloud.google.com/apis/library/{api}?project={project}",
        remedy=Remedy(Button.ENABLE_API, project, api),
    )
