"""Updated: whether Google may keep patching what is below a service's image, and which of its runtimes that is. Pure.

An image on nothing runs on one runtime alone, so that only what the buildpacks take for sure is named here; whatever
else there is gets an image that brings its own. See pkg/runtime, cmd/python/link_runtime and cmd/nodejs/runtime of
github.com/GoogleCloudPlatform/buildpacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.model import Build, Target
from app.source import unbuilt_node as node
from app.source.unbuilt import LATEST, PYTHONS, not_alone

if TYPE_CHECKING:
    from app.diagnosis.files import Files

# The stack that each runtime is made on: builders/python/acceptance/runtime.bzl and its neighbour for Node. The full
# ones, so that no library of the system that an image has today is missed.
STACKS = {
    **dict.fromkeys(("python310", "python311", "python312", "python313"), "google-22-full"),
    **dict.fromkeys(("nodejs20", "nodejs22"), "google-22-full"),
    **dict.fromkeys(("python314", "nodejs24"), "google-24-full"),
}
# What makes the buildpacks take another language, or is told to them in a file of its own.
OTHER_LANGUAGES = re.compile(
    r"(?:go\.mod|pom\.xml|Gemfile|composer\.json|project\.toml|(?:build|settings)\.gradle(?:\.kts)?|"
    r"[^/]+\.(?:php|go|java|jar|rb|csproj|fsproj|sln))"
)
OF_NODE = re.compile(r"(?:package\.json|[^/]+\.(?:js|ts|mjs))")
# A patch's number: somebody wants that very one, and a base image goes on to the next.
EXACT = re.compile(r"(?:python-?|[v=])?\s*\d+\.\d+\.\d+\s*")


@dataclass(frozen=True)
class Runtime:
    """One of Google's runtimes: `language` as its builder is called, `version` without a patch's number."""

    language: str
    version: str

    @property
    def id(self) -> str:
        """As Google calls it: `python312`, `nodejs22`."""
        return self.language + self.version.replace(".", "")

    @property
    def base(self) -> str:
        """The base image, as `STACK/RUNTIME`."""
        return f"{STACKS[self.id]}/{self.id}"

    @property
    def env(self) -> tuple[tuple[str, str], ...]:
        """What the buildpacks are told: this runtime and no other, and to leave it out of the image."""
        return (
            ("GOOGLE_RUNTIME", self.id),
            ("GOOGLE_RUNTIME_VERSION", f"{self.version}.*" + ".*" * (self.language == "nodejs")),
            ("X_GOOGLE_SKIP_RUNTIME_LAUNCH", "true"),
        )


def kept_whole(target: Target) -> str:
    """In words why the image has to bring its own base, whatever it holds; empty where nothing says so."""
    if not target.service.automatic_updates:
        return "`automatic_updates` is false"
    return next(not_alone(target), "")


def updates(target: Target) -> bool:
    """Whether its image is one of those that may be without a base of its own."""
    return target.service.build.kind in (Build.BUILDPACKS, Build.SOURCE) and not kept_whole(target)


def runtime(files: Files, target: Target) -> Runtime | str:
    """The runtime that its buildpacks take for sure, or in words why that is not known."""
    if not files.whole:
        return "its source is too large to be looked into"
    inside = "" if target.service.path == "." else target.service.path + "/"
    here = sorted(path[len(inside) :] for path in files.paths if path.startswith(inside))
    if other := next((path for path in here if OTHER_LANGUAGES.fullmatch(path)), ""):
        return f"{inside}{other} may be of another language"
    of_node = next((path for path in here if OF_NODE.fullmatch(path)), "")
    of_python = any(path.endswith(".py") and "node_modules/" not in path for path in here)
    if of_node and of_python:
        return f"there is Python as well as {inside}{of_node}"
    if not (of_node or of_python):
        return "it is neither Python nor Node"
    return next(_linked(files, inside), "") or (_node(files, inside) if of_node else _python(files, inside))


def _linked(files: Files, inside: str) -> Iterator[str]:
    for name in ("package.json", ".python-version"):
        if inside + name in files.links:
            yield f"{inside}{name} is a link"


def _python(files: Files, inside: str) -> Runtime | str:
    asked = files.text(inside + ".python-version").strip()
    if EXACT.fullmatch(asked):
        return f"{inside}.python-version asks for exactly {asked[:20]}"
    found = re.fullmatch(r"3\.\d+", asked or LATEST)
    if found is None or found[0] not in PYTHONS:
        return f"{inside}.python-version names no version that has a base image"
    if not asked and inside + ".python-version" in files.paths:
        return f"{inside}.python-version names no version"
    return Runtime("python", found[0])


def _node(files: Files, inside: str) -> Runtime | str:
    package = files.json(inside + "package.json")
    asked = str(node.table(package, "engines").get("node", "")).strip()
    if EXACT.fullmatch(asked):
        return f"{inside}package.json asks for exactly Node {asked[:20]}"
    version = node.version(files, inside)
    # The buildpacks read no .nvmrc, and who wrote one means another version than they take.
    if not version or (not asked and version != node.LATEST):
        return f"{inside}package.json asks for no one version of Node that has a base image"
    return Runtime("nodejs", version)
