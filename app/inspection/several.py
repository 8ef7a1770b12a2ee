"""Several programs in one folder, of which Google's buildpacks cannot choose the one to start. Pure.

Sources: FindProjectFile of pkg/dotnet/dotnet.go and goBuildable of cmd/go/build/main.go,
github.com/GoogleCloudPlatform/buildpacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.diagnosis.files import Files
from app.model import Finding, Place, Weight
from app.text.titles import fitting

LINK = "https://cloud.google.com/docs/buildpacks/service-specific-configs"
PROJECT = re.compile(r".*\.(?:cs|fs|vb)proj")
WEB = re.compile(r"Microsoft\.NET\.Sdk\.(?:Web|BlazorWebAssembly)\b")
# What `go list ./...` passes over.
NOT_LISTED = re.compile(r"(?:^|/)(?:[._][^/]*|testdata|vendor)(?:/|$)")
MAIN = re.compile(r"(?m)^package main\b")
LIKELY = ("server", "api", "web", "app", "main")
SHOWN = 4


def several(files: Files, inside: str, known: frozenset[str]) -> Iterator[Finding]:
    """A warning where nothing says which one is meant; `known` are the languages below `inside`."""
    if "GOOGLE_BUILDABLE" in files.text(f"{inside}project.toml"):
        return
    alone = known - {"any"}
    if alone == {"dotnet"}:
        yield from _projects(files, inside)
    elif (
        "go" in known and f"{inside}go.mod" in files.paths and alone <= {"go", "python", "ruby", "php", "cpp"}
    ):
        yield from _mains(files, inside)


def _projects(files: Files, inside: str) -> Iterator[Finding]:
    """.NET's buildpack takes the one project that there is in all folders, and ends where there are more."""
    found = sorted(p for p in files.paths if p.startswith(inside) and PROJECT.fullmatch(p))
    if len(found) < 2:
        return
    web = next((path for path in found if WEB.search(files.text(path))), found[0])
    yield _not_chosen(
        "dotnet-several-projects", "project", inside, tuple(found), web, web[len(inside) :], Place(web, 1)
    )


def _mains(files: Files, inside: str) -> Iterator[Finding]:
    """Go's takes the only `package main`, or the root's; where there are several, it builds a root without code."""
    here = [p[len(inside) :] for p in files.paths if p.startswith(inside) and p.endswith(".go")]
    if any("/" not in path for path in here):
        return
    modules = tuple(
        p[len(inside) : -len("go.mod")]
        for p in files.paths
        if p.startswith(inside) and p.endswith("/go.mod") and p != f"{inside}go.mod"
    )
    mains = sorted(
        path
        for path in here
        if path.endswith("/main.go")
        and not NOT_LISTED.search(path)
        and not path.startswith(modules)
        and MAIN.search(files.text(inside + path))
    )
    if len(mains) < 2:
        return
    folders = tuple(path.rpartition("/")[0] for path in mains)
    likely = (each for name in LIKELY for each in folders if each.rpartition("/")[2] == name)
    chosen = next(likely, folders[0])
    shown = tuple(f"{inside}{each}" for each in folders)
    place = Place(f"{inside}{chosen}/main.go", 1)
    yield _not_chosen(
        "go-several-programs", "program", inside, shown, f"{inside}{chosen}", f"./{chosen}", place
    )


def _not_chosen(
    code: str, what: str, inside: str, found: tuple[str, ...], chosen: str, value: str, place: Place
) -> Finding:
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return Finding(
        code=code,
        weight=Weight.WARN,
        title=fitting(f"Nothing says which of {len(found)} {what}s starts"),
        message=f"There are {', '.join(found[:SHOWN])}{more}, and Google's buildpack chooses none of them by itself.",
        fix=f'Write {inside}project.toml with the lines `[[build.env]]`, `name = "GOOGLE_BUILDABLE"` and '
        f'`value = "{value}"`, if {chosen} is the one; or add a Dockerfile.',
        place=place,
        link=LINK,
    )
