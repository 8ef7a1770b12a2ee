"""Names of services, environments and branches, held against what every later stage makes of them."""

from __future__ import annotations

import hashlib
import re

# A tag has three letters at least, and tag and service share 46:
# https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#tags
LONGEST_SERVICE = 43
# The same with room for the whole tag, `v-` and seven letters of a commit: what ServerGem makes itself.
LONGEST_NAME = 37
LONGEST_ENVIRONMENT = 63
LONGEST_ENDING = 24
HASH_LETTERS = 4
SERVICE_NAME = re.compile(rf"[a-z](?:[a-z0-9-]{{0,{LONGEST_SERVICE - 2}}}[a-z0-9])?")
# Part of a check run's name, of a service's, and of a build's tag, which is [\w][\w.-]{0,127}:
# https://cloud.google.com/build/docs/api/reference/rest/v1/projects.builds
ENVIRONMENT_NAME = re.compile(rf"[A-Za-z0-9](?:[A-Za-z0-9._-]{{0,{LONGEST_ENVIRONMENT - 2}}}[A-Za-z0-9])?")
OF_A_PREVIEW = re.compile(r"(?:.*-)?pr-\d+")


def service_name(repository_name: str) -> str:
    """A repository's name as Cloud Run allows it: a-z, 0-9 and hyphens, a letter first; what is cut leaves a hash."""
    name = re.sub(r"[^a-z0-9]+", "-", repository_name.lower()).strip("-")
    if not name or not name[0].isalpha():
        name = f"app-{name}".strip("-")
    return _cut(name, LONGEST_SERVICE)


def fitted(service: str, ending: str) -> str:
    """A service's name with an ending, within Cloud Run's limits; what is cut is told apart by its hash."""
    ending = "-" + _cut(as_ending(ending), LONGEST_ENDING)
    return _cut(service, LONGEST_NAME - len(ending)) + ending


def as_ending(name: str) -> str:
    """What is left of a name where it has to end a service's name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _cut(name: str, room: int) -> str:
    if len(name) <= room:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:HASH_LETTERS]
    return f"{name[: room - HASH_LETTERS - 1].rstrip('-')}-{mark}"


def fault_of_service(name: str) -> tuple[str, str] | None:
    """Why no service can be called so, and what to write; None when it can."""
    if SERVICE_NAME.fullmatch(name):
        return None
    near = service_name(name)
    if len(name) > LONGEST_SERVICE:
        return f"{name} is too long for a service's name", (
            f"Use at most {LONGEST_SERVICE} letters: Cloud Run gives name and tag 46 together."
        )
    return f"{name} cannot be a service's name", (
        f"Write `{near}:`; a name has a-z, 0-9 and -, a letter first and no - at its end."
    )


def fault_of_job(name: str, what: str = "job") -> tuple[str, str] | None:
    """Why no job, or worker, can be called so, and what to write; None when it can."""
    if SERVICE_NAME.fullmatch(name):
        return None
    return f"{name} cannot be a {what}'s name", (
        f"Write `{service_name(name)}:`; a name has a-z, 0-9 and -, a letter first, {LONGEST_SERVICE} letters at most."
    )


def fault_of_environment(name: str) -> tuple[str, str] | None:
    """Why no environment can be called so, and what to write; None when it can."""
    ending = as_ending(name)
    if not ENVIRONMENT_NAME.fullmatch(name):
        near = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:LONGEST_ENVIRONMENT].strip("-._")
        return f"{name} cannot be an environment's name", (
            f"Write `{near or 'staging'}:`; a name has letters, digits, - . and _, "
            f"a letter or digit at both ends, {LONGEST_ENVIRONMENT} at most."
        )
    if OF_A_PREVIEW.fullmatch(ending):
        return f"{name} is what a pull request's preview is called", "Give the environment another name."
    return None
