"""What the rows of locks.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.dependencies import dependency_line, manifest
from app.diagnosis.instructions import failing_instruction
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Hit
from app.model import Place


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
    return {"name": listed, "why": re.sub(r"\s+", " ", text)[:300]}


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
