"""Entry point: what Google's buildpacks will start by themselves, and a warning where that cannot serve. Pure.

Sources: cmd/python/missing_entrypoint/lib/lib.go, pkg/python/dependencies.go, pkg/nodejs/npm.go (DefaultStartCommand),
cmd/ruby/missing_entrypoint and pkg/entrypoint/procfile.go of github.com/GoogleCloudPlatform/buildpacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.model import Finding, Place, Weight
from app.start_command import StartCommand, start_command
from app.start_command.installed import also_needed, asked_for, asks, pyproject, table
from app.start_command.node import foreign_adapter, with_adapter_of_node
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
        table(package, "scripts"),
        table(package, "dependencies") | table(package, "devDependencies"),
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


def _has_script(files: Files, inside: str) -> bool:
    """Whether pyproject.toml counts and names the one script that starts, or one that is called `start`."""
    if inside + "requirements.txt" in files.paths or inside + "pyproject.toml" not in files.paths:
        return False
    project = pyproject(files, inside) or {}
    tables = (
        table(table(table(project, "tool"), "poetry"), "scripts"),
        table(table(project, "project"), "scripts"),
    )
    return any(len(scripts) == 1 or "start" in scripts for scripts in tables)


def server_of(files: Files, inside: str, asked: str) -> str:
    version = re.match(r"(?:python-?)?3\.(\d{1,3})", files.text(inside + ".python-version").strip())
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
