"""What a process does: receive, work, or both."""

from __future__ import annotations

from enum import StrEnum

from app.settings import BadSettings, Settings

ALONE = (
    "door and worker apart need Postgres: set DATABASE_URL to postgresql://USER:PASSWORD@HOST/DATABASE. "
    "With SQLite `servergem serve` runs both on one machine."
)


class Role(StrEnum):
    """Which half of ServerGem a process is; there may be any number of each on one Postgres."""

    SERVE = "serve"
    """Both."""
    DOOR = "door"
    """It verifies, stores and answers, and shows the pages."""
    WORKER = "worker"
    """It dispatches what doors have stored, runs stories and sweeps."""

    @property
    def receives(self) -> bool:
        return self is not Role.WORKER

    @property
    def works(self) -> bool:
        return self is not Role.DOOR


def insist_on_postgres(role: Role, settings: Settings) -> None:
    """Raises BadSettings where the halves would not meet: SQLite files are one door's and one worker's, whom one
    `servergem serve` watches."""
    if role is not Role.SERVE and not settings.database_url:
        raise BadSettings((ALONE,))
