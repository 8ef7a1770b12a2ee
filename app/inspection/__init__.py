"""What a parser can see in a commit before a build minute is paid for; pure, and silent where it cannot be sure.

A push, preflight and `servergem check` all ask here. A stop needs proof: what was not read is not judged, and what is
only likely is a warning.
"""

from __future__ import annotations

import re

from app.config import remarks
from app.diagnosis.files import Files
from app.inspection import dockerfile, manifests
from app.inspection.below import below_the_root
from app.inspection.languages import DENO_FILES, is_node_without_package, languages, unknown_language
from app.inspection.locks import lacked_by_buildpacks
from app.inspection.made_elsewhere import GITIGNORE
from app.inspection.node_build import node_build
from app.inspection.own_address import gradio_by_procfile
from app.inspection.python_version import python_version
from app.inspection.several import several
from app.inspection.to_write import to_write
from app.inspection.workspaces import workspaces
from app.model import Build, Finding, Place, Target, Weight
from app.source.missing_content import ATTRIBUTES, MODULES, missing_content
from app.source.services_below import (
    lone_dockerfile,
    otherwise_named,
    services_below,
)
from app.source.syntax import starts, syntax
from app.start_command import START_FILES, StartCommand, start_command
from app.start_command.entry_point import entry_point
from app.start_command.node import NEXT_CONFIGURATION
from app.start_command.script import CONFIGURATION
from app.text.titles import fitting


def inspect(files: Files, target: Target) -> tuple[Finding, ...]:
    """Everything that is wrong with a service's source, worst first."""
    if target.service.image:
        return ()
    if not files.whole:
        return (_not_looked_into(target),)
    inside = _inside(target)
    if _behind_a_link(files, inside):
        return ()
    lacking = tuple(missing_content(files, target))
    if inside and inside[:-1] not in files.folders:
        return tuple(each for each in lacking if each.weight is Weight.STOP) or (
            _no_such_path(files, target),
        )
    found: list[Finding] = [*remarks(target, files.paths), *lacking]
    first, path = "", inside + target.service.build.dockerfile
    if _is_built_with_docker(files, target, path):
        found += dockerfile.inspect(files, target, inside, path)
        found += manifests.beside_dockerfile(files, inside, path)
    elif not inside and (below := services_below(files)):
        found.append(below_the_root(files, target, below))
    elif (known := languages(files, inside)) and not is_node_without_package(files, inside, known):
        found += manifests.for_buildpacks(files, inside, known)
        found += python_version(files, inside, Weight.WARN if known - {"python", "any"} else Weight.STOP)
        found += entry_point(files, inside, target.source_name, releases=bool(target.service.release))
        found += gradio_by_procfile(files, inside, target)
        found += several(files, inside, known)
        found += () if inside else workspaces(files, target)
        found += node_build(files, inside)
        found += lacked_by_buildpacks(files, inside, known)
        first = starts(files, inside)
        if target.service.build.kind is Build.AUTO and (unused := _unused_dockerfile(files, inside)):
            found.append(_dockerfile_below(target, inside, unused, known))
    elif named := otherwise_named(files, inside):
        found.append(_dockerfile_named_otherwise(target, inside, named))
    else:
        found.append(_not_recognised(files, target, inside))
    found += syntax(files, inside, starts=first)
    return tuple(sorted(found, key=lambda finding: finding.weight is not Weight.STOP))


def _not_recognised(files: Files, target: Target, inside: str) -> Finding:
    """No buildpack takes this folder: what it is, and the file that makes it one that is built."""
    language = unknown_language(files, inside)
    if not language and (start := start_command(files, inside)):
        return _only_scripts(target, inside, start)
    if not language and inside + "index.html" in files.paths:
        return _static_site(target, inside)
    return _nothing_to_build(target, language)


def wanted(path: str) -> bool:
    """Whether `inspect` may want to read this file, so that a reader of an archive keeps its text."""
    name = path.rpartition("/")[2]
    return (
        name in manifests.READ
        or name in START_FILES | DENO_FILES
        or name.endswith((".py", ".toml", ".yml", ".yaml", ".conf", ".csproj", ".fsproj", ".vbproj"))
        or "dockerfile" in name.lower()
        or CONFIGURATION.fullmatch(name) is not None
        or NEXT_CONFIGURATION.fullmatch(name) is not None
        or name in (".dockerignore", "Procfile", "main.go", "go.mod", ATTRIBUTES, MODULES, GITIGNORE)
        or re.fullmatch(r"requirements[^/]*\.(?:txt|in)", name) is not None
    )


def named(target: Target) -> frozenset[str]:
    """The files that this Target names itself, whatever they are called."""
    path = _inside(target) + target.service.build.dockerfile
    return frozenset({path, f"{path}.dockerignore"})


def _inside(target: Target) -> str:
    return "" if target.service.path == "." else target.service.path + "/"


