"""Trust: which accounts, registry, bucket and cache a Target may use, by who may have written its source.

What a fork built never meets what production uses: another registry, another bucket, no cache, and accounts that
the operator has given nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.model import Target
from app.settings import Settings

PREVIEW_ACCOUNT = "servergem-preview"


@dataclass(frozen=True)
class Means:
    """What a deployment works with. An empty account is the project's default one."""

    build_account: str
    runtime_account: str
    repository: str
    bucket_ending: str = ""
    cached: bool = True
    reusable: bool = True


def means(settings: Settings, target: Target) -> Means:
    """The means of production, of a preview, or of a fork's preview."""
    preview = target.preview
    if preview is None:
        runtime = target.service.service_account or settings.runtime_service_account
        return Means(settings.build_service_account, runtime, settings.repository)
    if not preview.fork:
        runtime = (
            target.service.service_account or settings.preview_service_account or own_account(target.project)
        )
        return Means(settings.build_service_account, runtime, settings.repository)
    return Means(
        settings.fork_build_service_account,
        settings.fork_service_account,
        settings.fork_repository,
        bucket_ending="-forks",
        cached=False,
        reusable=False,
    )


def own_account(project: str) -> str:
    """The account of previews where the operator names none; it is made when it is missing, and holds no role."""
    return f"{PREVIEW_ACCOUNT}@{project}.iam.gserviceaccount.com"
