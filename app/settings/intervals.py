"""How long things may take, and how often they are looked at."""

from __future__ import annotations

from dataclasses import dataclass

from app.settings.row import setting
from app.settings.texts import read_count, read_days, read_positive


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """How long things may take, and how often they are looked at; nobody has to set one. Times are seconds."""

    sweep: float = setting(
        "SWEEP_SECONDS",
        "Between two comparisons of what runs with what GitHub says; the first is at the start.",
        300.0,
        read=read_positive,
    )
    open_checks: float = setting(
        "OPEN_CHECKS_SECONDS",
        "Between two comparisons of open check runs with what runs; the first is at the start.",
        30.0,
        read=read_positive,
    )
    retention_days: int = setting(
        "RETENTION_DAYS",
        "How many days webhooks, reports and logs are kept, 7 at least; what serves, or may serve by a rollback, is "
        "kept longer.",
        90,
        read=read_days,
    )
    missed_after: float = setting(
        "MISSED_AFTER_SECONDS",
        "How old a push has to be before its missing webhook counts as lost.",
        60.0,
        read=read_positive,
    )
    lock_poll: float = setting(
        "LOCK_POLL_SECONDS",
        "Between two looks at a lock that a deployment waits for.",
        1.0,
        read=read_positive,
    )
    build_poll: float = setting(
        "BUILD_POLL_SECONDS", "Between two looks at the running builds of a project.", 1.0, read=read_positive
    )
    build_timeout: int = setting(
        "BUILD_TIMEOUT", "How long a build may take, in seconds.", 1800, read=read_count
    )
    release_timeout: int = setting(
        "RELEASE_TIMEOUT", "How long a release command may take, in seconds.", 600, read=read_count
    )
    check_run_interval: float = setting(
        "CHECK_RUN_SECONDS", "Between two updates of one check run.", 2.0, read=read_positive
    )
    cloud_run_writes: int = setting(
        "CLOUD_RUN_WRITES",
        "How many writes a minute, project and region Cloud Run takes; repositories take turns at them. "
        "Each worker counts its own: give each of several its share.",
        60,
        read=read_count,
    )
    retry_attempts: int = setting(
        "RETRY_ATTEMPTS", "How often a call is tried when its fault is transient.", 3, read=read_count
    )
    retry_first_wait: float = setting(
        "RETRY_FIRST_WAIT", "The first pause between two tries; it doubles.", 1.0, read=read_positive
    )
    verify_deadline: float = setting(
        "VERIFY_DEADLINE",
        "How long a new revision may take to answer well, from its first answer on.",
        60.0,
        read=read_positive,
    )
    # https://cloud.google.com/run/docs/configuring/healthchecks#startup-probes: 240 s for an instance to start
    verify_start: float = setting(
        "VERIFY_START",
        "How long a new revision may take to answer at all; Cloud Run lets an instance start for 240 s.",
        270.0,
        read=read_positive,
    )
    verify_question: float = setting(
        "VERIFY_QUESTION", "How long one answer of a revision may take.", 30.0, read=read_positive
    )
    verify_good: int = setting(
        "VERIFY_GOOD", "How many good answers in a row a new revision must give.", 3, read=read_count
    )
    verify_interval: float = setting(
        "VERIFY_INTERVAL", "Between a bad answer and the next question.", 0.5, read=read_positive
    )
    propagation_deadline: float = setting(
        "PROPAGATION_DEADLINE",
        "How long a denial is waited out once ServerGem has enabled an API.",
        180.0,
        read=read_positive,
    )
    log_interval: float = setting(
        "LOG_INTERVAL_SECONDS",
        "Between two looks at the log of a container that died.",
        1.0,
        read=read_positive,
    )
    log_patience: float = setting(
        "LOG_PATIENCE_SECONDS",
        "How long the end of a failed build's or container's log is waited for; entries come late.",
        30.0,
        read=read_positive,
    )
    heartbeat: float = setting(
        "HEARTBEAT_SECONDS", "Between two signs of life of a process.", 5.0, read=read_positive
    )