def _behind_a_link(files: Files, path: str) -> bool:
    parts = path.rstrip("/").split("/")
    return any("/".join(parts[: end + 1]) in files.links for end in range(len(parts)))


def _is_built_with_docker(files: Files, target: Target, path: str) -> bool:
    kind = target.service.build.kind
    return kind is Build.DOCKERFILE or (kind is Build.AUTO and path in files.paths)


def _not_looked_into(target: Target) -> Finding:
    return Finding(
        code="source-not-inspected",
        weight=Weight.WARN,
        title="The source is too large to be looked into before the build",
        message="Above 200,000 files or a gigabyte unpacked, faults are found by the build itself.",
        fix="Nothing has to be done; mark data and media `export-ignore` in .gitattributes to have the source "
        "looked into.",
        place=target.place("path"),
        link="https://git-scm.com/docs/gitattributes#_creating_an_archive",
    )


def _no_such_path(files: Files, target: Target) -> Finding:
    near = files.nearest(target.service.path, files.folders)
    return Finding(
        code="path-missing",
        title=fitting(f"There is no folder {target.service.path}"),
        message=f"{target.name} is to be built from {target.service.path}, which this commit does not have.",
        fix=f"Write `path: {near}` in servergem.yml."
        if near
        else "Name a folder of the repository as `path:`.",
        place=target.place("path"),
    )


def _unused_dockerfile(files: Files, inside: str) -> str:
    """From the service's path: one of another name there, or the only one below the repository's root."""
    return otherwise_named(files, inside) or ("" if inside else lone_dockerfile(files))


def _dockerfile_named_otherwise(target: Target, inside: str, name: str) -> Finding:
    return Finding(
        code="dockerfile-named-otherwise",
        title=fitting(f"Nothing says that {target.name} is built with {inside}{name}"),
        message=f"Without a word in servergem.yml a file called Dockerfile is looked for, and {inside or 'the root'} "
        "has none of that name and nothing that buildpacks recognise.",
        fix=f"Write {to_write(target, f'build: {{dockerfile: {name}}}')}, or rename it to Dockerfile.",
        place=Place(inside + name, 1),
    )


def _dockerfile_below(target: Target, inside: str, path: str, known: frozenset[str]) -> Finding:
    """Nobody has said which of the two ways is meant."""
    seen = ", ".join(sorted(known - {"any"})) or "a Procfile"
    where = inside.rstrip("/") or "The root"
    return Finding(
        code="dockerfile-below",
        weight=Weight.NOTE,
        title=fitting(f"{inside}{path} is not used: buildpacks build {target.name}"),
        message=f"{where} has no file called Dockerfile, and buildpacks find {seen} there.",
        fix=f"To build with it, write {to_write(target, f'build: {{dockerfile: {path}}}')}; "
        "`build: buildpacks` says that it is meant as it is.",
        place=Place(inside + path, 1),
    )


def _static_site(target: Target, inside: str) -> Finding:
    """Files for a browser and nothing that serves them: buildpacks have no server of files."""
    return Finding(
        code="static-site",
        title=fitting(f"{target.name} is a page without anything that serves it"),
        message=f"There is {inside}index.html, no Dockerfile, and no file by which buildpacks recognise a language.",
        fix=f"Add {inside}Dockerfile with the lines `FROM nginx:alpine` and `COPY . /usr/share/nginx/html`, and write "
        f"{to_write(target, 'port: 80')}.",
        place=Place(inside + "index.html", 1),
        link="https://hub.docker.com/_/nginx",
    )


def _only_scripts(target: Target, inside: str, start: StartCommand) -> Finding:
    return Finding(
        code="no-start-command",
        title=fitting(f"Google's buildpacks will not find what starts {target.source_name}"),
        message=f"Without a package.json they take scripts of Node.js only where a Procfile says what to start; "
        f"{start.origin} shows it.",
        fix=f"Write {inside}Procfile with the line `{start.procfile}`, and {inside}package.json with the packages "
        "that it needs: nothing is installed without one.",
        place=start.place or target.place("path"),
        link="https://cloud.google.com/docs/buildpacks/nodejs",
    )


def _nothing_to_build(target: Target, language: str) -> Finding:
    where = "the repository's root" if target.service.path == "." else target.service.path
    return Finding(
        code="nothing-to-build",
        title=fitting(f"Nothing in {where} says how to build {target.name}"),
        message=f"There is no Dockerfile, and Google's buildpacks do not know {language}."
        if language
        else "There is no Dockerfile, and no file by which buildpacks recognise a language.",
        fix=f"Add a Dockerfile that builds the {language} application and listens on $PORT."
        if language
        else "Add a Dockerfile, or a requirements.txt, package.json, go.mod, pom.xml, Gemfile or composer.json; "
        "when the service is in another folder, write it as `path:` in servergem.yml.",
        place=target.place("path"),
        link="https://cloud.google.com/docs/buildpacks/overview",
    )
