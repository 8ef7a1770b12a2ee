"""Where packages are installed and which Python runs: an environment beside the one that is used, a pair that does not fit."""

from __future__ import annotations

import re

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.instructions import failing_dockerfile
from app.diagnosis.rule import Hit
from app.diagnosis.rules.python.reading_errors import frames
from app.model import Place

_ENVIRONMENT = re.compile(r"(?P<path>(?:/[\w.-]+)*/?\.?venv)\b")
_USED = re.compile(r"\bVIRTUAL_ENV\b|PATH[= ][^\n]*venv|\b(?:uv|poetry|pipenv|pdm) run\b|activate")


def unused_environment(hit: Hit, package: str) -> tuple[Place, str] | None:
    """The instruction that brings a virtual environment which nothing starts from, where the package is asked for."""
    found = failing_dockerfile(hit)
    used = any("venv/" in path for path, _ in frames(hit))
    if found is None or used or not dependency_line(hit, "python", package):
        return None
    path, parsed = found
    last = len(parsed.stages) - 1
    brings = [
        each
        for each in parsed.of("COPY", "RUN")
        if each.stage == last
        and re.search(
            r"(?:from\b|-m\s+venv|\bvenv/bin/pip|\buv\s+(?:venv|sync))", f"{each.flags} {each.value}"
        )
        and ("venv" in each.value or "uv sync" in each.value)
    ]
    starts = " ".join(each.value for each in parsed.of("CMD", "ENTRYPOINT"))
    if not brings or _USED.search(hit.files.text(path)) or "venv/bin" in starts:
        return None
    named = _ENVIRONMENT.search(brings[-1].value)
    where = named["path"] if named else ".venv"
    if not where.startswith("/"):
        where = f"{parsed.workdir_at(brings[-1]).rstrip('/')}/{where}"
    place = hit.files.place(path, brings[-1].line, brings[-1].end)
    advice = (
        f"{package} is installed into {where}, and the program starts with the image's own Python: write "
        f"ENV PATH={where}/bin:$PATH in the last stage, or start {where}/bin/python."
    )
    return (place, advice) if place else None


_INSTALLED = re.compile(r"/(?:site|dist)-packages/(\w+)/")


def asks_for_its_own(hit: Hit, name: str) -> str:
    """The installed package that was importing a module of its own name and has none; empty for any other import."""
    top, dot, _ = name.partition(".")
    deepest = next(iter(frames(hit)), ("", ""))[0]
    inside = _INSTALLED.search(deepest)
    return top if dot and inside and inside[1] == top and top != "google" else ""


def another_version(package: str, module: str) -> str:
    """What to do about a package and one that it imports, which are not of one time."""
    return (
        f"The installed version of {package} asks for {module}, which what was installed with it does not have: "
        f"ask for a newer {package} there, or pin what brings {module} to a version of the same time."
    )
