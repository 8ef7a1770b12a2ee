"""The secrets of a set-up in Secret Manager: put there with gcloud, and named in the file by what tells them.

A shell that reads the file asks for them at that moment, with whoever's credentials gcloud has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from app.setup import settings_file, stepping
from app.setup.host_steps import SECRETS, secret_step
from app.setup.step import Step

KEY, KEY_FILE = "GITHUB_PRIVATE_KEY", "GITHUB_PRIVATE_KEY_FILE"
TOLD = re.compile(
    r"\$\(gcloud secrets versions access latest --secret=(?P<secret>[\w-]+) --project=(?P<project>[\w:.-]+)\)"
)


def put(file: Path, project: str, console: Console) -> None:
    """Move the secrets that the file holds; those that are there already stay. Raises settings_file.Unusable.

    They leave this disk once all of them are taken: until then the file has them, and the same again goes on.
    """
    kept = settings_file.read(file)
    plain = {name: value for name, value in kept.items() if name in SECRETS and value and not told(value)}
    if KEY_FILE in kept:
        plain[KEY] = settings_file.key_of(kept)
    if not plain:
        return
    api = ("gcloud", "services", "enable", "secretmanager.googleapis.com", f"--project={project}")
    steps = [Step("Secret Manager", api), *(secret_step(project, name, plain[name]) for name in plain)]
    if stepping.through(steps, console, apply=True).status:
        raise settings_file.Unusable(
            f"The step above has failed; until it has not, {file} holds the secrets, for you alone to read. "
            "Once it is mended, the same command goes on from there."
        )
    left = {name: value for name, value in kept.items() if name != KEY_FILE}
    settings_file.exchange(file, left | {name: _telling(project, name) for name in plain}, lambda: None)
    if KEY_FILE in kept:
        Path(kept[KEY_FILE]).unlink()


def keep(settings: Mapping[str, str], name: str, value: str) -> str:
    """What the file says of a new value: the value, or where it was told by Secret Manager, that, with a version more.

    Raises settings_file.Unusable.
    """
    found = told(settings.get(name, ""))
    if not found:
        return value
    step = secret_step(found["project"], name, value)
    if stepping.through([step], Console(quiet=True), apply=True).status:
        raise settings_file.Unusable(f"Secret Manager of {found['project']} takes no new {name}.")
    return settings[name]


def read_whole(file: Path) -> dict[str, str]:
    """The settings, with what only Secret Manager knows. Raises settings_file.Unusable."""
    return {name: _value(value) for name, value in settings_file.read(file).items()}


def told(value: str) -> re.Match[str] | None:
    """Where a secret is, when the file only says who tells it."""
    return TOLD.fullmatch(value)


def _value(value: str) -> str:
    found = told(value)
    if not found:
        return value
    done = stepping.of_gcloud(tuple(value.removeprefix("$(").removesuffix(")").split()))
    if done.returncode:
        raise settings_file.Unusable(f"gcloud does not tell {found['secret']}: {done.stderr.strip()}")
    return done.stdout


def _telling(project: str, name: str) -> str:
    return f"$(gcloud secrets versions access latest --secret={SECRETS[name]} --project={project})"
