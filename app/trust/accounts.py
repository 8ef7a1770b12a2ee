"""Accounts: which accounts, registry, bucket and cache a Target may use, by who may have written its source.

Production, the previews of a repository's own branches, and those of forks build apart: what nobody has reviewed yet
writes into no registry, bucket or cache that production reads, and a fork holds nothing that could be kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.model import Target
from app.settings import Settings

PREVIEW_ACCOUNT = "servergem-preview"
PREVIEW_BUILDER = "servergem-preview-build"
# In an account that the operator names: each project has one of its own.
PROJECT = "{project}"
# How long a source stays in its bucket: longer than any build of it, and than most people look for its fault.
KEEP_DAYS = 7


@dataclass(frozen=True)
class Accounts:
    """What a deployment works with. An empty account is the project's default one."""

    build_account: str
    runtime_account: str
    repository: str
    bucket_ending: str = ""
    cached: bool = True
    reusable: bool = True


def accounts(settings: Settings, target: Target) -> Accounts:
    """The means of production, of a preview, or of a fork's preview; `{project}` in an account is the Target's."""
    found = _accounts(settings, target)
    return replace(
        found,
        build_account=found.build_account.replace(PROJECT, target.project),
        runtime_account=found.runtime_account.replace(PROJECT, target.project),
    )


def _accounts(settings: Settings, target: Target) -> Accounts:
    preview = target.preview
    if preview is None:
        runtime = target.service.service_account or settings.runtime_service_account
        return Accounts(settings.build_service_account, runtime, settings.repository)
    if not preview.fork:
        return Accounts(
            preview_builder(settings, target.project),
            target.service.service_account or settings.preview_service_account or own_account(target.project),
            settings.preview_repository,
            bucket_ending="-previews",
        )
    return Accounts(
        settings.fork_build_service_account,
        settings.fork_service_account,
        settings.fork_repository,
        bucket_ending="-forks",
        cached=False,
        reusable=False,
    )


def preview_builder(settings: Settings, project: str) -> str:
    """The account that builds previews. Where the operator parts no accounts at all, it is the default one too."""
    if settings.preview_build_service_account or not settings.build_service_account:
        return settings.preview_build_service_account
    return f"{PREVIEW_BUILDER}@{project}.iam.gserviceaccount.com"


def trusts_previews(settings: Settings, project: str) -> bool:
    """Whether previews build with production's account, so that a merge may take what its pull request built."""
    return preview_builder(settings, project) == settings.build_service_account


def own_account(project: str) -> str:
    """The account of previews where the operator names none; it is made when it is missing, and holds no role."""
    return f"{PREVIEW_ACCOUNT}@{project}.iam.gserviceaccount.com"


def compute_account(project_number: int) -> str:
    """The project's default account: https://cloud.google.com/iam/docs/service-account-types#default"""
    return f"{project_number}-compute@developer.gserviceaccount.com"


def bucket_name(project_number: int | str, region: str, ending: str = "") -> str:
    """Where sources go. Not to be guessed or squatted from the project's id alone: it holds the project's number."""
    return f"servergem-{project_number}-{region}{ending}"[:63].rstrip("-")
