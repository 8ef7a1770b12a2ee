"""May ServerGem's own account do what the coming stages do?"""

from __future__ import annotations

from app.model import Blame, Finding
from app.stages.checks.asking import Asking, CannotLook, stop
from app.text.titles import fitting
from app.trust.accounts import bucket_name
from app.trust.rights import OPINION, Held, Right, used_by
from gcp import artifact_registry, cloud_run, resource_manager, storage
from gcp.errors import GoogleError


def permissions(asking: Asking) -> None:
    """Every permission that a coming stage lacks, all at once.

    What is missing on the project may have been granted on the bucket, the repository or the service alone.
    """
    used = used_by(asking.as_it_will_be)
    names = tuple(right.permission for right in used) + _for_gemini(asking)
    held = asking.look(lambda: resource_manager.test_permissions(asking.google, asking.project, names))
    missing = tuple(right for right in used if right.permission not in held)
    if not held.issuperset(_for_gemini(asking)):
        asking.scene.note(f"Gemini cannot be asked: ServerGem lacks {OPINION.permission} ({OPINION.role})")
    for on in sorted({right.on for right in missing} - {Held.PROJECT}):
        here = tuple(right for right in missing if right.on is on)
        alone = _held_alone(asking, on, here)
        missing = tuple(right for right in missing if right.permission not in alone)
    if missing:
        raise stop(*(_missing(asking, right) for right in missing))


def _for_gemini(asking: Asking) -> tuple[str, ...]:
    """What a second opinion takes, where the operator wants one and pays for it in this project."""
    settings = asking.scene.world.settings
    wanted = settings.gemini_model and settings.google_project == asking.project
    return (OPINION.permission,) if wanted else ()


def _held_alone(asking: Asking, on: Held, rights: tuple[Right, ...]) -> frozenset[str]:
    """Those of `rights` that we hold on this one thing; all of them where that may not be asked."""
    names = tuple(right.permission for right in rights)
    try:
        return asking.look(lambda: _held_on(asking, on, names))
    except CannotLook:
        return frozenset(names)


def _held_on(asking: Asking, on: Held, names: tuple[str, ...]) -> frozenset[str]:
    """Those that we hold on this one thing.

    Of a bucket that is not there yet nobody can say: who owns or edits the project will hold all of it by what Google
    binds to a new bucket, and by nothing that the project shows.
    https://cloud.google.com/storage/docs/access-control/iam-roles#basic-roles
    """
    google, project, region = asking.google, asking.project, asking.built_in
    try:
        if on is Held.BUCKET:
            name = bucket_name(asking.number.result(), region, asking.accounts.bucket_ending)
            return storage.test_permissions(google, name, names)
        if on is Held.REPOSITORY:
            return artifact_registry.test_permissions(
                google, project, region, asking.accounts.repository, names
            )
        return cloud_run.test_permissions(google, project, asking.region, asking.target.name, names)
    except GoogleError as error:
        if error.code != "NOT_FOUND":
            raise
        return frozenset(names) if on is Held.BUCKET else frozenset()


def _missing(asking: Asking, right: Right) -> Finding:
    project = asking.project
    return Finding(
        code="permission-missing",
        blame=Blame.PROJECT,
        title=fitting(f"ServerGem lacks {right.permission} in {project}"),
        message=f'The stage "{right.stage}" uses it ({right.when}); {right.role} contains it.',
        fix=f"`gcloud projects add-iam-policy-binding {project} --member={asking.deployer} "
        f"--role={right.role}`, then re-run this check.",
        link=f"https://console.cloud.google.com/iam-admin/iam?project={project}",
    )
