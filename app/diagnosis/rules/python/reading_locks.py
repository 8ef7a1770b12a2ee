"""What the rows of locks.py read in other lines and in the repository."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from fnmatch import fnmatch

from app.diagnosis.dependencies import dependency_line, manifest
from app.diagnosis.instructions import failing_instruction
from app.diagnosis.left_out import left_out
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Hit
from app.model import Place

# Poetry chose another Python than the project allows, or none; what it cannot find after that follows from it.
OTHER_PYTHON = (
    r"(?:The currently activated|Current) Python version .* is not (?:supported|allowed) by the project|"
    r"Poetry was unable to find a compatible version"
)


def because(hit: Hit) -> Mapping[str, str] | None:
    """The packages that a resolver's explanation is about."""
    text = " ".join((hit.line, *hit.after(20)))
    names = re.findall(
        r"(?:Because|and|depends on|you require|requires|no versions? of) ([A-Za-z][\w.-]*)", text
    )
    own = [
        n
        for n in names
        if n not in ("no", "there", "your", "only", "the", "all", "that", "you", "we", "project")
    ]
    listed = next((n for n in own if dependency_line(hit, "python", n)), own[0] if own else "")
    return {"name": listed, "why": re.sub(r"\s+", " ", text)[:300], **_unfit(hit, listed, text)}


def _unfit(hit: Hit, name: str, text: str) -> dict[str, str]:
    """What the resolver found: no such package at all, or none of its versions that fits."""
    unknown = re.search(r"Because (?P<name>[\w.-]+) was not found in the (?:package registry|provided)", text)
    ran = hit.section.instruction or hit.transcript.failed_instruction
    lock = "" if "pip" in ran or not hit.files.named("uv.lock") else ", and run uv lock"
    if unknown is None:
        return {"said": f"uv finds no versions that fit: {name}", "advice": f"Change the version of {name} where it is asked for{lock}"}  # fmt: skip
    name = unknown["name"]
    words = {"name": name, "said": f"There is no package {name} in the index that uv looks in"}
    if name.lower() in sys.stdlib_module_names:
        return words | {"advice": f"Take {name} out: Python brings it itself{lock}"}
    return words | {
        "advice": f"Correct the name {name} (https://pypi.org/search/?q={name}), or name the index that has it (--index, [[tool.uv.index]]){lock}"
    }


def python_dependency(hit: Hit) -> Place | None:
    return dependency_line(hit, "python", hit["name"]) or manifest("python")(hit)


def _named_file(hit: Hit) -> Place | None:
    """The line of pyproject.toml or setup.py that names the file."""
    return first(
        matching(r"[\"']{path}[\"']", "pyproject.toml", "setup.cfg", "setup.py"),
        whole_file("pyproject.toml", "setup.py"),
    )(hit)


def has_file(hit: Hit) -> Mapping[str, str] | None:
    path = (hit["path"] or hit["path2"] or hit["path3"]).rpartition("/")[2]
    if not path:
        return None
    there = any(each.rpartition("/")[2] == path for each in hit.files.paths)
    advice = (
        f"COPY {path} beside pyproject.toml before this instruction, and see that .dockerignore does not leave it out"
        if there
        else f"Commit {path}, or take it out of pyproject.toml"
    )
    return {
        "path": path,
        "there": "yes" if there else "",
        "advice": f"{advice}; to install only what the project depends on, write uv sync --no-install-project or poetry install --no-root",
    }


def where_file_is_missed(hit: Hit) -> Place | None:
    return failing_instruction(hit) if hit["there"] else _named_file(hit)


def members_left_out(hit: Hit) -> Mapping[str, str] | None:
    """The first member of uv's workspace whose pyproject.toml is not there when the lock file is checked."""
    text = hit.files.text("pyproject.toml").partition("[tool.uv.workspace]")[2]
    listed = re.search(r"^members\s*=\s*\[([^\[\]]*)\]", text, re.MULTILINE)
    patterns = re.findall(r"[\"']([^\"']+)[\"']", listed[1]) if listed else []
    for path in sorted(p for p in hit.files.named("pyproject.toml") if "/" in p)[:200]:
        folder = path.rpartition("/")[0]
        if any(fnmatch(folder, each.rstrip("/")) for each in patterns) and (found := left_out(hit, path)):
            place = found.place
            return {
                "file": path, "folder": folder, "advice": found.advice,
                "in": place.path, "at": str(place.line), "until": str(place.last_line),
            }  # fmt: skip
    return None


def left_place(hit: Hit) -> Place | None:
    return hit.files.place(hit["in"], int(hit["at"]), int(hit["until"]))


def older_poetry(hit: Hit) -> Mapping[str, str] | None:
    """The poetry that the Dockerfile pins, where one of a later series wrote the lock file; None where the two fit."""
    made = next(
        (m for path in hit.files.named("poetry.lock") if (m := _MADE_BY.search(hit.files.text(path)[:400]))),
        None,
    )
    have = next((m for path in hit.files.dockerfiles if (m := _PINNED.search(hit.files.text(path)))), None)
    if made is None or have is None or int(have["series"]) >= int(made["series"]):
        return None
    return {"made": made["version"], "have": have["version"]}


_MADE_BY = re.compile(r"generated by Poetry (?P<version>(?P<series>\d+)[\d.]*\d)")
_PINNED = re.compile(
    r"(?i:poetry(?:_version)?)[\"']?\s*(?:==|=)\s*[\"']?(?P<version>(?P<series>\d+)[\d.]*\d)"
)


def out_of_range(hit: Hit) -> Mapping[str, str] | None:
    """poetry's own words for a package that is not there yet, or for a lock file of another poetry."""
    ran = hit.section.instruction or hit.transcript.failed_instruction
    if "poetry" not in ran:
        return None
    if re.search(r"poetry\S* +(?:install|sync)\b", ran) and "--no-root" not in ran:
        why = "poetry looks for the packages that pyproject.toml names, and their sources are not copied yet"
        advice = "Write poetry install --no-root here and COPY the sources after it, or COPY them (and README.md) before it"
    else:
        why = "this poetry cannot read what another version of poetry wrote into poetry.lock"
        advice = "Install the version of poetry that is named in the first line of poetry.lock (pip install poetry==VERSION); leave poetry lock out of the image, and commit poetry.lock instead"
    return {"ran": ran[:100], "why": why, "advice": advice}


_OWN_PACKAGE = re.compile(r"No file/folder found for package (?P<name>[\w.-]+)")


def project_place(hit: Hit) -> Place | None:
    """The install, where the repository has what it misses and it is only not there yet; else what declares the project."""
    found = _OWN_PACKAGE.search(hit.line)
    module = re.sub(r"[-.]", "_", found["name"]) if found else ""
    has = not module or any(
        f"/{path}".endswith((f"/{module}/__init__.py", f"/{module}.py")) for path in hit.files.paths
    )
    declared = matching(r"^\[(?:tool\.poetry|project)\]", "pyproject.toml")
    return first(failing_instruction, declared)(hit) if has else first(declared, failing_instruction)(hit)
