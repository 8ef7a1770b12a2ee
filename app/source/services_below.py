"""Services below: the folders of a repository that are services of their own where its root is none. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.source.build_context import context_of, copied

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
ENTRIES = ("Procfile", "main.go", "main.py", "app.py", "manage.py", "server.js", "config.ru")
# Folders that are looked at by people and by tests, and deployed by nobody.
ASIDE = re.compile(
    r"(?:^|/)(?:\.[^/]*|tests?|docs?|examples?|node_modules|vendor|third_party|scripts)(?:/|$)"
)
# What a package.json has that is more than a list of shortcuts, and the scripts that Google's buildpacks run.
_FILLED = frozenset({"dependencies", "devDependencies", "optionalDependencies", "workspaces"})
_AT_WORK = frozenset({"start", "build", "gcp-build", "preinstall", "install", "postinstall", "prepare"})
# Folders that are called after how something is packed, not after what it is.
PACKED = re.compile(
    r"(?i)docker(?:files?)?|containers?|deploy(?:ment)?|build|package|packaging|ci|infra|ops|\."
)
UNBUILT = (
    "mix.exs",
    "Cargo.toml",
    "build.sbt",
    "project.clj",
    "deps.edn",
    "Package.swift",
    "shard.yml",
    "gleam.toml",
)
DEEPEST = 2  # folders below the root: `vote`, `services/vote`
SHOWN = 6


def services_below(files: Files) -> tuple[str, ...]:
    """The folders with a Dockerfile or with what starts, else with a manifest; none where the root is built itself."""
    if root_is_one(files):
        return ()
    listed = folders_with(files, MANIFESTS)
    if docker := folders_with(files, {"Dockerfile"}):
        within = tuple(_copied_elsewhere(files, docker))
        alone = (each for each in listed if _starts(files, each) and not f"{each}/".startswith(within))
        return tuple(sorted({*docker, *alone}))
    # The assets of an application in a language that no buildpack knows are no service beside it.
    return () if any(path in files.paths for path in UNBUILT) else listed


def _copied_elsewhere(files: Files, folders: tuple[str, ...]) -> Iterator[str]:
    """Folders, with a slash each, whose content is in the image of a Dockerfile that stands in another."""
    for folder in folders:
        path, dockerfile = built_from(files, folder)
        if dockerfile:
            inside = "" if path == "." else f"{path}/"
            for name in copied(files.dockerfiles[f"{folder}/Dockerfile"]):
                whole = f"{inside}{name}"
                yield f"{whole if whole in files.folders else whole.rpartition('/')[0]}/"


def built_from(files: Files, folder: str) -> tuple[str, str]:
    """`path` of the service in a folder, and `dockerfile` from there: empty where the Dockerfile is at the path."""
    own = f"{folder}/Dockerfile" if folder else "Dockerfile"
    parsed = files.dockerfiles.get(own)
    context = context_of(files, own, parsed) if parsed else folder
    return context or ".", "" if context == folder else own[len(context) + 1 if context else 0 :]


def root_is_one(files: Files) -> bool:
    """Whether the root itself can be built."""
    at_root = {path for path in files.paths if "/" not in path}
    return any(AT_ROOT.fullmatch(path) for path in at_root) or bool(at_root & MANIFESTS - _hollow(files))


def _starts(files: Files, folder: str) -> bool:
    """Whether the manifest of this folder is an application's, where it may as well be a library's."""
    package = files.json(f"{folder}/package.json")
    scripts = package.get("scripts") if isinstance(package, dict) else None
    return (isinstance(scripts, dict) and "start" in scripts) or any(
        f"{folder}/{name}" in files.paths for name in ENTRIES
    )


def _hollow(files: Files) -> set[str]:
    """A root's package.json that has words for people alone: nothing to install, to build or to start."""
    package = files.json("package.json")
    if not isinstance(package, dict) or package.keys() & _FILLED or "pnpm-workspace.yaml" in files.paths:
        return set()
    scripts = package.get("scripts")
    return set() if isinstance(scripts, dict) and scripts.keys() & _AT_WORK else {"package.json"}


def lone_dockerfile(files: Files) -> str:
    """The only Dockerfile below a root that has none, when what it copies is found from the root; else empty."""
    if any("/" not in path for path in files.dockerfiles):
        return ""
    found = [path for path in files.dockerfiles if not ASIDE.search(path.rpartition("/")[0])]
    one = found[0] if len(found) == 1 else ""
    return one if one and not context_of(files, one, files.dockerfiles[one]) else ""


def configuration(files: Files, folders: tuple[str, ...]) -> str:
    """The line of servergem.yml that makes each of these folders a service, no two of the same name."""
    named = (f"{name}: {{{_keys(files, folder)}}}" for folder, name in names_of(folders[:SHOWN]).items())
    return f"services: {{{', '.join(named)}}}"


def _keys(files: Files, folder: str) -> str:
    path, dockerfile = built_from(files, folder)
    return f"path: {path}, build: {{dockerfile: {dockerfile}}}" if dockerfile else f"path: {path}"


def names_of(folders: tuple[str, ...], otherwise: str = "app") -> dict[str, str]:
    """What the service of each folder is to be called: its last part, or all of it where two end alike."""
    last = Counter(name_of(folder) or otherwise for folder in folders)
    return {
        folder: name if last[name := name_of(folder) or otherwise] == 1 else _whole_name(folder)
        for folder in folders
    }


def folders_with(files: Files, names: set[str] | frozenset[str]) -> tuple[str, ...]:
    """The folders that have a file of one of these names, but for those that nobody deploys."""
    found = {path.rpartition("/")[0] for path in files.paths if path.rpartition("/")[2] in names}
    return tuple(sorted(f for f in found if f and f.count("/") < DEEPEST and not ASIDE.search(f)))


def name_of(folder: str) -> str:
    """What the service of a folder is to be called; empty for one that is called after how it is packed."""
    parts = [part for part in folder.split("/") if not PACKED.fullmatch(part)]
    return _whole_name(parts[-1]) if parts else ""


def _whole_name(folder: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-")
