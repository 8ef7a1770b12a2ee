"""Start command: how a service without a Dockerfile is to be started, from what the repository says and is. Pure.

What Google's buildpacks start by themselves is read from their source, github.com/GoogleCloudPlatform/buildpacks:
cmd/config/entrypoint, cmd/python/missing_entrypoint, pkg/nodejs/npm.go and cmd/ruby/missing_entrypoint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from app.formats import value_of
from app.model import Place
from app.python_source import PythonSource, python_source
from app.start_node import NODE_FILES, node_start

if TYPE_CHECKING:  # the rules of app.diagnosis ask for start commands themselves
    from app.diagnosis.files import Files

ENTRY_FILES = (
    *(
        "main.py",
        "app.py",
        "server.py",
        "application.py",
        "run.py",
        "wsgi.py",
        "asgi.py",
        "api.py",
        "index.py",
    ),
    *(
        "app/main.py",
        "src/main.py",
        "api/main.py",
        "app/__init__.py",
        "src/app.py",
        "app/app.py",
        "src/server.py",
    ),
    *("streamlit_app.py", "Home.py", "function.py"),
)
# What is looked at besides Python, TOML and YAML.
START_FILES = frozenset(
    {
        ".python-version",
        "runtime.txt",
        "railway.json",
        "Gemfile",
        "config.ru",
        *(n.rpartition("/")[2] for n in NODE_FILES),
    }
    | {"app.rb", "server.rb", "main.rb"}
)


class Confidence(IntEnum):
    """How sure a start command is: made up from the code, or written down by somebody."""

    GUESS = 1
    STATED = 2


@dataclass(frozen=True)
class StartCommand:
    """A shell command that listens on $PORT, `origin` in words, and the line that it comes from."""

    command: str
    origin: str
    place: Place | None = None
    confidence: Confidence = Confidence.GUESS

    @property
    def procfile(self) -> str:
        """The line of a Procfile that says the same."""
        return f"web: {self.command}"


def start_command(files: Files, inside: str = "") -> StartCommand | None:
    """The command for the folder `inside` (`""` or `services/api/`): another platform's file, else a guess."""
    return next(_stated(files, inside), None) or guess(files, inside)


def guess(files: Files, inside: str = "") -> StartCommand | None:
    """From the code alone; None where nothing shows what starts."""
    if inside + "package.json" in files.paths:
        found = node_start(files, inside)
        return StartCommand(*found) if found else None
    if inside + "Gemfile" in files.paths or inside + "config.ru" in files.paths:
        return _ruby(files, inside)
    return _python(files, inside) or _ruby(files, inside)


# What is written down for other platforms


def _stated(files: Files, inside: str) -> Iterator[StartCommand]:
    for name, key in (
        ("Procfile", r"^web:\s*(\S.*?)\s*$"),
        ("heroku.yml", r"^\s+web:\s*(\S.*?)\s*$"),
    ):
        path = inside + name
        for number, line in enumerate(files.lines(path), 1):
            if found := re.match(key, line):
                yield _written(found[1].strip("'\""), name, Place(path, number))
                break
    for name, read in (
        ("railway.json", _railway),
        ("railway.toml", _railway),
        ("render.yaml", _render),
        ("nixpacks.toml", _nixpacks),
        ("fly.toml", _fly),
        ("app.yaml", _app_engine),
        ("docker-compose.yml", _compose),
        ("docker-compose.yaml", _compose),
        ("compose.yaml", _compose),
    ):
        for path in dict.fromkeys((inside + name, name)):
            said = read(_parsed(files, path), inside.rstrip("/"))
            if said:
                yield _written(said, name, files.place(path, _line_of(files, path, said)))


def _line_of(files: Files, path: str, said: str) -> int:
    """Where a file says this; a command of several lines or words begins with its first."""
    return files.search(path, re.escape(said)) or files.search(path, re.escape(said.split()[0])) or 1


def _written(command: str, name: str, place: Place | None) -> StartCommand:
    return StartCommand(_on_port(command), name, place, Confidence.STATED)


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


# What the code shows


def _python(files: Files, inside: str) -> StartCommand | None:
    django = _django(files, inside)
    if django is not None:
        return django
    listed = [inside + name for name in ENTRY_FILES if inside + name in files.paths]
    near = sorted(p for p in files.paths if p.startswith(inside) and p.endswith(".py") and p not in listed)
    near = [p for p in near if p[len(inside) :].count("/") <= 1 and "test" not in p][:40]
    for path in [*listed, *near]:
        source = python_source(files.text(path))
        if source is not None and (command := _starts(source, path[len(inside) :])):
            return StartCommand(command, f"the code of {path}", files.place(path, source.line))
    return None


def _django(files: Files, inside: str) -> StartCommand | None:
    if inside + "manage.py" not in files.paths:
        return None
    wsgi = sorted(
        (p for p in files.paths if p.startswith(inside) and p.endswith("/wsgi.py")),
        key=lambda p: (p.count("/"), p),
    )
    if not wsgi:
        return None
    module = wsgi[0][len(inside) :].removesuffix(".py").replace("/", ".")
    line = files.search(wsgi[0], r"^application\b") or 1
    return StartCommand(
        f"gunicorn --bind :$PORT {module}:application", f"Django's {wsgi[0]}", files.place(wsgi[0], line)
    )


def _starts(source: PythonSource, path: str) -> str:
    """The command for one file of Python; empty when nothing in it serves."""
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    name = source.variable
    match source.kind:
        case "asgi":
            return f"uvicorn {module}:{name} --host 0.0.0.0 --port $PORT"
        case "asgi-factory":
            return f"uvicorn {module}:{name} --factory --host 0.0.0.0 --port $PORT"
        case "wsgi":
            return f"gunicorn --bind :$PORT {module}:{name}"
        case "wsgi-factory":
            return f"gunicorn --bind :$PORT '{module}:{name}()'"
        case "streamlit":
            return f"streamlit run {path} --server.address 0.0.0.0 --server.port $PORT"
        case "gradio":
            return f"GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=$PORT python {path}"
        case "dash":
            return f"HOST=0.0.0.0 python {path}"
        case "function":
            return f"functions-framework --source {path} --target {name}"
        case "script":
            return f"python {path}"
        case _:
            return ""


def _ruby(files: Files, inside: str) -> StartCommand | None:
    bundled = "bundle exec " if inside + "Gemfile" in files.paths else ""
    if inside + "bin/rails" in files.paths:
        return StartCommand("bundle exec rails server --binding 0.0.0.0 --port $PORT", "Rails")
    if inside + "config.ru" in files.paths:
        return StartCommand(f"{bundled}rackup --host 0.0.0.0 --port $PORT", "config.ru")
    for name in ("app.rb", "server.rb", "main.rb"):
        if line := files.search(inside + name, r"""require ["']sinatra"""):
            place = files.place(inside + name, line)
            return StartCommand(
                f"{bundled}ruby {name} -o 0.0.0.0 -p $PORT", f"the code of {inside}{name}", place
            )
    return None
