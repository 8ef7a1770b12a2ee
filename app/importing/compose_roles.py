"""Roles: what a service of a Compose file is here. What answers requests is one; the rest waits for work, or ends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.importing.compose_parts import Build, ComposeService
from app.importing.told import JOBS, SERVICES, WORKERS

# Words of a name, then of a command: a scheduler never ends, and what cron begins does.
_NAMED_WORKER = (
    r"workers?|celery\w*|beat|sidekiq|rq|consumers?|queues?|scheduler|horizon|dramatiq|huey|arq|resque|bot"
)
_NAMED_JOB = r"migrat\w+|migrate|seed\w*|cron\w*|init|setup|backup|collectstatic|fixtures|prestart|import\w*"
_RUNS_WORKER = (
    r"celery|sidekiq|rq worker|rqworker|dramatiq|huey_consumer\w*|run_huey|arq|resque:work|jobs:work|queue:work|"
    r"queue:listen|horizon|qcluster|schedule:work|solid_queue:start|good_job|bin/jobs"
)
_RUNS_JOB = (
    r"manage\.py (?!runserver|rqworker|qcluster|run_huey)\w+|alembic \w+|flask db \w+|db:\w+|"
    r"artisan (?:migrate|db:\w+)|prisma (?:migrate|db) \w+|knex \w+:\w+|sequelize(?:-cli)? db:\w+|"
    r"typeorm migration:\w+|npm run (?:migrate|seed)\S*|migrate|flyway|liquibase|goose|dbmate"
)
_SERVES = r"gunicorn|uvicorn|hypercorn|daphne|puma|runserver|rails s(?:erver)?|flask run|php-fpm|nginx"
_LONGEST = 1000  # letters of a command
_MIGRATES = re.compile(r"migrat|alembic|flyway|liquibase|prisma|goose|dbmate|db:")
_SCHEDULED = re.compile(r"cron|backup")

RELEASE = (
    "It runs to its end: a job here, which `/run` starts. Where each deployment needs it before traffic moves, write "
    "its command as `release:` of the service instead."
)
SCHEDULE = (
    "It is a job here, which only `/run` starts: write its `schedule:`, such as `0 3 * * *`, and as `command:` what is "
    "to run then, without cron."
)
ENDS = "It runs to its end: a job here, which `/run` starts, or a `schedule:` of its own."


@dataclass(frozen=True)
class Role:
    """`of` is the part of servergem.yml; `home` the service whose image it has, empty where no service is built so."""

    of: str
    home: str = ""


def roles(services: Mapping[str, ComposeService]) -> dict[str, Role]:
    """What each service that is built is here."""
    built = {name: build for name, each in services.items() if (build := build_of(each, services))}
    alike = {name: _kind(name, services[name]) for name in built}
    homes = {name: build for name, build in built.items() if alike[name] == SERVICES}
    found: dict[str, Role] = {}
    for name, build in built.items():
        home = next((each for each, its in homes.items() if its == build), "")
        found[name] = Role(alike[name], "" if alike[name] == SERVICES else home)
    return found


def build_of(service: ComposeService, services: Mapping[str, ComposeService]) -> Build | None:
    """Its own, or that of the service which gives its image the same name."""
    if service.build is not None or not service.image:
        return service.build
    return next(
        (each.build for each in services.values() if each.build and each.image == service.image), None
    )


def instead_of_job(name: str, service: ComposeService) -> str:
    """What to know of what runs to its end."""
    words = f"{name} {_line(service)}"
    if _MIGRATES.search(words):
        return RELEASE
    return SCHEDULE if _SCHEDULED.search(words) else ENDS


def _kind(name: str, service: ComposeService) -> str:
    line = _line(service)
    asked = (
        service.ports or service.expose or "PORT" in service.environment or "://" in service.healthcheck.test
    )
    if asked or _says(_SERVES, line):
        return SERVICES
    if _says(_RUNS_WORKER, line):
        return WORKERS
    if _says(_RUNS_JOB, line):
        return JOBS
    if _says(_NAMED_WORKER, name.lower()):
        return WORKERS
    return JOBS if _says(_NAMED_JOB, name.lower()) else SERVICES


def _line(service: ComposeService) -> str:
    return " ".join((*service.entrypoint, *service.command))[:_LONGEST]


def _says(pattern: str, words: str) -> bool:
    return re.search(rf"(?<![A-Za-z0-9])(?:{pattern})(?![A-Za-z0-9])", words) is not None
