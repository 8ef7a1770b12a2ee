"""The start command that a repository has written down for another platform. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.model import Place
from app.source.formats import value_of
from app.start_command.development import is_for_development, without_reload

if TYPE_CHECKING:  # the rules of app.diagnosis ask for start commands themselves
    from app.diagnosis.files import Files


_LINES = {
    "Procfile": r"^web:\s*(\S.*?)\s*$",
    "heroku.yml": r"^\s+web:\s*(\S.*?)\s*$",
}
# A command, the file that says it, and its line there.
Stated = tuple[str, str, Place | None]


def stated(files: Files, inside: str) -> Iterator[Stated]:
    """What the files of other platforms say of the folder `inside`, the clearest first, made fit for Cloud Run.

    What somebody starts while they work on it serves nobody else, and is not what they mean.
    """
    for path, name, said, line in (*_in_lines(files, inside), *_in_documents(files, inside)):
        served = " ".join(without_reload(tuple(said.split(" "))))
        if not is_for_development(served):
            yield _on_port(served), name, files.place(path, line)


def _in_lines(files: Files, inside: str) -> Iterator[tuple[str, str, str, int]]:
    for name, key in _LINES.items():
        for number, line in enumerate(files.lines(inside + name), 1):
            if found := re.match(key, line):
                yield inside + name, name, found[1].strip("'\""), number
                break


def _in_documents(files: Files, inside: str) -> Iterator[tuple[str, str, str, int]]:
    for name, read in _DOCUMENTS.items():
        for path in dict.fromkeys((inside + name, name)):
            if said := read(_parsed(files, path), inside.rstrip("/")):
                yield path, name, said, _line_of(files, path, said)


def _line_of(files: Files, path: str, said: str) -> int:
    """Where a file says this; a command of several lines or words begins with its first."""
    return files.search(path, re.escape(said)) or files.search(path, re.escape(said.split()[0])) or 1


def _on_port(command: str) -> str:
    """The command for Cloud Run: a fixed port after an option becomes $PORT, a local address becomes every address."""
    command = re.sub(r"((?:--port|-p|--server\.port)[ =])\d{2,5}\b", r"\1$PORT", command)
    command = re.sub(r"((?:--bind|-b|--address)[ =])(?:[\w.]*):\d{2,5}\b", r"\1:$PORT", command)
    return re.sub(
        r"((?:--host|-h|--server\.address)[ =])(?:127\.0\.0\.1|localhost)\b", r"\g<1>0.0.0.0", command
    )


def _parsed(files: Files, path: str) -> Any:
    """A file of JSON, TOML or YAML; None where it is not there, too large or does not parse."""
    return value_of(path, files.text(path)) if path in files.paths else None


def _at(value: Any, *keys: str) -> Any:
    """A value in nested tables; None where a step is missing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _words(value: Any) -> str:
    """A command as text: a string on one line, or a list of words."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return " ".join(value)
    return value.strip() if isinstance(value, str) and "\n" not in value.strip() else ""


def _railway(read: Any, _folder: str) -> str:
    return _words(_at(read, "deploy", "startCommand"))


def _nixpacks(read: Any, _folder: str) -> str:
    return _words(_at(read, "start", "cmd"))


def _app_engine(read: Any, _folder: str) -> str:
    return _words(_at(read, "entrypoint"))


def _fly(read: Any, _folder: str) -> str:
    processes = _at(read, "processes")
    table = processes if isinstance(processes, dict) else {}
    chosen = table.get("web") or table.get("app") or (next(iter(table.values())) if len(table) == 1 else "")
    return _words(chosen) or _words(_at(read, "experimental", "cmd"))


def _render(read: Any, folder: str) -> str:
    """The web service of this folder, or the only one."""
    listed = _at(read, "services")
    services = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    web = [each for each in services if each.get("type") == "web" and each.get("startCommand")]
    here = [each for each in web if str(each.get("rootDir", "")).strip("./") == folder]
    chosen = here or (web if len(web) == 1 and not folder else [])
    return _words(chosen[0].get("startCommand")) if len(chosen) == 1 else ""


def _compose(read: Any, folder: str) -> str:
    """The one service that is built here and has a command."""
    table = _at(read, "services")
    found: list[str] = []
    for each in table.values() if isinstance(table, dict) else ():
        build = each.get("build") if isinstance(each, dict) else None
        context = build.get("context", ".") if isinstance(build, dict) else build
        if (
            isinstance(context, str)
            and context.strip("./") == folder
            and (said := _words(each.get("command")))
        ):
            found.append(said)
    return found[0] if len(found) == 1 else ""


# Here, or where the repository begins.
_DOCUMENTS = {
    "railway.json": _railway,
    "railway.toml": _railway,
    "render.yaml": _render,
    "nixpacks.toml": _nixpacks,
    "fly.toml": _fly,
    "app.yaml": _app_engine,
    "docker-compose.yml": _compose,
    "docker-compose.yaml": _compose,
    "compose.yaml": _compose,
    "compose.yml": _compose,
}
