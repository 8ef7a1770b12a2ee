"""Unbuilt Node: which Node services run on Google's base image without a build, and how they start there. Pure.

What the buildpacks do by themselves stays the measure: cmd/nodejs and pkg/nodejs of
github.com/GoogleCloudPlatform/buildpacks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.diagnosis.files import Files

# https://cloud.google.com/run/docs/configuring/services/runtime-base-images
VERSIONS = frozenset({"20", "22", "24"})
# What the buildpacks take where nothing is asked for: the newest with long-term support.
LATEST = "24"
LOCK = "package-lock.json"
REGISTRY = "https://registry.npmjs.org/"
# What makes the buildpacks take another language, another package manager or another registry.
OTHERS = re.compile(
    r"(?:requirements\.txt|pyproject\.toml|Pipfile|go\.mod|pom\.xml|Gemfile|composer\.json|project\.toml|"
    r"yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|npm-shrinkwrap\.json|\.npmrc|\.yarnrc(?:\.yml)?|angular\.json|"
    r"(?:build|settings)\.gradle(?:\.kts)?|(?:next|nuxt)\.config\.\w+|"
    r"[^/]+\.(?:py|php|go|java|jar|rb|csproj|fsproj|sln))"
)
# One major version, whatever follows it: 22, 22.x, ^22.1, ~22.1.0, v22.4.1.
MAJOR = re.compile(r"[\^~v=]?\s*(\d+)(?:\.(?:\d+|x|\*)){0,2}")
# npm may run more of itself before and after, and base images need not bring it.
BY_MANAGER = re.compile(r"(?:^|[\s;&|(])(?:npm|npx|yarn|pnpm|bun|corepack)\b|npm_")
BUILDS = ("gcp-build", "build")
HOOKS = ("preinstall", "install", "postinstall", "prepare", "prestart", "poststart")
# Tables of a package that a lock repeats for its root.
INSTALLED = ("dependencies", "optionalDependencies", "peerDependencies")


def against(files: Files, inside: str, here: list[str]) -> Iterator[str]:
    """Why it has to be built, in words; nothing where it need not. `here` are the paths below `inside`."""
    if other := next((path for path in here if OTHERS.fullmatch(path)), ""):
        yield f"{inside}{other} asks for more than Node and npm"
    if any(path.startswith("node_modules/") for path in here):
        yield f"{inside}node_modules is part of the source"
    read = ("package.json", LOCK, "Procfile", ".nvmrc")
    if linked := next((name for name in read if inside + name in files.links), ""):
        yield f"{inside}{linked} is a link"
    if not isinstance(package := files.json(inside + "package.json"), dict):
        yield f"{inside}package.json cannot be read"
        return
    scripts = table(package, "scripts")
    if name := next((name for name in (*BUILDS, *HOOKS) if str(scripts.get(name, "")).strip()), ""):
        yield f"{inside}package.json has a script {name}"
    if key := next((key for key in ("workspaces", "packageManager") if package.get(key)), ""):
        yield f"{inside}package.json says {key}"
    yield from _loose(files, inside, package)


def _loose(files: Files, inside: str, package: Mapping[str, Any]) -> Iterator[str]:
    """What a lock has to say of every package, so that the same lock makes the same folder without running anything."""
    if not any(table(package, name) for name in INSTALLED):
        return
    lock = files.json(inside + LOCK)
    packages = table(lock, "packages")
    if not packages:
        yield f"there is no {inside}{LOCK} that npm 7 or newer has written"
        return
    root = packages.get("")
    if any(table(root, name) != table(package, name) for name in INSTALLED):
        yield f"{inside}{LOCK} is not of this package.json: `npm install` mends it"
    for path, entry in packages.items():
        if path and isinstance(entry, dict) and not entry.get("dev") and (why := _of_package(entry)):
            yield f"{path.removeprefix('node_modules/')[:80]} {why}"


def _of_package(entry: Mapping[str, Any]) -> str:
    if entry.get("hasInstallScript"):
        return "runs a script when it is installed"
    if entry.get("inBundle"):
        return ""
    # npm leaves the address out on demand (omit-lockfile-registry-resolved); its hash names the package all the same.
    told = str(entry.get("resolved", REGISTRY))
    return "" if told.startswith(REGISTRY) and entry.get("integrity") else "is not of npm's registry"


def version(files: Files, inside: str) -> str:
    """The major version, or "" where it is none that a base image has, or not one alone."""
    asked = str(table(files.json(inside + "package.json"), "engines").get("node", "")).strip()
    noted = files.text(inside + ".nvmrc").strip()
    if not asked and inside + ".nvmrc" in files.paths:
        asked = noted or "?"
    found = MAJOR.fullmatch(asked) if asked else None
    major = found[1] if found else "" if asked else LATEST
    return major if major in VERSIONS else ""


def lock(files: Files, inside: str) -> str:
    """What is installed, empty where nothing is."""
    package = files.json(inside + "package.json")
    needs = any(table(package, name) for name in INSTALLED)
    return files.text(inside + LOCK) if needs else ""


def command(files: Files, inside: str) -> str:
    """What npm's `start` would run, else what Node is given by itself; empty where that is not clear."""
    package = files.json(inside + "package.json")
    said = table(package, "scripts").get("start")
    if isinstance(said, str) and said.strip():
        return "" if BY_MANAGER.search(said) or "\n" in said else said.strip()
    main = package.get("main") if isinstance(package, dict) else None
    for name in ("server.js", main if isinstance(main, str) else "index.js"):
        path = name.removeprefix("./")
        if inside + path in files.paths and re.fullmatch(r"[\w./-]+", path):
            return f"node {json.dumps(path)[1:-1]}"
    return ""


def table(value: object, key: str) -> Mapping[str, Any]:
    """A table within a table of JSON, empty where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}
