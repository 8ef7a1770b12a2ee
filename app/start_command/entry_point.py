"""Entry point: what Google's buildpacks will start by themselves, and a warning where that cannot serve. Pure.

Sources: cmd/python/missing_entrypoint/lib/lib.go, pkg/python/dependencies.go, pkg/nodejs/npm.go (DefaultStartCommand),
cmd/ruby/missing_entrypoint and pkg/entrypoint/procfile.go of github.com/GoogleCloudPlatform/buildpacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.model import Finding, Place, Weight
from app.source.formats import value_of
from app.start_command import StartCommand, start_command
from app.start_command.node import FILE_SERVER, foreign_adapter, needs_file_server, with_adapter_of_node
from app.start_command.python_source import python_source
from app.start_command.script import procfile_lines, start_script
from app.text.titles import fitting

if TYPE_CHECKING:
    from app.diagnosis.files import Files

LINK = "https://cloud.google.com/docs/buildpacks/service-specific-configs"
SMART_SINCE = (3, 13)  # SupportsSmartDefaultEntrypoint: older versions always get gunicorn
OTHER_LANGUAGES = re.compile(
    r"(?:go\.mod|pom\.xml|(?:build|settings)\.gradle(?:\.kts)?|pubspec\.yaml|[^/]+\.(?:go|java|jar|csproj|fsproj|vbproj))"
)
# Frameworks for which the Node buildpack has a start command of its own, or which a build turns into files.
OWN_START = {"nuxt", "@sveltejs/kit", "@angular/core", "@google-cloud/functions-framework", "turbo"}
SERVERS = {"gunicorn", "uvicorn", "streamlit", "functions-framework"}


def entry_point(files: Files, inside: str, name: str, *, releases: bool = False) -> Iterator[Finding]:
    """What is wrong with the start of the service `name`, built by buildpacks from `inside` (`""` or `api/`).

    `releases`: servergem.yml gives it a release command.
    """
    procfile = inside + "Procfile"
    if procfile in files.paths:
        if files.text(procfile).strip() and not files.search(procfile, r"^web:\s*\S"):
            yield _no_web(files, inside, procfile)
        web = files.search(procfile, r"^web:\s*\S")
        yield from procfile_lines(files, procfile, releases=releases)
        if web:
            yield from start_script(files, inside, files.lines(procfile)[web - 1].partition(":")[2])
        return
    here = [p[len(inside) :] for p in files.paths if p.startswith(inside)]
    if "GOOGLE_" in files.text(inside + "project.toml") or any(p.endswith(".php") for p in here):
        return
    if any(OTHER_LANGUAGES.fullmatch(p) for p in here):
        return
    if "package.json" in here:
        yield from start_script(files, inside, "")
        flaw = _node_flaw(files, inside)
    elif any(p.endswith(".py") for p in here) and not _is_ruby(here):
        flaw = _python_flaw(files, inside)
    elif ruby := next(
        (p for p in here if p in ("Gemfile", "config.ru") or re.fullmatch(r"[^/]+\.rb", p)), ""
    ):
        flaw = ("Ruby's buildpack starts nothing by itself", Place(inside + ruby, 1))
    else:
        return
    if flaw is not None:
        yield _nothing_serves(files, inside, name, *flaw)


def _is_ruby(here: list[str]) -> bool:
    """A Gemfile, and Python only in folders below: a script of somebody's, not what is served."""
    at_root = {p for p in here if "/" not in p}
    return "Gemfile" in at_root and not any(
        p.endswith(".py") or p in ("requirements.txt", "pyproject.toml") for p in at_root
    )


Flaw = tuple[str, Place | None]


def _node_flaw(files: Files, inside: str) -> Flaw | None:
    """`npm run start`, `node server.js` by way of npm, then `main`, then index.js."""
    path = inside + "package.json"
    package = files.json(path)
    if not isinstance(package, dict):
        return None
    scripts, needs = (
        _table(package, "scripts"),
        _table(package, "dependencies") | _table(package, "devDependencies"),
    )
    if "start" in scripts or inside + "server.js" in files.paths or "workspaces" in package:
        return None
    if adapter := foreign_adapter(package):
        at = files.search(path, re.escape(adapter)) or 1
        return f"{adapter} builds no server of Node.js", files.place(path, at)
    if OWN_START & set(needs):
        return None
    main = str(package.get("main") or "index.js").removeprefix("./")
    there = {inside + main, f"{inside}{main}.js", f"{inside}{main}/index.js"} & files.paths
    builds = {"build", "gcp-build", "prepare", "postinstall"} & set(scripts)
    if there or (builds and "main" in package):
        return None
    return f"no `start` script, no server.js, and no {main}", files.place(path, 1)


def _table(package: dict[Any, Any], key: str) -> dict[Any, Any]:
    found = package.get(key)
    return found if isinstance(found, dict) else {}


