"""What a parser can see in a commit before a build minute is paid for; pure, and silent where it cannot be sure."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Callable, Iterator

from packaging.requirements import InvalidRequirement, Requirement

from app import dockerfile
from app.diagnosis.files import Files
from app.dockerfile import KEYWORDS, Dockerfile, Ignored, Instruction
from app.model import Build, Finding, Place, Target, Weight

# What Google's buildpacks look for: https://cloud.google.com/docs/buildpacks/overview
RECOGNISED = re.compile(
    r"(?:requirements\.txt|pyproject\.toml|Pipfile|poetry\.lock|uv\.lock|environment\.yml|package\.json|go\.mod|pom\.xml|"
    r"build\.gradle(?:\.kts)?|Gemfile|composer\.json|project\.toml|Procfile|index\.php|pubspec\.yaml|[^/]+\.(?:csproj|fsproj|"
    r"vbproj|py|go|jar|js|rb|php))$"
)
# https://github.com/distribution/reference: registry, path, tag, digest.
IMAGE = re.compile(
    r"(?:[A-Za-z0-9][\w.-]*(?::\d+)?/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
    r"(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$"
)
VARIABLE = re.compile(r"\$\{?\w")


def inspect(files: Files, target: Target) -> tuple[Finding, ...]:
    """Everything that is wrong with a service's source, worst first."""
    inside = _inside(target)
    if inside and not any(path.startswith(inside) for path in files.paths):
        return (_no_such_path(files, target),)
    plan = target.service.build
    found = list(_manifests(files, inside))
    path = inside + plan.dockerfile
    if plan.kind is Build.DOCKERFILE or (plan.kind is Build.AUTO and path in files.paths):
        found += _dockerfile(files, target, path)
    elif not any(RECOGNISED.fullmatch(p[len(inside) :]) for p in files.paths if p.startswith(inside)):
        found.append(_nothing_to_build(target))
    return tuple(sorted(found, key=lambda finding: finding.weight is not Weight.STOP))


def wanted(path: str) -> bool:
    """Whether `inspect` may want to read this file, so that a reader of an archive keeps its text."""
    name = path.rpartition("/")[2]
    return (
        name in _PARSERS
        or "dockerfile" in name.lower()
        or name in (".dockerignore", "Procfile")
        or re.fullmatch(r"requirements[^/]*\.(?:txt|in)", name) is not None
    )


def _inside(target: Target) -> str:
    return "" if target.service.path == "." else target.service.path + "/"


# The Dockerfile


def _dockerfile(files: Files, target: Target, path: str) -> Iterator[Finding]:
    if path not in files.paths:
        yield _no_dockerfile(files, target, path)
        return
    parsed = dockerfile.parse(files.text(path))
    unknown = [each for each in parsed.instructions if each.keyword not in KEYWORDS]
    if unknown:
        yield from (_unknown_instruction(path, each) for each in unknown)
        return
    if not parsed.stages:
        yield _no_from(path)
        return
    yield from _images(path, parsed)
    yield from _copies(files, target, path, parsed)
    yield from _port(target, path, parsed)


def _images(path: str, parsed: Dockerfile) -> Iterator[Finding]:
    """Base images whose name no registry could hold."""
    before: set[str] = set()
    for stage in parsed.stages:
        known = stage.image.lower() in before or stage.image == "scratch" or VARIABLE.search(stage.image)
        if not known and not IMAGE.fullmatch(stage.image):
            yield Finding(
                code="base-image-name",
                title=_short(f"{stage.image} is not an image's name"),
                message="An image's name is lower case, with a tag after a colon.",
                fix=f"Write a name such as python:3.13-slim on line {stage.line} of {path}.",
                place=Place(path, stage.line),
                link="https://docs.docker.com/reference/dockerfile/#from",
            )
        if stage.name:
            before.add(stage.name.lower())


def _copies(files: Files, target: Target, path: str, parsed: Dockerfile) -> Iterator[Finding]:
    """COPY and ADD of what is not in the build context."""
    inside = _inside(target)
    context = sorted(p[len(inside) :] for p in files.paths if p.startswith(inside))
    beside = f"{path}.dockerignore"
    ignore = beside if beside in files.paths else inside + ".dockerignore"
    ignored = Ignored(files.text(ignore))
    visible = [each for each in context if not ignored.hides(each)]
    for each in parsed.of("COPY", "ADD"):
        if "from" in each.flags:
            yield from _from_stage(path, parsed, each)
            continue
        for source in each.arguments[:-1] if not each.heredoc else ():
            if VARIABLE.search(source) or "://" in source or source.startswith("git@"):
                continue
            clean = dockerfile.joined("/", source)[1:]
            pattern = dockerfile.copies(clean)
            if not clean or any(pattern.match(name) for name in visible):
                continue
            hidden = any(pattern.match(name) for name in context)
            yield _copy_of_nothing(path, each, source, ignore if hidden else "", context)


