"""Services below: the folders of a repository that are services of their own where its root is none. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the rules of app.diagnosis ask for these folders themselves
    from app.diagnosis.files import Files

MANIFESTS = frozenset(
    {"requirements.txt", "pyproject.toml", "Pipfile", "package.json", "go.mod", "pom.xml", "build.gradle"}
    | {"build.gradle.kts", "Gemfile", "composer.json"}
)
# What makes the root itself the service.
AT_ROOT = re.compile(
    r"Dockerfile|Procfile|project\.toml|settings\.gradle(?:\.kts)?|[^/]+\.(?:py|js|mjs|cjs|ts|go|java|jar|rb|php)"
)
# Folders that are looked at by people and by tests, and deployed by nobody.
ASIDE = re.compile(
    r"(?:^|/)(?:\.[^/]*|tests?|docs?|examples?|node_modules|vendor|third_party|scripts)(?:/|$)"
)
DEEPEST = 2  # folders below the root: `vote`, `services/vote`
SHOWN = 6


def services_below(files: Files) -> tuple[str, ...]:
    """The folders with a Dockerfile, else those with a manifest; none where the root can be built itself."""
    if root_is_one(files):
        return ()
    return folders_with(files, {"Dockerfile"}) or folders_with(files, MANIFESTS)


def root_is_one(files: Files) -> bool:
    """Whether the root itself can be built."""
    return any("/" not in path and (path in MANIFESTS or AT_ROOT.fullmatch(path)) for path in files.paths)


def configuration(folders: tuple[str, ...]) -> str:
    """The line of servergem.yml that makes each of these folders a service."""
    named = (f"{name_of(folder)}: {{path: {folder}}}" for folder in folders[:SHOWN])
    return f"services: {{{', '.join(named)}}}"


def folders_with(files: Files, names: set[str] | frozenset[str]) -> tuple[str, ...]:
    """The folders that have a file of one of these names, but for those that nobody deploys."""
    found = {path.rpartition("/")[0] for path in files.paths if path.rpartition("/")[2] in names}
    return tuple(sorted(f for f in found if f and f.count("/") < DEEPEST and not ASIDE.search(f)))


def name_of(folder: str) -> str:
    """What the service of a folder is to be called."""
    return re.sub(r"[^a-z0-9]+", "-", folder.rpartition("/")[2].lower()).strip("-")
