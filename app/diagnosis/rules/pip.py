"""pip: what it cannot find, agree on or build, from the line that asked for it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.places import (
    dependency_line,
    failing_instruction,
    in_instruction,
    manifest,
    nearest_first,
)
from app.diagnosis.rule import Hit, Rank, Rule
from app.model import Blame, Place

_NO_NAMES = frozenset(
    ["see", "the", "from", "build", "dependencies", "requirements", "for", "installable", "error"]
)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


def _requirement(hit: Hit) -> Mapping[str, str] | None:
    wanted = hit["req"].strip()
    name = _NAME.match(wanted)
    return {"name": name[0] if name else wanted, "versions": _versions(hit)}


def _versions(hit: Hit) -> str:
    said = hit.find_before(r"\(from versions: ([^)]*)\)", 3) or re.search(
        r"\(from versions: ([^)]*)\)", hit.line
    )
    listed = [v.strip() for v in said[1].split(",")] if said else []
    listed = [v for v in listed if v and v != "none"]
    return f" It has {', '.join(listed[-4:])}." if listed else ""


def _asked(hit: Hit) -> Place | None:
    """The requirement's line; the instruction when it was typed there."""
    return dependency_line(hit, "python", hit["name"]) or in_instruction("name")(hit)


def _conflict(hit: Hit) -> Mapping[str, str] | None:
    told = [line.strip() for line in hit.after(30)]
    reasons = [line for line in told if " depends on " in line or line.startswith("The user requested")]
    if not reasons and "conflicting dependencies" not in hit.line:
        return None
    names = list(
        dict.fromkeys(
            n
            for r in reasons
            for n in re.findall(r"(?:requested(?: \(constraint\))? |depends on |^)([A-Za-z0-9][\w.-]*)", r)
            if n not in ("The", "user")
        )
    )
    constraint = next((r for r in reasons if "(constraint)" in r), "")
    pinned = re.search(r"\(constraint\) ([A-Za-z0-9][\w.-]*)", constraint)
    return {
        "reasons": "; ".join(reasons[:4]),
        "names": ", ".join(names[:4]),
        "name": pinned[1] if pinned else (names[0] if names else ""),
        "constraint": "yes" if pinned else "",
    }


def _conflict_place(hit: Hit) -> Place | None:
    if hit["constraint"]:
        for path in nearest_first(hit, hit.files.named("constraints.txt")):
            if line := hit.files.search(path, rf"(?i)^\s*{re.escape(hit['name'])}\b"):
                return hit.files.place(path, line)
    return dependency_line(hit, "python", hit["name"]) or manifest("python")(hit)


def _line_of_file(hit: Hit) -> Place | None:
    said = re.search(r"\(from line (\d+) of ([^)]+)\)|line (\d+) of (\S+)", hit.line) or hit.find_after(
        r"\(from line (\d+) of ([^)]+)\)", 4
    )
    if said:
        number, path = (said[1], said[2]) if said[1] else (said[3], said[4])
        for found in hit.files.named(path.rpartition("/")[2].strip("'\"():")):
            if place := hit.files.place(found, int(number)):
                return place
    return dependency_line(hit, "python", hit["name"])


def _building(hit: Hit) -> dict[str, str]:
    """Which package was being built when it broke."""
    for line in (*hit.before(400), *hit.after(80)):
        if match := re.search(
            r"(?:Failed building wheel for|Building wheel for|Failed to build|Encountered error while (?:trying to install package|generating package metadata)\.?|╰─>|Collecting|Preparing metadata for|× (?:python setup\.py|Building wheel for|Preparing metadata)) ?([A-Za-z][\w.-]+)",
            line,
        ):
            name = match[1]
            if name.lower() not in _NO_NAMES:
                return {"package": name, "name": re.split(r"[=<>~!]", name)[0]}
    return {"package": "a package", "name": ""}


def _collected(hit: Hit) -> Mapping[str, str] | None:
    for line in hit.before(400):
        if match := re.match(r"\s*Collecting ([A-Za-z][\w.-]*)(\S*)", line):
            return {"package": match[1] + match[2].split("[")[0], "name": match[1]}
    return _building(hit)