def _python_flaw(files: Files, inside: str) -> Flaw | None:
    """gunicorn, uvicorn, gradio or streamlit with main.py or app.py, by what is asked for."""
    asked = asked_for(files, inside)
    if asked is None or asks(asked, "google-adk") or _has_script(files, inside):
        return None
    file = next((name for name in ("main.py", "app.py") if inside + name in files.paths), "")
    if not file:
        return "there is no main.py, no app.py and no Procfile", None
    text = files.text(inside + file)
    source = python_source(text) if text.strip() else None
    if source is None:
        return None  # empty, too large or not to be parsed: not judged here
    server, module = server_of(files, inside, asked), file.removesuffix(".py")
    if server not in ("gunicorn", "uvicorn"):
        return None
    said = f"they would run `{server} {module}:app`"
    if "app" not in source.names and not source.open:
        return f"{said}, and {inside}{file} defines no `app`", files.place(inside + file, source.line)
    wrong = {"gunicorn": "asgi", "uvicorn": "wsgi"}[server]
    if source.variable == "app" and source.kind == wrong:
        speaks = {"asgi": "ASGI", "wsgi": "WSGI"}[wrong]
        return f"{said}, and {server} cannot serve an {speaks} application", files.place(
            inside + file, source.line
        )
    return None


def asked_for(files: Files, inside: str) -> str | None:
    """The packages that are asked for, one a line; None where they cannot be read. requirements.txt wins."""
    if inside + "requirements.txt" in files.paths:
        return files.text(inside + "requirements.txt")
    if inside + "pyproject.toml" not in files.paths:
        return ""
    project = _pyproject(files, inside)
    if project is None:
        return None
    stated = _table(project, "project").get("dependencies")
    poetry = _table(_table(_table(project, "tool"), "poetry"), "dependencies")
    return "\n".join([*map(str, stated if isinstance(stated, list) else ()), *map(str, poetry)])


def _pyproject(files: Files, inside: str) -> dict[str, Any] | None:
    path = inside + "pyproject.toml"
    project = value_of(path, files.text(path))
    return project if isinstance(project, dict) else None


def _has_script(files: Files, inside: str) -> bool:
    """Whether pyproject.toml counts and names the one script that starts, or one that is called `start`."""
    if inside + "requirements.txt" in files.paths or inside + "pyproject.toml" not in files.paths:
        return False
    project = _pyproject(files, inside) or {}
    tables = (
        _table(_table(_table(project, "tool"), "poetry"), "scripts"),
        _table(_table(project, "project"), "scripts"),
    )
    return any(len(scripts) == 1 or "start" in scripts for scripts in tables)


def asks(asked: str, package: str) -> bool:
    """Whether a package is asked for, by the buildpack's own pattern."""
    edge = "" if package.endswith("]") else r"\b"
    return (
        re.search(rf"(?m)^{re.escape(package)}{edge}(?:[^-]|$)|#egg={re.escape(package)}$", asked) is not None
    )


def server_of(files: Files, inside: str, asked: str) -> str:
    version = re.match(r"(?:python-?)?3\.(\d+)", files.text(inside + ".python-version").strip())
    if version and (3, int(version[1])) < SMART_SINCE:
        return "gunicorn"
    order = ("gunicorn", "uvicorn", "fastapi[standard]", "gradio", "streamlit")
    found = next((package for package in order if asks(asked, package)), "gunicorn")
    return "uvicorn" if found == "fastapi[standard]" else found


def _nothing_serves(files: Files, inside: str, name: str, why: str, place: Place | None) -> Finding:
    start = start_command(files, inside)
    return Finding(
        code="no-start-command",
        weight=Weight.WARN,
        title=fitting(f"Google's buildpacks will not find what starts {name}"),
        message=f"Without a Procfile they choose the start command themselves: {why}."
        + (f" Another one is shown by {start.origin}." if start else ""),
        fix=_fix(files, inside, start),
        place=place or (start.place if start else None),
        link=LINK,
    )


def _fix(files: Files, inside: str, start: StartCommand | None) -> str:
    if start is None:
        if adapter := foreign_adapter(files.json(inside + "package.json")):
            return with_adapter_of_node(adapter, f"{inside}package.json")
        return (
            f"Write {inside}Procfile with one line, `web: COMMAND`; the command listens on 0.0.0.0 and $PORT."
        )
    return f"Write {inside}Procfile with the line `{start.procfile}`{also_needed(files, inside, start)}."


def also_needed(files: Files, inside: str, start: StartCommand) -> str:
    """What else is to be written so that the command is there, as the end of a sentence; mostly nothing."""
    said, program = "", start.command.split()[0]
    if program in SERVERS and not brings(asked_for(files, inside) or program, program):
        said += f", and add {program} to {inside}requirements.txt"
    if needs_file_server(files.json(inside + "package.json"), start.command):
        said += f", and add {FILE_SERVER} to the dependencies of {inside}package.json"
    if program in ("rackup", "ruby") and inside + "Gemfile" not in files.paths:
        said += f", and {inside}Gemfile with the gems that it needs: nothing is installed without one"
    return said


def brings(asked: str, program: str) -> bool:
    """Whether the program is installed with what is asked for."""
    return asks(asked, program) or (
        program == "uvicorn" and re.search(r"(?m)^fastapi\[[^]]*\b(?:all|standard)\b", asked) is not None
    )


def _no_web(files: Files, inside: str, procfile: str) -> Finding:
    start = start_command(files, inside)
    return Finding(
        code="procfile-web-missing",
        title=fitting(f"{procfile} has no web process"),
        message="The buildpacks start the process called web, and end the build when a Procfile has none.",
        fix=f"Add the line `{start.procfile if start else 'web: COMMAND'}` to {procfile}.",
        place=Place(procfile, 1),
        link=LINK,
    )