def _from_stage(path: str, parsed: Dockerfile, each: Instruction) -> Iterator[Finding]:
    """`--from` of a stage that is named nowhere; a name with a dot, colon or slash may be an image."""
    wanted_stage = each.flags["from"]
    names = [stage.name.lower() for stage in parsed.stages[: each.stage] if stage.name]
    if wanted_stage.isdecimal() or VARIABLE.search(wanted_stage) or re.search(r"[./:]", wanted_stage):
        return
    near = difflib.get_close_matches(wanted_stage.lower(), names, 1)
    if wanted_stage.lower() in names or not near:
        return  # nothing like it: it may be an image of Docker Hub
    yield Finding(
        code="stage-unknown",
        title=_short(f"No stage is named {wanted_stage}"),
        message=f"COPY --from={wanted_stage} names a stage that {path} does not have.",
        fix=f"Write --from={near[0]} on line {each.line} of {path}.",
        place=Place(path, each.line, each.end),
        link="https://docs.docker.com/build/building/multi-stage/",
    )


def _port(target: Target, path: str, parsed: Dockerfile) -> Iterator[Finding]:
    """EXPOSE is only a remark, but one that contradicts `port` is usually the truth."""
    exposed = [(word.partition("/")[0], each) for each in parsed.of("EXPOSE") for word in each.arguments]
    ports = {port for port, _ in exposed if port.isdecimal()}
    if not ports or str(target.service.port) in ports or any(VARIABLE.search(port) for port, _ in exposed):
        return
    port, each = exposed[-1]
    yield Finding(
        code="port-differs",
        weight=Weight.WARN,
        title=f"The Dockerfile exposes {port}, Cloud Run asks at {target.service.port}",
        message=f"Cloud Run sends requests to $PORT, which is {target.service.port} for {target.name}.",
        fix=f"Listen on $PORT, or write `port: {port}` for {target.name} in servergem.yml.",
        place=Place(path, each.line, each.end),
        link="https://cloud.google.com/run/docs/container-contract#port",
    )


# Manifests


def _manifests(files: Files, inside: str) -> Iterator[Finding]:
    """Files that a build reads first and that do not parse."""
    for path in sorted(files.paths):
        folder, _, name = path.rpartition("/")
        if folder and folder + "/" != inside and folder != inside.rstrip("/"):
            continue
        if bool(inside) != bool(folder):
            continue
        if parser := _PARSERS.get(name):
            yield from parser(path, files.text(path))
        elif name == "requirements.txt":
            yield from _requirements(path, files.lines(path))


def _json(path: str, text: str) -> Iterator[Finding]:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        yield _does_not_parse(path, error.lineno, error.msg, "JSON")


def _toml(path: str, text: str) -> Iterator[Finding]:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = re.search(r"\(at line (\d+)", str(error))
        line = int(said[1]) if said else max(1, text.count("\n"))
        yield _does_not_parse(path, line, str(error).partition(" (at")[0], "TOML")


_PARSERS: dict[str, Callable[[str, str], Iterator[Finding]]] = {
    "package.json": _json,
    "package-lock.json": _json,
    "composer.json": _json,
    "composer.lock": _json,
    "pyproject.toml": _toml,
    "poetry.lock": _toml,
    "uv.lock": _toml,
    "Cargo.toml": _toml,
    "Pipfile": _toml,
}


def _requirements(path: str, lines: tuple[str, ...]) -> Iterator[Finding]:
    """Lines that are neither an option, nor a path or address, nor a requirement."""
    continued = False
    for number, line in enumerate(lines, 1):
        begins, continued = not continued, line.rstrip().endswith("\\")
        words = re.split(r"(?:^|\s)#", line)[0].strip().rstrip("\\").strip()
        if (
            not begins
            or not words
            or words.startswith("-")
            or re.search(r"^[./]|://|\$\{|\.whl|\.zip|\.tar", words)
        ):
            continue
        words = re.split(r"\s--", words)[0].strip()
        try:
            Requirement(words)
        except InvalidRequirement as error:
            yield _bad_requirement(path, number, words, str(error).split("\n")[0])