RULES = (
    Rule(
        code="pip-no-such-version",
        pattern=r"ERROR: No matching distribution found for (?P<req>[^\s(]+)",
        read=_requirement,
        place=_asked,
        rank=Rank.ROOT,
        title="pip finds no {req}",
        message="No matching distribution found for {req}: the name, the version or this Python's version does not fit.{versions}",
        fix="Correct the name or the version of {name} where it is asked for: https://pypi.org/project/{name}/ lists what there is.",
    ),
    Rule(
        code="pip-no-such-version",
        pattern=r"ERROR: Could not find a version that satisfies the requirement (?P<req>[^\s(]+)",
        read=_requirement,
        place=_asked,
        title="pip finds no {req}",
        message="Could not find a version that satisfies the requirement {req}.{versions}",
        fix="Correct the name or the version of {name}: https://pypi.org/project/{name}/ lists what there is.",
    ),
    Rule(
        code="pip-conflict",
        pattern=r"ERROR: Cannot install (?P<what>.+) because these package versions have conflicting dependencies",
        read=_conflict,
        place=_conflict_place,
        rank=Rank.ROOT,
        title="{names} do not go together",
        message="pip found no versions that fit together: {reasons}.",
        fix="Loosen or change the version of {name}, so that both sides accept one.",
        link="https://pip.pypa.io/en/stable/topics/dependency-resolution/",
    ),
    Rule(
        code="pip-invalid-requirement",
        pattern=r"(?:ERROR: )?(?:Invalid requirement: |InvalidRequirement: )['\"]?(?P<req>[^'\"]+)['\"]?",
        read=_requirement,
        place=_line_of_file,
        rank=Rank.ROOT,
        title="{req} is not a requirement",
        message="pip cannot read this line: Invalid requirement: {req}.",
        fix="Write a name and a version, such as requests==2.32.3.",
        link="https://pip.pypa.io/en/stable/reference/requirements-file-format/",
    ),
    Rule(
        code="pip-no-requirements-file",
        pattern=r"Could not open requirements file: \[Errno 2\] No such file or directory: '(?P<path>[^']+)'",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="{path} is not in the image",
        message="pip install -r {path}: the file is not there when the instruction runs.",
        fix="COPY {path} before this instruction, or correct the name.",
    ),
    Rule(
        code="pip-hash",
        pattern=r"ERROR: (?:THESE PACKAGES DO NOT MATCH THE HASHES|In --require-hashes mode, all requirements must have)(?P<rest>.*)",
        place=manifest("python"),
        rank=Rank.ROOT,
        title="The hashes in the requirements file do not fit",
        message="pip refuses packages whose hashes are not those in the file: {rest}",
        fix="Make the file anew with pip-compile --generate-hashes (or uv pip compile --generate-hashes) and commit it.",
    ),
    Rule(
        code="pip-python-version",
        pattern=r"ERROR: Package '(?P<name>[^']+)' requires a different Python: (?P<have>\S+) not in '(?P<want>[^']+)'",
        place=_asked,
        rank=Rank.ROOT,
        title="{name} does not run on Python {have}",
        message="{name} requires Python {want}; the image has {have}.",
        fix="Choose a version of {name} for this Python, or another base image.",
    ),
    Rule(
        code="pip-distutils-gone",
        pattern=r"(?:ModuleNotFoundError: No module named 'distutils'|AttributeError: module 'pkgutil' has no attribute 'ImpImporter'|Cannot import 'setuptools\.build_meta')",
        read=_collected,
        place=lambda hit: dependency_line(hit, "python", hit["name"]),
        rank=Rank.ROOT,
        title="{package} cannot be built on this Python",
        message="{package} needs distutils, which Python 3.12 no longer has; {name} of that version was made for an older Python.",
        fix="Ask for a newer {name}, or use a base image with Python 3.11.",
    ),
    Rule(
        code="pip-needs-compiler",
        pattern=r"error: command '?(?P<tool>(?:x86_64-linux-gnu-)?(?:gcc|g\+\+|cc|clang)|cmake|rustc|cargo)'? failed: No such file or directory|unable to execute '(?P<tool2>[^']+)': No such file or directory",
        read=lambda hit: _building(hit) | {"tool": hit["tool"] or hit["tool2"]},
        place=lambda hit: dependency_line(hit, "python", hit["name"]),
        rank=Rank.ROOT,
        title="{package} is built from source, and the image has no {tool}",
        message="There is no wheel of {package} for this image, and {tool} is not installed.",
        fix="Install the compiler first (RUN apt-get update && apt-get install -y build-essential), or ask for a version of {name} that has a wheel.",
    ),
    Rule(
        code="pip-needs-library",
        pattern=r"(?P<tool>pg_config|mysql_config|pkg-config|Rust compiler|Rust and Cargo)(?: executable)? (?:not found|is required|was not found)|(?:can't find|Can not find) (?P<tool2>Rust compiler|valid pkg-config name)|fatal error: (?P<header>Python\.h|libpq-fe\.h|ffi\.h|mysql\.h|openssl/\S+): No such file",
        read=lambda hit: (
            _building(hit)
            | {
                "tool": hit["tool"] or hit["tool2"] or hit["header"],
                "apt": {
                    "pg_config": "libpq-dev",
                    "libpq-fe.h": "libpq-dev",
                    "mysql_config": "default-libmysqlclient-dev pkg-config",
                    "valid pkg-config name": "default-libmysqlclient-dev pkg-config",
                    "Python.h": "python3-dev",
                    "ffi.h": "libffi-dev",
                }.get(hit["tool"] or hit["tool2"] or hit["header"], "build-essential"),
            }
        ),
        place=lambda hit: dependency_line(hit, "python", hit["name"]),
        rank=Rank.ROOT,
        title="{package} needs {tool} to be built",
        message="{package} is built from source and needs {tool}, which the image does not have.",
        fix="RUN apt-get update && apt-get install -y build-essential {apt} before pip, or ask for a package with a wheel (psycopg2-binary, for example).",
    ),
    Rule(
        code="pip-externally-managed",
        pattern=r"error: externally-managed-environment",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="This image's Python belongs to the distribution",
        message="error: externally-managed-environment: pip may not install into the system's Python.",
        fix="Use an official python image, or make a virtual environment: RUN python3 -m venv /venv && /venv/bin/pip install -r requirements.txt.",
    ),
    Rule(
        code="pip-wheel-failed",
        pattern=r"(?:ERROR: )?(?:Failed building wheel for|Could not build wheels for) (?P<name>[A-Za-z][\w.-]*)",
        place=lambda hit: dependency_line(hit, "python", hit["name"]),
        title="{name} could not be built",
        message="Failed building wheel for {name}.",
        fix="Read what its build printed above; a version of {name} with a wheel for this Python needs no building.",
    ),
    Rule(
        code="pip-network",
        pattern=r"(?:WARNING: Retrying \(Retry\(total=0|pip\._vendor\.urllib3\.exceptions\.(?:ReadTimeoutError|MaxRetryError|NewConnectionError))",
        nowhere=True,
        blame=Blame.UNKNOWN,
        title="PyPI could not be reached",
        message="The network between the build and PyPI broke; this is not in your change.",
        fix="Run it again.",
    ),
    Rule(
        code="pip-toml",
        pattern=r"(?:tomllib\.|tomli\.|tomlkit\.|toml\.)\w*(?:DecodeError|ParseError|TOMLDecodeError): (?P<said>.+?) \(at line (?P<line>\d+)",
        place=lambda hit: next(
            (
                p
                for f in hit.files.named("pyproject.toml", "Pipfile")
                if (p := hit.files.place(f, int(hit["line"])))
            ),
            None,
        ),
        rank=Rank.ROOT,
        title="pyproject.toml is not valid TOML: {said}",
        message="TOMLDecodeError: {said} at line {line} of pyproject.toml (a comma or bracket of an array, often the line before).",
        fix="Correct line {line} of pyproject.toml.",
    ),
)
