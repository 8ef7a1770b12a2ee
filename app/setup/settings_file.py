"""The file of settings that a set-up writes: lines for a shell, and the private key beside it, for its owner alone."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path


class Unusable(Exception):  # noqa: N818 - reads as what it is
    """The file in which settings are kept, or were to be, and why it is of no use."""


NEEDED = ("GITHUB_APP_ID", "GITHUB_API_URL")
KEYS = ("GITHUB_PRIVATE_KEY", "GITHUB_PRIVATE_KEY_FILE")
# A value that a shell asks for when it reads the file: app.setup.in_secret_manager.
ASKED_FOR = re.compile(r"\$\(gcloud [\w=:. -]+\)")


def reserve(path: Path) -> None:
    """Take the file's and its key's place, before anything secret is on its way to them. Raises Unusable."""
    for place in (path, key_beside(path)):
        try:
            os.close(os.open(place, os.O_CREAT | os.O_WRONLY, 0o600))
            place.chmod(0o600)
        except OSError as error:
            raise Unusable(
                f"{place} cannot be written: {error.strerror}. Name a file with --into."
            ) from error


def key_beside(path: Path) -> Path:
    return path.with_name(f"{path.stem}.private-key.pem")


def write(path: Path, settings: Mapping[str, str], key: str) -> None:
    """Keep them in the reserved files; the key first, so that what names it is not without it."""
    key_beside(path).write_text(key)
    named = dict(settings) | {"GITHUB_PRIVATE_KEY_FILE": str(key_beside(path).resolve())}
    path.write_text(_lines(named))


def exchange(path: Path, settings: Mapping[str, str], change: Callable[[], None]) -> None:
    """Keep other settings in place of these, once `change` has come true. Raises Unusable, and what `change` raises.

    They are on the disk before it, since what it makes true is known nowhere else; a crash between the two leaves
    them beside the file, with the ending .new.
    """
    coming = path.with_name(f"{path.name}.new")
    try:
        with os.fdopen(os.open(coming, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            file.write(_lines(settings))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise Unusable(f"{coming} cannot be written: {error.strerror}.") from error
    change()
    coming.replace(path)


def _lines(settings: Mapping[str, str]) -> str:
    return "".join(f"{name}={_quoted(value)}\n" for name, value in settings.items())


def _quoted(value: str) -> str:
    return f'"{value}"' if ASKED_FOR.fullmatch(value) else shlex.quote(value)


def read(path: Path) -> dict[str, str]:
    """The settings that the file holds; none where it is empty or is not there. Raises Unusable for any other file."""
    try:
        lines = shlex.split(path.read_text(), comments=True) if path.exists() else []
    except (OSError, ValueError) as error:
        raise Unusable(f"{path} cannot be read: {error}. Name another file with --into.") from error
    found: dict[str, str] = dict(line.split("=", 1) for line in lines if "=" in line)
    if lines and not (all(map(found.get, NEEDED)) and any(map(found.get, KEYS))):
        raise Unusable(f"{path} is there, and holds no App's settings. Name another file with --into.")
    return found


def key_of(settings: Mapping[str, str]) -> str:
    """The private key that they name. Raises Unusable."""
    if key := settings.get("GITHUB_PRIVATE_KEY"):
        return key
    place = settings["GITHUB_PRIVATE_KEY_FILE"]
    try:
        return Path(place).read_text()
    except OSError as error:
        fix = "Make another key on the App's page and put it there."
        raise Unusable(f"The App's key in {place} cannot be read: {error.strerror}. {fix}") from error