# The findings


def _short(title: str) -> str:
    return title if len(title) <= 80 else title[:79] + "…"


def _no_such_path(files: Files, target: Target) -> Finding:
    folders = {path.rpartition("/")[0] for path in files.paths if "/" in path}
    near = files.nearest(target.service.path, folders)
    return Finding(
        code="path-missing",
        title=_short(f"There is no folder {target.service.path}"),
        message=f"{target.name} is to be built from {target.service.path}, which this commit does not have.",
        fix=f"Write `path: {near}` in servergem.yml."
        if near
        else "Name a folder of the repository as `path:`.",
        place=target.place("path"),
    )


def _no_dockerfile(files: Files, target: Target, path: str) -> Finding:
    near = files.nearest(path, files.dockerfiles)
    return Finding(
        code="dockerfile-missing",
        title=_short(f"There is no {path}"),
        message=f"The service {target.name} is to be built with a Dockerfile that this commit does not have.",
        fix=f"Name {near} as `build: {{dockerfile: …}}`, relative to the service's path."
        if near
        else f"Add {path}, or write `build: buildpacks`.",
        place=target.place("build"),
    )


def _nothing_to_build(target: Target) -> Finding:
    where = "the repository's root" if target.service.path == "." else target.service.path
    return Finding(
        code="nothing-to-build",
        title=_short(f"Nothing in {where} says how to build {target.name}"),
        message="There is no Dockerfile, and no file by which buildpacks recognise a language.",
        fix="Add a Dockerfile, or a requirements.txt, package.json, go.mod, pom.xml, Gemfile or composer.json; "
        "when the service is in another folder, write it as `path:` in servergem.yml.",
        place=target.place("path"),
        link="https://cloud.google.com/docs/buildpacks/overview",
    )


def _unknown_instruction(path: str, each: Instruction) -> Finding:
    near = difflib.get_close_matches(each.keyword, sorted(KEYWORDS), 1)
    return Finding(
        code="dockerfile-unknown-instruction",
        title=_short(f"{each.keyword} is not a Dockerfile instruction"),
        message=f"Line {each.line} of {path} begins with {each.keyword}.",
        fix=f"Write {near[0]} instead." if near else "Begin the line with one of Docker's instructions.",
        place=Place(path, each.line, each.end),
        link="https://docs.docker.com/reference/dockerfile/",
    )


def _no_from(path: str) -> Finding:
    return Finding(
        code="dockerfile-no-from",
        title=_short(f"{path} names no base image"),
        message="A Dockerfile begins with FROM.",
        fix=f"Write a line such as `FROM python:3.13-slim` at the top of {path}.",
        place=Place(path, 1),
        link="https://docs.docker.com/reference/dockerfile/#from",
    )


def _copy_of_nothing(path: str, each: Instruction, source: str, ignore: str, context: list[str]) -> Finding:
    near = difflib.get_close_matches(source.removeprefix("./"), context, 1)
    fix = (
        f"Write {near[0]} instead of {source}."
        if near
        else f"Add {source} to the repository, or remove it here."
    )
    if ignore:
        fix = f"Take {source} out of {ignore}, or do not copy it."
    return Finding(
        code="copy-source-ignored" if ignore else "copy-source-missing",
        title=_short(f"{each.keyword} of {source}, which {'is ignored' if ignore else 'is not there'}"),
        message=f"{ignore} hides it from the builder." if ignore else f"The build context has no {source}.",
        fix=fix,
        place=Place(path, each.line, each.end),
        link="https://docs.docker.com/build/concepts/context/",
    )


def _does_not_parse(path: str, line: int, said: str, language: str) -> Finding:
    return Finding(
        code="file-does-not-parse",
        title=_short(f"{path} is not valid {language}: {said}"),
        message=f"The build reads {path} first and stops at line {line}: {said}.",
        fix=f"Correct line {line} of {path}.",
        place=Place(path, line),
    )


def _bad_requirement(path: str, line: int, words: str, said: str) -> Finding:
    return Finding(
        code="requirement-invalid",
        title=_short(f"{words} is not a requirement"),
        message=f"pip cannot read line {line} of {path}: {said}.",
        fix="Write a name and a version, such as requests==2.32.3.",
        place=Place(path, line),
        link="https://pip.pypa.io/en/stable/reference/requirements-file-format/",
    )
