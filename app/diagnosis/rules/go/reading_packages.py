"""Go's packages: the repository's own modules, their folders, and the frames of a stack."""

from __future__ import annotations

import re

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.paths import nearest_first, repository_path
from app.diagnosis.places import matching
from app.diagnosis.rule import Hit, once_per_log
from app.diagnosis.traces import Trace
from app.diagnosis.transcript import Kind
from app.model import Place

BUILD = frozenset({Kind.STEP, Kind.INSTRUCTION})

MOST_SOURCES = 2000


# Packages and their folders


@once_per_log
def modules(hit: Hit) -> tuple[tuple[str, str], ...]:
    """(module path, folder) of every go.mod, the longest module path first."""
    found = []
    for path in hit.files.named("go.mod"):
        for line in hit.files.lines(path):
            if match := re.match(r"\s*module\s+\"?([^\s\"]+)", line):
                found.append((match[1], path.rpartition("/")[0]))
                break
    return tuple(sorted(found, key=lambda each: -len(each[0])))


def folder_of(hit: Hit, package: str) -> str | None:
    """The repository's folder of an import path of its own; None for somebody else's."""
    for module, folder in modules(hit):
        if package == module or package.startswith(module + "/"):
            inside = package[len(module) :].strip("/")
            return "/".join(part for part in (folder, inside) if part)
    return None


def sources(hit: Hit) -> tuple[str, ...]:
    paths = sorted((p for p in hit.files.paths if p.endswith(".go")), key=lambda p: (p.count("/"), p))
    return nearest_first(hit, tuple(paths[:MOST_SOURCES]))


def package_above(hit: Hit) -> str:
    """The package whose errors these are: `# example.com/app/store`, or `FAIL example.com/app/store` further on."""
    for line in hit.before(60):
        if match := re.match(r"# ([\w./-]+)(?: \[([\w./-]+?)(?:\.test)?\])?$", line):
            return match[1]
    return ""


def package_below(hit: Hit) -> str:
    match = hit.find_after(r"^(?:FAIL|ok  )\s+([\w./-]+)\s+(?:[\d.]+s|\(cached\)|\[)", 400)
    return match[1] if match else ""


def path_said(hit: Hit) -> str:
    name = hit["path"].removeprefix("./")
    bare = name.rpartition("/")[2]
    package = package_below(hit) if hit.line.startswith((" ", "\t")) else package_above(hit)
    folder = folder_of(hit, package) if package else None
    if folder is not None:
        inside = f"{folder}/{bare}".strip("/")
        if inside in hit.files.paths:
            return inside
    return repository_path(hit.files, f"./{name}" if name.startswith("internal/") else hit["path"], hit)


def at(hit: Hit) -> Place | None:
    path = path_said(hit)
    return hit.files.place(path, int(hit["line"])) if path and len(hit["line"]) < 8 else None


TRACE = Trace(
    frame=re.compile(r"^\s+(?P<path>\S+/\S*\.go):(?P<line>\d{1,7})(?: \+0x[0-9a-f]+)?\s*$"),
    reach=160,
)


def import_place(hit: Hit) -> Place | None:
    """Where the package is imported."""
    name = hit["name"]
    if not name:
        return None
    pattern = rf'"{re.escape(name)}(?:/[^"]*)?"'
    for path in sources(hit):
        if line := hit.files.search(path, pattern):
            return hit.files.place(path, line)
    return None


def go_line(hit: Hit) -> Place | None:
    return matching(r"^\s*go\s+\d", "go.mod")(hit)


go_image = matching(r"(?i)^\s*FROM\s+(?:--platform=\S+\s+)?\S*golang", "Dockerfile")


def required(hit: Hit) -> Place | None:
    """The module's line in go.mod, also when only a package inside of it is named."""
    name = hit["name"]
    while name.count("/") >= 1:
        if place := dependency_line(hit, "go", name):
            return place
        name = name.rpartition("/")[0]
    return None


def module_advice(hit: Hit) -> str:
    """What to type where go runs without a go.mod: bring the one that is there, or make one."""
    if hit.files.named("go.mod"):
        return "COPY go.mod (and go.sum) to WORKDIR before this instruction"
    return "The repository has no go.mod: run go mod init NAME and go mod tidy, and commit go.mod and go.sum"


_BUILDPACK = r"GOOGLE_BUILDABLE|google\.go\.build|builder/issues|/buildpacks/"


def buildable(hit: Hit) -> Place | None:
    """Where a buildpack is told which package it builds; a line of the program that it should build is not to change."""
    if not hit.find(_BUILDPACK):
        return None
    return matching(r"GOOGLE_BUILDABLE", "project.toml", "cloudbuild.yaml", "cloudbuild.yml", "app.yaml")(hit)


def folder_advice(hit: Hit) -> str:
    """What to type so that go builds the folder with the program: a buildpack is told by a variable."""
    folder = next(
        (p.rpartition("/")[0] for p in sources(hit) if hit.files.search(p, r"^package main\b") and "/" in p),
        "",
    )
    if hit.find(_BUILDPACK):
        wanted = f"./{folder}" if folder else "./cmd/NAME"
        return f"Set the build's variable GOOGLE_BUILDABLE={wanted} (pack build --env, gcloud run deploy --set-build-env-vars, or [[build.env]] in project.toml)"
    wanted = f"./{folder}" if folder else "./cmd/…"
    return f"Give go build the folder of package main ({wanted}, seen from WORKDIR), and COPY the sources before it"
