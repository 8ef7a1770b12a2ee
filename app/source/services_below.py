"""Services below: the folders of a repository that are services of their own where its root is none. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.source.build_context import context_of, copied
from app.source.formats import value_of

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
# Code of tools, which stands at many a root and serves nobody.
TOOLS = re.compile(
    r"\.[^/]*|(?:noxfile|conftest|tasks|fabfile|owlbot)[\w-]*\.py|"
    r"(?:(?i:gulpfile|gruntfile|dangerfile)|[^/]*\.(?:config|setup|d))\.[cm]?[jt]s"
)
ENTRIES = ("Procfile", "main.go", "main.py", "app.py", "manage.py", "server.js", "config.ru")
# Folders that are looked at by people and by tests, and deployed by nobody.
ASIDE = re.compile(
    r"(?:^|/)(?:\.[^/]*|tests?|docs?|examples?|node_modules|vendor|third_party|scripts)(?:/|$)"
)
# The same in a repository that is examples and nothing else.
_ASIDE_OF_EXAMPLES = re.compile(ASIDE.pattern.replace("examples?|", ""))
# Folders whose code others use.
SHARED = re.compile(r"(?:libs?|packages|shared|proto|protos)")
# What a package.json has that is more than tools and shortcuts, and the scripts that make or start something.
_FILLED = frozenset({"dependencies", "optionalDependencies"})
_AT_WORK = frozenset({"start", "build", "gcp-build"})
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
# A Dockerfile's own name says what it is for.
_MAIN = re.compile(r"(?i)prod|release|public|deploy|cloud")
_ASIDE_NAME = re.compile(r"(?i)dev|test|ci\b|local|debug|base|lint|docs|e2e|cypress|playwright|bench")
# Versions that only the workspace's root can solve: https://pnpm.io/workspaces, https://pnpm.io/catalogs
_OF_THE_ROOT = ("workspace:", "catalog:", "link:", "portal:", "file:..")
DEEPEST = 2  # folders below the root: `vote`, `services/vote`
SHOWN = 6


def services_below(files: Files) -> tuple[str, ...]:
    """The folders with a Dockerfile or with what starts, else with a manifest; none where the root is built itself."""
    return () if root_is_one(files) else _below(files, ASIDE) or _below(files, _ASIDE_OF_EXAMPLES)


def _below(files: Files, aside: re.Pattern[str]) -> tuple[str, ...]:
    listed, docker = folders_with(files, MANIFESTS, aside), folders_with(files, {"Dockerfile"}, aside)
    if has_workspaces(files):
        return docker or _alone_in_workspaces(files, listed)
    if docker:
        within = tuple(_copied_elsewhere(files, docker))
        alone = (each for each in listed if _starts(files, each) and not f"{each}/".startswith(within))
        return tuple(sorted({*docker, *alone}))
    # The assets of an application in a language that no buildpack knows are no service beside it.
    return () if any(path in files.paths for path in UNBUILT) else _without_libraries(files, listed)


def _without_libraries(files: Files, folders: tuple[str, ...]) -> tuple[str, ...]:
    """Beside what starts, a package of a shared folder that nothing starts is a library of it."""
    starting = {folder for folder in folders if _starts(files, folder)}
    return tuple(
        folder
        for folder in folders
        if not starting or folder in starting or not SHARED.fullmatch(folder.partition("/")[0])
    )


def _alone_in_workspaces(files: Files, folders: tuple[str, ...]) -> tuple[str, ...]:
    """The packages that start by themselves, and not those that need what is outside of their folder."""
    needing = needing_others(files)
    return tuple(folder for folder in folders if _starts(files, folder) and folder not in needing)


def needing_others(files: Files) -> tuple[str, ...]:
    """The packages of the root's workspaces that start, and need others of them or what the root says."""
    if not has_workspaces(files) or root_is_one(files):
        return ()
    packages = {
        folder: files.json(f"{folder}/package.json") for folder in folders_with(files, {"package.json"})
    }
    names = {
        package["name"] for package in packages.values() if isinstance(package, dict) and "name" in package
    }
    return tuple(
        folder
        for folder, package in packages.items()
        if isinstance(package, dict) and _starts(files, folder) and _needs_others(package, names)
    )


