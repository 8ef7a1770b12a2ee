"""The operator's settings: one table, the only reader of the environment, every fault at once by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

DATA = Path("data")
# What a button on a check run may change in a project, once a person with write permission has pressed it.
REPAIRS = ("enable-api", "grant-role")


class BadSettings(Exception):  # noqa: N818 - reads as what it is
    """What is wrong with the settings, one line for each fault."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        many = len(self.faults) != 1
        return f"{len(self.faults)} setting{'s are' if many else ' is'} wrong:\n  " + "\n  ".join(self.faults)


def _setting(
    name: str,
    sentence: str,
    default: Any = MISSING,
    *,
    read: Callable[[str], Any] = str,
    secret: bool = False,
) -> Any:
    """One row of the table: the variable's name, what it means, how its text is read."""
    metadata = {"name": name, "sentence": sentence, "read": read, "secret": secret}
    if default is MISSING:
        return field(metadata=metadata, repr=not secret)
    return field(default=default, metadata=metadata, repr=not secret)


def _url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", text):
        raise ValueError("is not an address that begins with http:// or https://")
    return text.rstrip("/")


def _address(text: str) -> str:
    if text and not re.fullmatch(r"[^\s/:]+:\d+", text):
        raise ValueError("is not HOST:PORT")
    return text


def _url_or_nothing(text: str) -> str:
    return _url(text) if text else ""


