"""Every permission that ServerGem's own account uses: for which stage, when, and which role contains it.

Preflight asks for these before a build is paid for, and `servergem setup google` grants exactly these.
https://cloud.google.com/run/docs/reference/iam/permissions, https://cloud.google.com/build/docs/iam-roles-permissions,
https://cloud.google.com/artifact-registry/docs/access-control, https://cloud.google.com/storage/docs/access-control/iam-permissions,
https://cloud.google.com/iam/docs/roles-permissions/cloudscheduler
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.model import Target


class When(StrEnum):
    """Which deployments use a permission. What only a check, a repair or a domain uses is never a reason to stop."""

    ALWAYS = "every deployment"
    PUBLIC = "public: true"
    PRIVATE = "public: false"
    RELEASE = "release:"
    JOBS = "jobs:"
    SCHEDULE = "schedule:"
    WORKERS = "workers:"
    PREVIEW = "a preview"
    LOOK = "a check"
    REPAIR = "a repair"
    NOTIFY = "notify"
    OPINION = "GEMINI_MODEL"
    DOMAIN = "domain:"


class Held(StrEnum):
    """On what a permission may be granted; one that is missing on the project may be held on the thing alone.

    What is held on a secret its owner grants, and no role of ours holds it for all secrets of a project.
    """

    PROJECT = "project"
    BUCKET = "bucket"
    REPOSITORY = "repository"
    SERVICE = "service"
    SECRET = "secret"


@dataclass(frozen=True)
class Right:
    """One permission, the predefined role to grant for it, the stage that needs it, and when it does."""

    permission: str
    role: str
    stage: str
    when: When = When.ALWAYS
    on: Held = Held.PROJECT


BUILDS, RUN = "roles/cloudbuild.builds.editor", "roles/run.developer"
READER, WRITER = "roles/artifactregistry.reader", "roles/artifactregistry.repoAdmin"
SCHEDULER = "roles/cloudscheduler.admin"
EDITOR = "roles/editor"
USAGE = "roles/serviceusage.serviceUsageConsumer"

RIGHTS = (
    Right("storage.objects.create", "roles/storage.objectUser", "Upload source", on=Held.BUCKET),
    # The generation of a source that an earlier run has uploaded.
    Right("storage.objects.get", "roles/storage.objectUser", "Upload source", on=Held.BUCKET),
    Right("artifactregistry.tags.get", READER, "Build image", on=Held.REPOSITORY),
    Right("cloudbuild.builds.create", BUILDS, "Build image"),
    Right("cloudbuild.builds.get", BUILDS, "Build image"),
    Right("cloudbuild.builds.list", BUILDS, "Build image"),
    Right("cloudbuild.builds.update", BUILDS, "Build image"),
    Right("logging.logEntries.list", "roles/logging.viewer", "Build image"),
    Right("run.jobs.create", RUN, "Run release command", When.RELEASE),
    Right("run.jobs.get", RUN, "Run release command", When.RELEASE),
    Right("run.jobs.run", RUN, "Run release command", When.RELEASE),
    Right("run.jobs.delete", RUN, "Run release command", When.RELEASE),
    Right("run.executions.get", RUN, "Run release command", When.RELEASE),
    Right("run.executions.list", RUN, "Run release command", When.RELEASE),
    Right("run.executions.cancel", RUN, "Run release command", When.RELEASE),
    Right("artifactregistry.repositories.downloadArtifacts", READER, "Release without traffic", on=Held.REPOSITORY),
    Right("run.services.create", RUN, "Release without traffic"),
    Right("run.services.get", RUN, "Release without traffic"),
    Right("run.services.update", RUN, "Release without traffic"),
    Right("run.revisions.get", RUN, "Release without traffic"),
    Right("run.operations.get", RUN, "Release without traffic"),
    Right("run.services.setIamPolicy", "roles/run.admin", "Release without traffic", When.PUBLIC),
    Right("run.routes.invoke", "roles/run.invoker", "Verify", When.PRIVATE, Held.SERVICE),
    Right("run.jobs.get", RUN, "Update jobs", When.JOBS),
    Right("run.jobs.list", RUN, "Update jobs", When.JOBS),
    Right("run.jobs.create", RUN, "Update jobs", When.JOBS),
    Right("run.jobs.update", RUN, "Update jobs", When.JOBS),
    Right("run.jobs.delete", RUN, "Update jobs", When.JOBS),
    # For `/run`.
    Right("run.jobs.run", RUN, "Update jobs", When.JOBS),
    Right("run.executions.list", RUN, "Update jobs", When.JOBS),
    Right("run.jobs.getIamPolicy", RUN, "Update jobs", When.SCHEDULE),
    Right("run.jobs.setIamPolicy", "roles/run.admin", "Update jobs", When.SCHEDULE),
    Right("cloudscheduler.jobs.get", SCHEDULER, "Update jobs", When.SCHEDULE),
    Right("cloudscheduler.jobs.create", SCHEDULER, "Update jobs", When.SCHEDULE),
    Right("cloudscheduler.jobs.update", SCHEDULER, "Update jobs", When.SCHEDULE),
    Right("cloudscheduler.jobs.delete", SCHEDULER, "Update jobs", When.SCHEDULE),
    Right("run.workerpools.get", RUN, "Update workers", When.WORKERS),
    Right("run.workerpools.list", RUN, "Update workers", When.WORKERS),
    Right("run.workerpools.create", RUN, "Update workers", When.WORKERS),
    Right("run.workerpools.update", RUN, "Update workers", When.WORKERS),
    Right("run.workerpools.delete", RUN, "Update workers", When.WORKERS),
    # In no list of Google's, and asked for all the same; a custom role may hold them, and of the predefined ones only
    # the basic ones do ("Project > Editor"): https://cloud.google.com/run/docs/reference/iam/roles
    Right("run.domainmappings.get", EDITOR, "Domain", When.DOMAIN),
    Right("run.domainmappings.list", EDITOR, "Domain", When.DOMAIN),
    Right("run.domainmappings.create", EDITOR, "Domain", When.DOMAIN),
    Right("run.domainmappings.delete", EDITOR, "Domain", When.DOMAIN),
    Right("run.services.list", RUN, "Remove the preview", When.PREVIEW),
    # Which images something else runs.
    Right("run.revisions.list", RUN, "Remove the preview", When.PREVIEW),
    Right("run.services.delete", RUN, "Remove the preview", When.PREVIEW),
    Right("artifactregistry.versions.delete", WRITER, "Remove the preview", When.PREVIEW, Held.REPOSITORY),
    Right("resourcemanager.projects.get", "roles/browser", "Check Google Cloud", When.LOOK),
    Right("resourcemanager.projects.getIamPolicy", "roles/iam.securityReviewer", "Check Google Cloud", When.LOOK),
    Right("serviceusage.services.get", USAGE, "Check Google Cloud", When.LOOK),
    Right("serviceusage.services.use", USAGE, "Check Google Cloud", When.LOOK),
    Right("artifactregistry.repositories.get", READER, "Check Google Cloud", When.LOOK),
    # Of a repository that another project's owner opens to us, for `image:`.
    Right("artifactregistry.repositories.getIamPolicy", "roles/iam.securityReviewer", "Check Google Cloud", When.LOOK),
    Right("storage.buckets.get", "roles/storage.bucketViewer", "Check Google Cloud", When.LOOK),
    Right("storage.buckets.list", "roles/storage.bucketViewer", "Check Google Cloud", When.LOOK),
    Right("storage.buckets.getIamPolicy", "roles/iam.securityReviewer", "Check Google Cloud", When.LOOK),
    Right("secretmanager.versions.get", "roles/secretmanager.viewer", "Check Google Cloud", When.LOOK),
    Right("secretmanager.secrets.getIamPolicy", "roles/secretmanager.viewer", "Check Google Cloud", When.LOOK),
    Right("secretmanager.versions.access", "roles/secretmanager.secretAccessor", "Tell", When.NOTIFY, Held.SECRET),
    # In ServerGem's own project, where an operator wants it asked: https://cloud.google.com/vertex-ai/docs/general/access-control
    Right("aiplatform.endpoints.predict", "roles/aiplatform.user", "Build image", When.OPINION),
    Right("artifactregistry.repositories.create", "roles/artifactregistry.admin", "Check Google Cloud", When.REPAIR),
    Right("iam.serviceAccounts.create", "roles/iam.serviceAccountCreator", "Check Google Cloud", When.REPAIR),
    Right("serviceusage.services.enable", "roles/serviceusage.serviceUsageAdmin", "Check Google Cloud", When.REPAIR),
    # Switching APIs on is an operation, which is asked until it has ended.
    Right("serviceusage.operations.get", "roles/serviceusage.serviceUsageAdmin", "Check Google Cloud", When.REPAIR),
    Right("storage.buckets.create", "roles/storage.admin", "Check Google Cloud", When.REPAIR),
)  # fmt: skip


def used_by(target: Target) -> tuple[Right, ...]:
    """Those without which a coming stage of this deployment, or of its removal, would be denied."""
    service = target.service
    times = {
        When.ALWAYS,
        When.PUBLIC if service.public else When.PRIVATE,
        *([When.RELEASE] if service.release else []),
        *([When.JOBS] if target.jobs else []),
        *([When.WORKERS] if target.workers else []),
        *([When.SCHEDULE] if any(job.config.schedule for job in target.jobs) else []),
        *([When.PREVIEW] if target.preview else []),
    }
    used = {right.permission: right for right in reversed(RIGHTS) if right.when in times}
    return tuple(right for right in RIGHTS if right in used.values())


OPINION = next(right for right in RIGHTS if right.when is When.OPINION)


def permissions(*, repairs: bool, gemini: bool = False) -> tuple[str, ...]:
    """What the deployer's role holds, with `gemini` what asking a model takes, or with `repairs` the optional one."""
    held = [each for each in RIGHTS if each.on is not Held.SECRET and (gemini or each is not OPINION)]
    return tuple(sorted({each.permission for each in held if (each.when is When.REPAIR) == repairs}))