def _needs_others(package: dict[str, Any], names: set[Any]) -> bool:
    tables = (package.get(key) for key in ("dependencies", "devDependencies", "optionalDependencies"))
    needs = {
        name: str(version) for table in tables if isinstance(table, dict) for name, version in table.items()
    }
    return any(name in names or version.startswith(_OF_THE_ROOT) for name, version in needs.items())


def has_workspaces(files: Files) -> bool:
    """Whether the root holds packages of Node together that need each other."""
    package = files.json("package.json")
    return "pnpm-workspace.yaml" in files.paths or (isinstance(package, dict) and "workspaces" in package)


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
    return (
        any(AT_ROOT.fullmatch(path) and not TOOLS.fullmatch(path) for path in at_root)
        or bool(otherwise_named(files, ""))
        or bool(at_root & MANIFESTS - _hollow(files))
    )


def _starts(files: Files, folder: str) -> bool:
    """Whether the manifest of this folder is an application's, where it may as well be a library's."""
    package = files.json(f"{folder}/package.json")
    scripts = package.get("scripts") if isinstance(package, dict) else None
    return (isinstance(scripts, dict) and "start" in scripts) or any(
        f"{folder}/{name}" in files.paths for name in ENTRIES
    )


def _hollow(files: Files) -> set[str]:
    """The root's manifests that are for people and tools alone: nothing that is served needs them."""
    package, project = files.json("package.json"), value_of("pyproject.toml", files.text("pyproject.toml"))
    found = {"package.json"} if isinstance(package, dict) and _is_hollow_package(files, package) else set()
    return found | (
        {"pyproject.toml"} if isinstance(project, dict) and _is_hollow_project(project) else set()
    )


def _is_hollow_package(files: Files, package: dict[str, Any]) -> bool:
    """What only holds workspaces together serves with a script `start` alone."""
    scripts = package.get("scripts")
    names = scripts.keys() if isinstance(scripts, dict) else set[str]()
    if has_workspaces(files):
        return "start" not in names
    return not (package.keys() & _FILLED or names & _AT_WORK)


def _is_hollow_project(project: dict[str, Any]) -> bool:
    """Settings of tools, or the workspace of uv that its members are named in, without packages of its own."""
    tool = project.get("tool")
    stated = project.get("project")
    own = isinstance(stated, dict) and (stated.get("dependencies") or stated.get("scripts"))
    return not own and "build-system" not in project and not (isinstance(tool, dict) and "poetry" in tool)


def lone_dockerfile(files: Files) -> str:
    """The only Dockerfile below a root that has none, when what it copies is found from the root; else empty."""
    if any("/" not in path for path in files.dockerfiles):
        return ""
    likely = [path for path in files.dockerfiles if not ASIDE.search(path.rpartition("/")[0])]
    found = [path for path in likely if path.endswith("/Dockerfile")] or likely
    one = found[0] if len(found) == 1 else ""
    return one if one and not context_of(files, one, files.dockerfiles[one]) else ""


def otherwise_named(files: Files, inside: str) -> str:
    """The likeliest of a folder's Dockerfiles where none of them has the name that is looked for; else empty."""
    here = [path[len(inside) :] for path in files.dockerfiles if path.rpartition("/")[0] == inside[:-1]]
    if "Dockerfile" in here:
        return ""
    return min(
        here,
        key=lambda name: (_ASIDE_NAME.search(name) is not None, not _MAIN.search(name), name),
        default="",
    )


def folders_with(
    files: Files, names: set[str] | frozenset[str], aside: re.Pattern[str] = ASIDE
) -> tuple[str, ...]:
    """The folders that have a file of one of these names, but for those that nobody deploys."""
    found = {path.rpartition("/")[0] for path in files.paths if path.rpartition("/")[2] in names}
    return tuple(sorted(f for f in found if f and f.count("/") < DEEPEST and not aside.search(f)))