def _yes_or_no(text: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off"):
        return False
    raise ValueError("is neither yes nor no")


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < float("inf"):
        raise ValueError("is not a number above 0")
    return number


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError("is not a whole number from 1")
    return int(text)


def _region(text: str) -> str:
    if not re.fullmatch(r"[a-z]+(-[a-z]+)+[0-9]{1,2}", text):
        raise ValueError("is not a region such as europe-west1")
    return text


def _projects(text: str) -> tuple[tuple[str, str], ...]:
    pairs = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        pattern, equals, project = part.partition("=")
        if not equals or "/" not in pattern or not project.strip():
            raise ValueError("is not OWNER/REPOSITORY=PROJECT, separated by commas")
        pairs.append((pattern.strip().lower(), project.strip()))
    return tuple(pairs)


def _buttons(text: str) -> tuple[str, ...]:
    chosen = tuple(filter(None, (part.strip() for part in text.split(","))))
    if unknown := [name for name in chosen if name not in REPAIRS]:
        raise ValueError(f"names {unknown[0]}; there are {', '.join(REPAIRS)}")
    return chosen


def _log_format(text: str) -> str:
    if text not in ("auto", "json", "text"):
        raise ValueError("is not auto, json or text")
    return text


def _private_key(text: str) -> str:
    if "PRIVATE KEY-----" not in text:
        raise ValueError("is not a private key in PEM form")
    return text.replace("\\n", "\n")


@dataclass(frozen=True)
class Settings:
    """What the operator decides. Times are seconds, sizes bytes."""

    github_app_id: str = _setting("GITHUB_APP_ID", "The GitHub App's id or client id.")
    github_private_key: str = _setting(
        "GITHUB_PRIVATE_KEY", "The GitHub App's private key, PEM.", read=_private_key, secret=True
    )
    github_webhook_secret: str = _setting(
        "GITHUB_WEBHOOK_SECRET", "The secret with which GitHub signs its webhooks.", secret=True
    )
    google_project: str = _setting(
        "GOOGLE_CLOUD_PROJECT", "The project of every repository that SERVERGEM_PROJECTS does not name."
    )
    github_api_url: str = _setting(
        "GITHUB_API_URL", "GitHub's REST API.", "https://api.github.com", read=_url
    )
    projects: tuple[tuple[str, str], ...] = _setting(
        "SERVERGEM_PROJECTS",
        "Which repository may reach which project: `acme/shop=shop-prod, acme/*=acme-apps`; the first that fits.",
        (),
        read=_projects,
    )
    region: str = _setting(
        "SERVERGEM_REGION", "The region of a service that names none.", "europe-west1", read=_region
    )
    data: Path = _setting("SERVERGEM_DATA", "The folder of the databases.", DATA, read=Path)
    database_url: str = _setting(
        "DATABASE_URL",
        "Postgres, for more than one process; empty means SQLite in SERVERGEM_DATA.",
        "",
        secret=True,
    )
    public_url: str = _setting(
        "SERVERGEM_PUBLIC_URL", "Where people reach ServerGem's pages.", "http://127.0.0.1:8080", read=_url
    )
    google_endpoint: str = _setting(
        "GOOGLE_ENDPOINT",
        "HOST:PORT of a stand-in for Google over plain gRPC; empty means Google.",
        "",
        read=_address,
    )
    storage_endpoint: str = _setting(
        "STORAGE_EMULATOR_HOST",
        "Address of a stand-in for Cloud Storage; empty means Google.",
        "",
        read=_url_or_nothing,
    )
    build_service_account: str = _setting(
        "BUILD_SERVICE_ACCOUNT", "The account that builds run as; empty means the project's default.", ""
    )
    runtime_service_account: str = _setting(
        "RUNTIME_SERVICE_ACCOUNT", "The account of a service that names none; empty means the default.", ""
    )
    preview_service_account: str = _setting(
        "PREVIEW_SERVICE_ACCOUNT",
        "The account of previews; empty means servergem-preview in the project, made when missing.",
        "",
    )
    fork_service_account: str = _setting(
        "FORK_SERVICE_ACCOUNT",
        "The account of an approved fork's preview, without any role; empty means that forks are not deployed.",
        "",
    )
    fork_build_service_account: str = _setting(
        "FORK_BUILD_SERVICE_ACCOUNT",
        "The account that builds approved forks; it reaches the forks' bucket and registry and nothing else.",
        "",
    )
    fork_repository: str = _setting(
        "SERVERGEM_FORK_REPOSITORY",
        "The Artifact Registry repository for images of forks.",
        "servergem-forks",
    )
    service_url: str = _setting(
        "SERVICE_URL",
        "Where a Cloud Run service will be reached, known before it is there.",
        "https://{service}-{number}.{region}.run.app",
    )
    previews_limit: int = _setting(
        "PREVIEWS_LIMIT",
        "How many previews a repository may have; beyond it the oldest goes.",
        20,
        read=_count,
    )
    sweep: float = _setting(
        "SWEEP_SECONDS",
        "Between two comparisons of what runs with what GitHub says; the first is at the start.",
        300.0,
        read=_positive,
    )
    lock_poll: float = _setting(
        "LOCK_POLL_SECONDS", "Between two looks at a lock that a deployment waits for.", 1.0, read=_positive
    )
    repository: str = _setting(
        "SERVERGEM_REPOSITORY", "The Artifact Registry repository for images.", "servergem"
    )
    preflight: bool = _setting(
        "SERVERGEM_PREFLIGHT",
        "Whether a project is looked at, and what is missing made, before each build.",
        True,
        read=_yes_or_no,
    )
    enable_apis: bool = _setting(
        "SERVERGEM_ENABLE_APIS",
        "Whether ServerGem switches on the APIs that it needs.",
        True,
        read=_yes_or_no,
    )
    repairs: tuple[str, ...] = _setting(
        "SERVERGEM_REPAIRS",
        "What a button may change in a project: enable-api, grant-role. Each takes rights of its own.",
        ("enable-api",),
        read=_buttons,
    )
    build_poll: float = _setting(
        "BUILD_POLL_SECONDS", "Between two looks at the running builds of a project.", 1.0, read=_positive
    )
    build_timeout: int = _setting(
        "BUILD_TIMEOUT", "How long a build may take, in seconds.", 1800, read=_count
    )
    release_timeout: int = _setting(
        "RELEASE_TIMEOUT", "How long a release command may take, in seconds.", 600, read=_count
    )
    check_run_interval: float = _setting(
        "CHECK_RUN_SECONDS", "Between two updates of one check run.", 2.0, read=_positive
    )
    retry_attempts: int = _setting(
        "RETRY_ATTEMPTS", "How often a call is tried when its fault is transient.", 3, read=_count
    )
    retry_first_wait: float = _setting(
        "RETRY_FIRST_WAIT", "The first pause between two tries; it doubles.", 1.0, read=_positive
    )
    verify_deadline: float = _setting(
        "VERIFY_DEADLINE", "How long a new revision may take to answer well.", 60.0, read=_positive
    )
    verify_good: int = _setting(
        "VERIFY_GOOD", "How many good answers in a row a new revision must give.", 3, read=_count
    )
    verify_interval: float = _setting(
        "VERIFY_INTERVAL", "Between a bad answer and the next question.", 0.5, read=_positive
    )
    propagation_deadline: float = _setting(
        "PROPAGATION_DEADLINE",
        "How long a denial is waited out after ServerGem enabled an API.",
        180.0,
        read=_positive,
    )
    log_interval: float = _setting(
        "LOG_INTERVAL_SECONDS", "Between two looks at the log of a container that died.", 1.0, read=_positive
    )
    log_patience: float = _setting(
        "LOG_PATIENCE_SECONDS",
        "How long the log of a container that died is waited for; entries come late.",
        15.0,
        read=_positive,
    )
    max_source_bytes: int = _setting(
        "MAX_SOURCE_BYTES", "The largest source archive that is uploaded.", 500_000_000, read=_count
    )
    log_format: str = _setting(
        "LOG_FORMAT",
        "`json` as Cloud Logging reads it, `text` for people, or `auto`.",
        "auto",
        read=_log_format,
    )
    executor_id: str = _setting(
        "EXECUTOR_ID", "This process among several; empty means one made from host and process.", ""
    )
    heartbeat: float = _setting(
        "HEARTBEAT_SECONDS", "Between two signs of life of a process.", 5.0, read=_positive
    )

    def project_for(self, full_name: str) -> str:
        """The project that this repository may reach; the operator decides, never the repository."""
        for pattern, project in self.projects:
            if fnmatchcase(full_name.lower(), pattern):
                return project
        return self.google_project

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


def load(environ: Mapping[str, str]) -> Settings:
    """The settings of this environment; BadSettings with every fault when there is one."""
    values: dict[str, Any] = {}
    faults: list[str] = []
    for row in fields(Settings):
        name: str = row.metadata["name"]
        try:
            text = _text(environ, name, secret=row.metadata["secret"], required=row.default is MISSING)
            if text is not None:
                values[row.name] = row.metadata["read"](text)
        except ValueError as error:
            faults.append(f"{name} {error}. {row.metadata['sentence']}")
    if faults:
        raise BadSettings(tuple(faults))
    return Settings(**values)


def _text(environ: Mapping[str, str], name: str, *, secret: bool, required: bool) -> str | None:
    """A variable's text, or that of the file which NAME_FILE names; None when neither says anything."""
    direct = environ.get(name, "").strip()
    file = environ.get(f"{name}_FILE", "").strip() if secret else ""
    if direct and file:
        raise ValueError(f"is set, and {name}_FILE too; keep one of them")
    try:
        text = Path(file).read_text().strip() if file else direct
    except OSError as error:
        raise ValueError(f"cannot be read from {name}_FILE: {error.strerror}") from error
    if required and not text:
        raise ValueError("is missing")
    return text or None


def rows() -> tuple[tuple[str, str, str], ...]:
    """The table for README.md: name, default, sentence."""
    return tuple(
        (row.metadata["name"], _shown(row.default), row.metadata["sentence"]) for row in fields(Settings)
    )


def _shown(default: object) -> str:
    if default is MISSING:
        return "required"
    if isinstance(default, bool):
        return "yes" if default else "no"
    if isinstance(default, tuple) and default:
        return ", ".join(default)
    return str(default) if default not in ("", ()) else "–"
