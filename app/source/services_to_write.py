"""Services to write: what servergem.yml has to say where the root of a repository is no service; pure."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from app.config.names import service_name
from app.source.services_below import SHOWN, built_from

if TYPE_CHECKING:  # the rules of app.diagnosis look for services below the root themselves
    from app.diagnosis.files import Files

# Folders that are called after how something is packed or where its code is, not after what it is.
PACKED = re.compile(
    r"(?i)docker(?:files?)?|containers?|deploy(?:ment)?|build|package|packaging|ci|infra|ops|src|source|code|\."
)


def instead_of_the_root(files: Files, below: tuple[str, ...]) -> str:
    """What to do where the root was built and these folders are services, as a sentence without its stop."""
    return (
        f"Write servergem.yml with `{configuration(files, below)}`, without what answers no requests (`servergem init` "
        "does): the root is no service"
    )


def configuration(files: Files, folders: tuple[str, ...], otherwise: str = "") -> str:
    """The line of servergem.yml that makes each of these folders a service, no two of the same name.

    What the folder does not tell is called `otherwise`, or as the repository is.
    """
    named = names_of(
        folders[:SHOWN], otherwise or (service_name(files.repository) if files.repository else "app")
    )
    written = (f"{name}: {{{_keys(files, folder)}}}" for folder, name in named.items())
    return f"services: {{{', '.join(written)}}}"


def _keys(files: Files, folder: str) -> str:
    path, dockerfile = built_from(files, folder)
    return f"path: {path}, build: {{dockerfile: {dockerfile}}}" if dockerfile else f"path: {path}"


def names_of(folders: tuple[str, ...], otherwise: str) -> dict[str, str]:
    """What the service of each folder is to be called: its last part, or all of it where two end alike."""
    last = Counter(name_of(folder) or otherwise for folder in folders)
    return {
        folder: name if last[name := name_of(folder) or otherwise] == 1 else service_name(folder)
        for folder in folders
    }


def name_of(folder: str) -> str:
    """What the service of a folder is to be called; empty for one that is called after how it is packed."""
    parts = [part for part in folder.split("/") if not PACKED.fullmatch(part)]
    return service_name(parts[-1]) if parts and re.search(r"(?i)[a-z0-9]", parts[-1]) else ""
