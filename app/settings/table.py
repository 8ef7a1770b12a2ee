"""The settings: one row for each, by what they are about; those of a topic of their own stand in files beside this."""

from __future__ import annotations

from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path

from app.settings.accounts import Accounts
from app.settings.intervals import Intervals
from app.settings.opinion import Opinion
from app.settings.row import setting
from app.settings.stand_ins import StandIns
from app.settings.telemetry import Telemetry
from app.settings.texts import (
    read_buttons,
    read_count,
    read_domain,
    read_logins,
    read_machine,
    read_pages,
    read_private_key,
    read_projects,
    read_region,
    read_url,
    read_yes_or_no,
)

DATA = Path("data")


@dataclass(frozen=True, kw_only=True)
class Settings(Telemetry, Opinion, StandIns, Accounts, Intervals):
    """All that the operator decides. Times are seconds, sizes bytes."""

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
        "`private` shows a repository's pages to whoever may read it at GitHub; `open`, for a trial, shows all to "
        "everybody.",
        "private",
        read=read_pages,
    )
    operators: tuple[str, ...] = setting(
        "OPERATORS",
        "Ids at GitHub (`gh api users/LOGIN --jq .id`), separated by commas: they see every page, and may deploy what "
        "is not merged yet. A login stands for the account that first uses it here, whoever takes the name later.",
        (),
        read=read_logins,
    )
    github_api_url: str = setting(
        "GITHUB_API_URL", "GitHub's REST API.", "https://api.github.com", read=read_url
    )
    projects: tuple[tuple[str, str], ...] = setting(
        "SERVERGEM_PROJECTS",
        "Which repository may reach which project; one that fits nothing reaches none: `1296269=shop-prod, "
        "acme/*=acme-apps`.",
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
    previews_limit: int = setting(
        "PREVIEWS_LIMIT",
        "How many previews a repository may have; with one more the oldest is removed.",
        20,
        read=read_count,
    )
    preflight: bool = setting(
        "SERVERGEM_PREFLIGHT",
        "Whether the project is checked, and what it lacks is made, before each build.",
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
    notify_loopback: bool = setting(
        "NOTIFY_LOOPBACK", "Whether `notify` may reach this machine, for a trial.", False, read=read_yes_or_no
    )
    executor_id: str = setting(
        "EXECUTOR_ID", "The name of this process among several; empty means one made of host and process.", ""
    )
    domain: str = setting(
        "SERVERGEM_DOMAIN",
        "Your own domain, such as `servergem.app`: a service is shown at SERVICE.servergem.app, where the load "
        "balancer of `servergem setup domain` leads.",
        "",
        read=read_domain,
    )
    without_build: bool = setting(
        "WITHOUT_BUILD",
        "Whether `build: auto` runs Python and Node on Google's base images, where that is safe; `no` builds an image "
        "of everything but `build: source`.",
        True,
        read=read_yes_or_no,
    )
    build_machine: str = setting(
        "BUILD_MACHINE",
        "The machine that images are built on, such as `e2-highcpu-8`; a faster one costs more a minute. Empty means "
        "Cloud "
        "Build's own choice.",
        "",
        read=read_machine,
    )

    @property
    def can_sign_in(self) -> bool:
        """Whether the App's client is known, so that GitHub can say who somebody is."""
        return bool(self.github_client_id and self.github_client_secret)

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
