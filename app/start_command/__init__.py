"""Start command: how a service without a Dockerfile is to be started, from what the repository says and is. Pure.

What Google's buildpacks start by themselves is read from their source, github.com/GoogleCloudPlatform/buildpacks:
cmd/config/entrypoint, cmd/python/missing_entrypoint, pkg/nodejs/npm.go and cmd/ruby/missing_entrypoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

from app.model import Place
from app.start_command.development import is_for_development
from app.start_command.node import NODE_FILES, node_start
from app.start_command.python_source import PythonSource, python_source
from app.start_command.stated import stated

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
_LOCKS = (("yarn.lock", "yarn"), ("pnpm-lock.yaml", "pnpm"))
DEEPEST = 3  # folders above a file that something begins in: `src/shop/api/main.py`
RUBY_FILES = ("app.rb", "server.rb", "main.rb", "index.rb", "application.rb", "web.rb")
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
    | {*RUBY_FILES}
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
    found = next(stated(files, inside), None)
    return StartCommand(*found, Confidence.STATED) if found else guess(files, inside)


def image_command(files: Files, inside: str) -> str:
    """What an image's CMD may be: the script `start` by the manager whose lock is there, else the start command."""
    package = files.json(f"{inside}package.json")
    scripts = package.get("scripts") if isinstance(package, dict) else None
    written = scripts.get("start") if isinstance(scripts, dict) else None
    if isinstance(written, str) and not is_for_development(written):
        managers = (name for lock, name in _LOCKS if inside + lock in files.paths)
        return f"{next(managers, 'npm')} start"
    found = start_command(files, inside)
    return found.command if found else ""


def guess(files: Files, inside: str = "") -> StartCommand | None:
    """From the code alone; None where nothing shows what starts.

    With a Procfile the buildpacks take Ruby and Python before Node, whose package.json may be for their assets.
    """
    of_ruby = inside + "Gemfile" in files.paths
    of_python = any(
        inside + name in files.paths for name in ("requirements.txt", "pyproject.toml", "Pipfile")
    )
    if found := (of_ruby and _ruby(files, inside)) or (of_python and _python(files, inside)):
        return found
    if inside + "package.json" in files.paths:
        return _node(files, inside)
    if of_ruby or inside + "config.ru" in files.paths:
        return _ruby(files, inside)
    return _python(files, inside) or _ruby(files, inside) or _node(files, inside)


# What the code shows


def _node(files: Files, inside: str) -> StartCommand | None:
    found = node_start(files, inside)
    return StartCommand(*found) if found else None


def _python(files: Files, inside: str) -> StartCommand | None:
    django = _django(files, inside)
    if django is not None:
        return django
    listed = [inside + name for name in ENTRY_FILES if inside + name in files.paths]
    near = sorted(p for p in files.paths if p.startswith(inside) and p.endswith(".py") and p not in listed)
    near = [p for p in near if "test" not in p and _is_near(p[len(inside) :])][:40]
    read = ((path, python_source(files.text(path))) for path in [*listed, *near])
    sources = {path: source for path, source in read if source is not None}
    for path, source in sources.items():
        if command := _starts(source, path[len(inside) :], _above(files, inside, path, source)):
            called = _called(files, inside, sources) if source.kind.endswith("-factory") else None
            return called or StartCommand(command, f"the code of {path}", files.place(path, source.line))
    return _called(files, inside, sources)


def _is_near(path: str) -> bool:
    """Any file of a folder, and deeper ones where their name says that something begins there."""
    return path.count("/") <= 1 or (path.count("/") <= DEEPEST and path.rpartition("/")[2] in ENTRY_FILES)


def _called(files: Files, inside: str, sources: Mapping[str, PythonSource]) -> StartCommand | None:
    """`app = create_app(settings)` of one file, where another one has `create_app`: it knows what to call it with."""
    factories = dict(each for source in sources.values() for each in source.factories)
    for path, source in sources.items():
        if source.wired and (interface := factories.get(source.wired[0])):
            _, name, line = source.wired
            made = replace(source, kind=interface, variable=name)
            command = _starts(made, path[len(inside) :], _above(files, inside, path, source))
            return StartCommand(command, f"the code of {path}", files.place(path, line))
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


def _above(files: Files, inside: str, path: str, source: PythonSource) -> str:
    """The folder, with a slash, from where the file imports its neighbours; empty where that is the service's own."""
    folder = path.rpartition("/")[0]
    while len(folder) > len(inside):
        if any(
            _is_module(files, f"{folder}/{name}") and not _is_module(files, inside + name)
            for name in source.imports
        ):
            return folder[len(inside) :] + "/"
        folder = folder.rpartition("/")[0]
    return ""


def _is_module(files: Files, name: str) -> bool:
    return f"{name}.py" in files.paths or name in files.folders


def _starts(source: PythonSource, path: str, above: str) -> str:
    """The command for one file of Python, which imports from the folder `above`; empty when nothing in it serves."""
    module = path.removeprefix(above).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    name = source.variable
    uvicorn = "uvicorn" + (f" --app-dir {above.rstrip('/')}" if above else "")
    gunicorn = "gunicorn" + (f" --chdir {above.rstrip('/')}" if above else "") + " --bind :$PORT"
    match source.kind:
        case "asgi":
            return f"{uvicorn} {module}:{name} --host 0.0.0.0 --port $PORT"
        case "asgi-factory":
            return f"{uvicorn} {module}:{name} --factory --host 0.0.0.0 --port $PORT"
        case "wsgi":
            return f"{gunicorn} {module}:{name}"
        case "wsgi-factory":
            return f"{gunicorn} '{module}:{name}()'"
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
    for name in RUBY_FILES:
        if line := files.search(inside + name, r"""require ["']sinatra"""):
            place = files.place(inside + name, line)
            return StartCommand(
                f"{bundled}ruby {name} -o 0.0.0.0 -p $PORT", f"the code of {inside}{name}", place
            )
    return None
