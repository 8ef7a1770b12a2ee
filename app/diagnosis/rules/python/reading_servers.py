"""What the rows of servers.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import failing_dockerfile, instruction
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Hit
from app.dockerfile import Instruction
from app.model import Place

_STARTERS = r"(?:gunicorn|uvicorn|hypercorn|daphne|waitress-serve|flask|fastapi|streamlit|functions-framework|celery|python3?)\b"


def _final_command(hit: Hit) -> tuple[str, Instruction] | None:
    """The Dockerfile and its last CMD or ENTRYPOINT that starts a server."""
    if (found := failing_dockerfile(hit)) is None:
        return None
    path, parsed = found
    commands = [each for each in parsed.of("CMD", "ENTRYPOINT") if each.stage == len(parsed.stages) - 1]
    starting = [each for each in commands if re.search(_STARTERS, each.value)]
    chosen = starting or commands
    return (path, chosen[-1]) if chosen else None


def command_line(hit: Hit) -> Place | None:
    """Where the server's command is written: the Procfile's web line, the Dockerfile's CMD, a start script."""
    if found := _final_command(hit):
        path, command = found
        if re.search(_STARTERS, command.value):
            return hit.files.place(path, command.line, command.end)
    return first(
        matching(rf"^web\s*:.*{_STARTERS}", "Procfile"),
        matching(
            rf"^[^#\n]*{_STARTERS}",
            "entrypoint.sh",
            "docker-entrypoint.sh",
            "start.sh",
            "run.sh",
            "prestart.sh",
        ),
        instruction("CMD", "ENTRYPOINT"),
    )(hit)


# $PORT that nobody filled in


def unfilled(hit: Hit) -> Mapping[str, str] | None:
    said = hit["said"] or hit["said2"] or hit["said3"] or "$PORT"
    variable = re.search(r"\$\{?(\w+)", said)
    name = variable[1] if variable else "PORT"
    command = _unshelled(hit, name)
    if not (hit["said"] or hit["said2"] or hit["said3"]) and command is None:
        return None
    told = f"write {_in_shell_form(command)}" if command else f'let a shell start it: sh -c "exec … ${name}"'
    return {"variable": "$" + name, "name": name, "told": told}


def _unshelled(hit: Hit, name: str) -> Instruction | None:
    """The CMD or ENTRYPOINT in JSON that has the variable as plain letters."""
    if (found := failing_dockerfile(hit)) is None:
        return None
    literal = re.compile(rf"\$\{{?{re.escape(name)}\b")
    for each in found[1].of("CMD", "ENTRYPOINT"):
        words = each.json
        if words and literal.search(each.value) and words[0] not in ("sh", "bash", "/bin/sh", "/bin/bash"):
            return each
    return None


def _in_shell_form(command: Instruction) -> str:
    words = [f'"{word}"' if re.search(r"[\s;&|<>()*?]", word) else word for word in command.json or ()]
    return f"{command.keyword} exec {' '.join(words)}"


def unfilled_place(hit: Hit) -> Place | None:
    if (command := _unshelled(hit, hit["name"])) and (found := failing_dockerfile(hit)):
        return hit.files.place(found[0], command.line, command.end)
    return first(
        matching(
            r"\${name}\b|\$\{{name}",
            "servergem.yml",
            "servergem.yaml",
            "service.yaml",
            "service.yml",
            "Procfile",
            "Dockerfile",
        ),
        command_line,
    )(hit)


# What is to be served


def option(hit: Hit) -> Mapping[str, str] | None:
    """The server's own complaint about its command line, with the usage line that names the program."""
    usage = hit.find_before(r"^[Uu]sage: (\S+(?: run)?)", 6)
    program = usage[1].rpartition("/")[2] if usage else hit["program"]
    if not re.match(
        r"(?:gunicorn|uvicorn|hypercorn|daphne|flask|fastapi|streamlit|celery|functions-framework|alembic)\b",
        program,
    ):
        return None
    return {"program": program}


def path_for_module(hit: Hit) -> Mapping[str, str] | None:
    said = hit["said"]
    module = re.sub(r"\.py$", "", said.partition(":")[0].replace("/", ".")).strip(".")
    attribute = said.partition(":")[2] or "app"
    if not re.fullmatch(r"[\w.]+", module):
        module = "main"
    return {"module": module, "wanted": f"{module}:{attribute}"}


def worker(hit: Hit) -> Mapping[str, str] | None:
    missing = hit.find_after(
        r"ModuleNotFoundError: No module named '([\w.]+)'|requires (gevent|eventlet|tornado)", 30
    )
    package = (missing[1] or missing[2]) if missing else ""
    fix = f"Add {package} to requirements.txt" if package else "Correct --worker-class"
    if "uvicorn.workers" in hit["worker"] and package in ("uvicorn.workers", ""):
        fix = "Add uvicorn-worker to requirements.txt and write --worker-class uvicorn_worker.UvicornWorker"
    return {"package": package, "fix": fix}


def unloaded_worker(hit: Hit) -> Mapping[str, str] | None:
    """The class of a worker that gunicorn names and then calls as the mere name that it still is."""
    return {} if hit.find_after(r"^TypeError: 'str' object is not callable", 30) else None


def worker_silent(hit: Hit) -> Mapping[str, str] | None:
    """Only where nobody but gunicorn itself and Cloud Run printed anything: else that line says more."""
    own = re.compile(
        r"\[[\d-]+ [\d:]+ [+-]\d+\] \[\d+\] |Container called exit|\S* ?STARTUP|gunicorn\.errors\.HaltServer"
    )
    return {} if all(own.search(line) for line in hit.section.lines if line.strip()) else None
