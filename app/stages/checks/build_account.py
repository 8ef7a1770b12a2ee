"""Which account do builds run as, and can it build? Asked of Cloud Build itself, which so has answered once."""

from __future__ import annotations

from dataclasses import replace

from app.model import Blame, Button, Finding, Remedy, Weight
from app.stages.checks.asking import Asking, CannotLook, stop
from app.text.titles import fitting
from app.trust.accounts import bucket_name
from gcp import cloud_build, resource_manager, storage
from gcp.bindings import Bound

# Any of these lets an account fetch the source, write the log and push the image.
BUILDERS = frozenset({"roles/cloudbuild.builds.builder", "roles/run.builder", "roles/editor", "roles/owner"})
# The same, given one by one: https://cloud.google.com/build/docs/securing-builds/configure-user-specified-service-accounts
LOGGERS = frozenset({"roles/logging.logWriter", "roles/logging.admin"})
READERS = frozenset(
    {
        "roles/storage.objectViewer",
        "roles/storage.objectUser",
        "roles/storage.objectAdmin",
        "roles/storage.admin",
    }
)
WRITERS = frozenset(
    {"roles/artifactregistry.writer", "roles/artifactregistry.repoAdmin", "roles/artifactregistry.admin"}
)
BUILDER = "roles/cloudbuild.builds.builder"


def build_account(asking: Asking) -> str:
    """The account that builds run as; what it seems to lack is said, and what it lacks for certain is a Stop.

    https://cloud.google.com/build/docs/cloud-build-service-account-updates
    """
    account, unseen = _who_builds(asking)
    asking.builder.set_result(account)
    preview = asking.target.preview
    if preview is None or not preview.fork:
        # That of forks holds its roles on the forks' own bucket and registry, not on the project.
        _judge(asking, account)
    if unseen is not None:
        raise unseen
    return account


def _who_builds(asking: Asking) -> tuple[str, CannotLook | None]:
    """The account, and why Cloud Build did not tell it where it did not."""
    named = asking.accounts.build_account
    try:
        default = asking.look(
            lambda: cloud_build.default_account(asking.google, asking.project, asking.built_in)
        )
    except CannotLook as refused:
        account = named or asking.compute_account
        return account, CannotLook(str(refused), instead=account)
    if not (named or default):
        raise stop(_nobody(asking.project))
    return named or default, None


def _judge(asking: Asking, account: str) -> None:
    member = f"serviceAccount:{account}"
    access = asking.look(lambda: resource_manager.access(asking.google, asking.project), instead=account)
    own = access.of(member)
    if _can_build(own) or (own & LOGGERS and _on_bucket(asking).of(member)):
        # What is held on bucket and repository alone, as `setup google` gives it.
        return
    finding = _cannot_build(asking.project, asking.built_in, account)
    if _certain(asking, access, member):
        raise stop(finding)
    asking.scene.warn(replace(finding, weight=Weight.WARN, message=f"{finding.message} {UNLESS}"))


def _can_build(own: frozenset[str]) -> bool:
    """Whether these roles are enough to build; one of somebody's own may hold anything, so it counts."""
    enough = all(own & any_of for any_of in (LOGGERS, READERS, WRITERS))
    return bool(own & BUILDERS) or enough or not all(role.startswith("roles/") for role in own)


def _certain(asking: Asking, access: Bound, member: str) -> bool:
    """Whether nothing that the account has can come from where we do not look.

    No role at all on the project, nothing above the project, nobody in its policy who stands for many, no condition,
    and nothing on the bucket that holds the source: without that nothing can be built.
    """
    if not access.tells_all_of(member) or access.of(member):
        return False
    try:
        on_bucket = _on_bucket(asking)
    except CannotLook:
        return False
    return on_bucket.tells_all_of(member) and not on_bucket.of(member)


def _on_bucket(asking: Asking) -> Bound:
    """Who has which role on the bucket that the source is in."""
    name = bucket_name(asking.number.result(), asking.built_in, asking.accounts.bucket_ending)
    return asking.look(lambda: storage.roles(asking.google, name))


UNLESS = (
    "Unless it comes from a folder, a group, a role with a condition, or the bucket and repository alone, the build "
    "will fail."
)


def _cannot_build(project: str, region: str, account: str) -> Finding:
    return Finding(
        code="build-account-powerless",
        blame=Blame.PROJECT,
        title=fitting(f"The build account has no role to build in {project}"),
        message=f"Builds run as {account}, which has no role to build with on the project: it can neither fetch the "
        "source nor push the image (storage.objects.get, artifactregistry.repositories.uploadArtifacts).",
        fix=f"`gcloud projects add-iam-policy-binding {project} --member=serviceAccount:{account} "
        f"--role={BUILDER}`, or, for this region's bucket and repository alone, `servergem setup google "
        f"--project {project} --region {region} --apply`; then re-run this check.",
        link="https://cloud.google.com/build/docs/cloud-build-service-account-updates",
        remedy=Remedy(Button.GRANT_ROLE, project, BUILDER, f"serviceAccount:{account}"),
    )


def _nobody(project: str) -> Finding:
    return Finding(
        code="build-account-not-named",
        blame=Blame.PROJECT,
        title=fitting(f"Builds in {project} have no account to run as"),
        message="Cloud Build says that this project has no default account for builds, and the operator named none.",
        fix=f"`servergem setup google --project {project} --apply` makes one; have the operator name it as "
        "BUILD_SERVICE_ACCOUNT.",
        link="https://cloud.google.com/build/docs/cloud-build-service-account-updates",
    )
