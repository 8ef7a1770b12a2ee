"""Which accounts build and run, and where images go; each may differ for previews and forks."""

from __future__ import annotations

from dataclasses import dataclass

from app.settings.row import setting


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """The accounts and the image repositories. In the name of an account {project} is the service's project."""

    build_service_account: str = setting(
        "BUILD_SERVICE_ACCOUNT",
        "The account that builds run as; empty means the project's default.",
        "",
    )
    runtime_service_account: str = setting(
        "RUNTIME_SERVICE_ACCOUNT",
        "The account of a service that names none; empty means the project's default.",
        "",
    )
    repository: str = setting(
        "SERVERGEM_REPOSITORY", "The Artifact Registry repository for images.", "servergem"
    )
    preview_service_account: str = setting(
        "PREVIEW_SERVICE_ACCOUNT",
        "The account of previews; empty means servergem-preview in the project, made when missing.",
        "",
    )
    preview_build_service_account: str = setting(
        "PREVIEW_BUILD_SERVICE_ACCOUNT",
        "The account that builds previews; empty means servergem-preview-build in the project where "
        "BUILD_SERVICE_ACCOUNT is named, else the default. With production's build account, a merge reuses what its "
        "preview built.",
        "",
    )
    preview_repository: str = setting(
        "SERVERGEM_PREVIEW_REPOSITORY",
        "The Artifact Registry repository for images of previews.",
        "servergem-previews",
    )
    fork_service_account: str = setting(
        "FORK_SERVICE_ACCOUNT",
        "The account of an approved fork's preview, without any role; empty means that forks are not deployed.",
        "",
    )
    fork_build_service_account: str = setting(
        "FORK_BUILD_SERVICE_ACCOUNT",
        "The account that builds approved forks; it reaches the forks' bucket and registry and nothing else.",
        "",
    )
    fork_repository: str = setting(
        "SERVERGEM_FORK_REPOSITORY",
        "The Artifact Registry repository for images of forks.",
        "servergem-forks",
    )
