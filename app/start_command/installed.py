"""Installed: which packages a service asks for, and what is to be added so that its start command is there. Pure.

Sources: pkg/python/dependencies.go, cmd/python/pip, cmd/python/uv and cmd/python/poetry of
github.com/GoogleCloudPlatform/buildpacks: requirements.txt wins over pyproject.toml, and a Pipfile is not read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from app.source.formats import value_of
from app.start_command.node import with_file_server

if TYPE_CHECKING:
    from app.diagnosis.files import Files
    from app.start_command import StartCommand

SERVERS = {"gunicorn", "uvicorn", "streamlit", "functions-framework"}
# A lock file that has to be written anew with pyproject.toml, and the command that does both.
LOCKED = {"uv.lock": "uv add", "poetry.lock": "poetry add"}


def asked_for(files: Files, inside: str) -> str | None:
    """The packages that are asked for, one a line; None where they cannot be read. requirements.txt wins."""
    if inside + "requirements.txt" in files.paths:
        return files.text(inside + "requirements.txt")
    if inside + "pyproject.toml" not in files.paths:
        return ""
    project = pyproject(files, inside)
    if project is None:
        return None
    stated = table(project, "project").get("dependencies")
    poetry = table(table(table(project, "tool"), "poetry"), "dependencies")
    return "\n".join([*map(str, stated if isinstance(stated, list) else ()), *map(str, poetry)])


def pyproject(files: Files, inside: str) -> dict[str, Any] | None:
    """What pyproject.toml says; None where it is no table."""
    path = inside + "pyproject.toml"
    project = value_of(path, files.text(path))
    return project if isinstance(project, dict) else None


def table(package: dict[Any, Any], key: str) -> dict[Any, Any]:
    """A table within another; empty where it is none."""
    found = package.get(key)
    return found if isinstance(found, dict) else {}


def asks(asked: str, package: str) -> bool:
    """Whether a package is asked for, by the buildpack's own pattern."""
    edge = "" if package.endswith("]") else r"\b"
    return (
        re.search(rf"(?m)^{re.escape(package)}{edge}(?:[^-]|$)|#egg={re.escape(package)}$", asked) is not None
    )


def also_needed(files: Files, inside: str, start: StartCommand) -> str:
    """What else is to be written so that the command is there, as the end of a sentence; mostly nothing."""
    said, program = "", start.command.split()[0]
    if program in SERVERS and (listing := to_list(files, inside, program)):
        said += f", and {listing}"
    said += with_file_server(files, inside, start.command)
    if program in ("rackup", "ruby") and inside + "Gemfile" not in files.paths:
        said += f", and {inside}Gemfile with the gems that it needs: nothing is installed without one"
    return said


def to_list(files: Files, inside: str, program: str) -> str:
    """How a program of Python gets among what is installed; empty where it is, or where nobody can say.

    A new requirements.txt beside the pyproject.toml that lists the rest would take its place.
    """
    asked, listed = asked_for(files, inside), f"{inside}requirements.txt"
    if asked is None or brings(asked, program):
        return ""
    if listed in files.paths:
        return f"add {program} to {listed}"
    if _declares(files, inside):
        return _declaring(files, inside, program)
    if inside + "Pipfile" in files.paths:
        more = "" if program in files.text(inside + "Pipfile") else f" and {program}"
        return f"write {listed} with what `pipenv requirements` prints{more}: buildpacks read no Pipfile"
    needs = f"the packages that it needs, {program} among them"
    return f"write {listed} with {needs}: nothing is installed without one"


def _declaring(files: Files, inside: str, program: str) -> str:
    lock = next((name for name in LOCKED if inside + name in files.paths), "")
    if not lock:
        return f"add {program} to the dependencies of {inside}pyproject.toml"
    return f"run `{LOCKED[lock]} {program}`" + (f" in {inside.rstrip('/')}" if inside else "")


def _declares(files: Files, inside: str) -> bool:
    """Whether pyproject.toml is the project's own, and more than the settings of tools."""
    project = pyproject(files, inside) if inside + "pyproject.toml" in files.paths else None
    return project is not None and ("project" in project or "poetry" in table(project, "tool"))


def brings(asked: str, program: str) -> bool:
    """Whether the program is installed with what is asked for."""
    return asks(asked, program) or (
        program == "uvicorn" and re.search(r"(?m)^fastapi\[[^]]*\b(?:all|standard)\b", asked) is not None
    )
