"""What the operator decides: one row for each setting."""

from __future__ import annotations

from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path

from app.settings.intervals import Intervals
from app.settings.row import setting
from app.settings.texts import (
    read_address,
    read_buttons,
    read_count,
    read_exporter,
    read_log_format,
    read_logins,
    read_pages,
    read_private_key,
    read_projects,
    read_region,
    read_url,
    read_url_or_nothing,
    read_yes_or_no,
)

DATA = Path("data")


@dataclass(frozen=True, kw_only=True)
class Decided(Intervals):
    """What the operator decides. Times are seconds, sizes bytes."""

    github_app_id: str = setting("GITHUB_APP_ID", "The GitHub App's id or client id.")
    github_private_key: str = setting(
        "GITHUB_PRIVATE_KEY", "The GitHub App's private key, PEM.", read=read_private_key, secret=True
    )
    github_webhook_secret: str = setting(
        "GITHUB_WEBHOOK_SECRET", "The secret with which GitHub signs its webhooks.", secret=True
    )
    google_project: str = setting(
        "GOOGLE_CLOUD_PROJECT", "The project of every repository, unless SERVERGEM_PROJECTS gives projects."
    )
    github_client_id: str = setting(
        "GITHUB_CLIENT_ID",
        "The GitHub App's client id, with which people sign in to the pages; empty means that nobody can.",
        "",
    )
    github_client_secret: str = setting(
        "GITHUB_CLIENT_SECRET", "One of the GitHub App's client secrets.", "", secret=True
    )
    pages: str = setting(
        "PAGES",
        "`private` shows a repository's pages to who may read it at GitHub; `open`, for a trial, all to everybody.",
        "private",
        read=read_pages,
    )
    operators: tuple[str, ...] = setting(
        "OPERATORS",
        "Ids at GitHub (`gh api users/LOGIN --jq .id`), separated by commas: they see every page, and may deploy what "
        "is not merged yet. A login is whose it is when it is first seen here, and nobody else's later.",
        (),
        read=read_logins,
    )
    github_api_url: str = setting(
        "GITHUB_API_URL", "GitHub's REST API.", "https://api.github.com", read=read_url
    )
    projects: tuple[tuple[str, str], ...] = setting(
        "SERVERGEM_PROJECTS",
        "Which repository may reach which project, and no other any: `1296269=shop-prod, acme/*=acme-apps`.",
        (),
        read=read_projects,
    )
    allow_file: str = setting(
        "ALLOW_FILE", "A file that says what each repository may have; empty means the defaults.", ""
    )
    region: str = setting(
        "SERVERGEM_REGION", "The region of a service that names none.", "europe-west1", read=read_region
    )
    data: Path = setting("SERVERGEM_DATA", "The folder of the databases.", DATA, read=Path)
    database_url: str = setting(
        "DATABASE_URL",
        "Postgres, for more than one process; empty means SQLite in SERVERGEM_DATA.",
        "",
        secret=True,
    )
    public_url: str = setting(
        "SERVERGEM_PUBLIC_URL",
        "Where people reach ServerGem's pages.",
        "http://127.0.0.1:8080",
        read=read_url,
    )
    google_endpoint: str = setting(
        "GOOGLE_ENDPOINT",
        "HOST:PORT of a stand-in for Google over plain gRPC; empty means Google.",
        "",
        read=read_address,
    )
    storage_endpoint: str = setting(
        "STORAGE_EMULATOR_HOST",
        "Address of a stand-in for Cloud Storage; empty means Google.",
        "",
        read=read_url_or_nothing,
    )
    build_service_account: str = setting(
        "BUILD_SERVICE_ACCOUNT",
        "The account that builds run as, where {project} is the service's project, as in every account named here; "
        "empty means the project's default.",
        "",
    )
    runtime_service_account: str = setting(
        "RUNTIME_SERVICE_ACCOUNT", "The account of a service that names none; empty means the default.", ""
    )
    preview_service_account: str = setting(
        "PREVIEW_SERVICE_ACCOUNT",
        "The account of previews; empty means servergem-preview in the project, made when missing.",
        "",
    )
    preview_build_service_account: str = setting(
        "PREVIEW_BUILD_SERVICE_ACCOUNT",
        "The account that builds previews; empty means servergem-preview-build in the project where "
        "BUILD_SERVICE_ACCOUNT is named, else the default. With that same account, a merge takes what previews built.",
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
    service_url: str = setting(
        "SERVICE_URL",
        "Where a Cloud Run service will be reached, known before it is there.",
        "https://{service}-{number}.{region}.run.app",
    )
    previews_limit: int = setting(
        "PREVIEWS_LIMIT",
        "How many previews a repository may have; beyond it the oldest goes.",
        20,
        read=read_count,
    )
    repository: str = setting(
        "SERVERGEM_REPOSITORY", "The Artifact Registry repository for images.", "servergem"
    )
    preflight: bool = setting(
        "SERVERGEM_PREFLIGHT",
        "Whether a project is looked at, and what is missing made, before each build.",
        True,
        read=read_yes_or_no,
    )
    enable_apis: bool = setting(
        "SERVERGEM_ENABLE_APIS",
        "Whether ServerGem switches on the APIs that it needs.",
        True,
        read=read_yes_or_no,
    )
    repairs: tuple[str, ...] = setting(
        "SERVERGEM_REPAIRS",
        "What a button may change in a project: enable-api, grant-role. Each takes rights of its own.",
        ("enable-api",),
        read=read_buttons,
    )
    max_source_bytes: int = setting(
        "MAX_SOURCE_BYTES", "The largest source archive that is uploaded.", 500_000_000, read=read_count
    )
    log_format: str = setting(
        "LOG_FORMAT",
        "`json` as Cloud Logging reads it, `text` for people, or `auto`.",
        "auto",
        read=read_log_format,
    )
    otlp_endpoint: str = setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "Where traces are sent, by OTLP over HTTP; empty means nowhere. All of OTEL_* that the libraries know counts.",
        "",
        read=read_url_or_nothing,
    )
    otlp_traces_endpoint: str = setting(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "The same, for traces alone, with the whole path.",
        "",
        read=read_url_or_nothing,
    )
    traces_exporter: str = setting(
        "OTEL_TRACES_EXPORTER",
        "`otlp` sends traces also where no address is named, to this machine; `none` sends them nowhere.",
        "",
        read=read_exporter,
    )
    notify_loopback: bool = setting(
        "NOTIFY_LOOPBACK", "Whether `notify` may reach this machine, for a trial.", False, read=read_yes_or_no
    )
    metrics_token: str = setting(
        "METRICS_TOKEN",
        "With `Authorization: Bearer` and this, `/metrics` is read from anywhere; else only on this machine.",
        "",
        secret=True,
    )
    executor_id: str = setting(
        "EXECUTOR_ID", "This process among several; empty means one made from host and process.", ""
    )

    @property
    def can_sign_in(self) -> bool:
        """Whether the App's client is known, so that GitHub can say who somebody is."""
        return bool(self.github_client_id and self.github_client_secret)

    @property
    def traced(self) -> bool:
        """Whether traces are wanted: they are off unless something of OTEL_* says where to."""
        wanted = self.otlp_endpoint or self.otlp_traces_endpoint or self.traces_exporter == "otlp"
        return bool(wanted) and self.traces_exporter != "none"

    def project_for(self, full_name: str, repository_id: int = 0) -> str:
        """The project that this repository may reach, empty for none; the operator decides, never the repository.

        By its id before by its name, since a name may be somebody else's later.
        """
        if not self.projects:
            return self.google_project
        by_id = (project for key, project in self.projects if key == str(repository_id))
        by_name = (project for key, project in self.projects if fnmatchcase(full_name.lower(), key))
        return next(by_id, None) or next(by_name, "")

    def every_project(self) -> frozenset[str]:
        """Each project that any repository may reach."""
        return frozenset({self.google_project, *(project for _, project in self.projects)})

    def secrets(self) -> tuple[str, ...]:
        """The values that no log, page or check run may show."""
        return tuple(
            str(value)
            for row in fields(self)
            if row.metadata["secret"] and (value := getattr(self, row.name))
        )
