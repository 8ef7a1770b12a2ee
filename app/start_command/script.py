"""Start script: what a start command needs that the image built by Google's buildpacks will not have. Pure.

Sources: cmd/nodejs/npm, yarn and pnpm of github.com/GoogleCloudPlatform/buildpacks, which install for production or
prune `devDependencies` after the build; https://devcenter.heroku.com/articles/procfile for what Heroku alone has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from app.model import Finding, Place, Weight
from app.start_command.node import (
    SERVES_EXPORT,
    exported_next,
    file_server,
    moving,
    with_file_server,
)
from app.text.titles import fitting

if TYPE_CHECKING:
    from app.diagnosis.files import Files

LINK = "https://cloud.google.com/docs/buildpacks/nodejs#installing_dependencies"
# Programs of development that a start script calls, and the package that brings each where it has another name.
DEVELOPMENT = {
    "nest": "@nestjs/cli",
    "tsc": "typescript",
    "babel-node": "@babel/node",
    "tsnd": "ts-node-dev",
} | {
    name: name
    for name in ("ts-node", "ts-node-dev", "nodemon", "tsx", "vite", "cross-env", "dotenv", "concurrently")
}
# These listen on 127.0.0.1, at a port that $PORT does not move: https://docs.astro.build/en/reference/cli-reference/,
# https://vite.dev/config/server-options, https://angular.dev/cli/serve, https://www.gatsbyjs.com/docs/reference/gatsby-cli/
SERVES_DEVELOPMENT = re.compile(
    r"astro (?:dev|preview|start)\b|vite(?: (?:dev|serve|preview))?(?=\s*$|\s--)|ng serve\b|gatsby (?:develop|serve)\b"
)
CONFIGURATION = re.compile(r"(?:vite|astro|gatsby|svelte)[.-]config\.\w+|angular\.json")  # a file's own name
PRODUCTION = ("start:prod", "start:production", "prod", "production", "serve:prod")
NPM_RUN = re.compile(r"(?:npm|yarn|pnpm)\s+(?:run\s+)?([\w:.-]+)\s*\Z")
HEROKU = re.compile(
    r"(?:\S*/)?(heroku-(?:php|hhvm)-(?:apache2|nginx)|start-(?:nginx|pgbouncer)(?:-\w+)?)\b(.*)"
)
MODULE = re.compile(r"(?m)^module\s+\"?([^\s\"]+)")


def development_tool(package: object, script: str) -> tuple[str, str]:
    """The program of `devDependencies` alone that this script begins with, and its package; empty when none is."""
    scripts, needs = _table(package, "scripts"), _table(package, "dependencies")
    only = set(_table(package, "devDependencies")) - set(needs)
    for part in re.split(r"&&|\|\||;", str(scripts.get(script, ""))):
        words = [word for word in part.split() if not re.match(r"\w+=", word)]
        program = words[0] if words else ""
        brought = DEVELOPMENT.get(program, "")
        if brought in only:
            return program, brought
    return "", ""


def development_server(files: Files, inside: str, package: object, script: str) -> str:
    """The server of development that this script ends in, when it is on this machine alone and at a port of its own."""
    words = re.split(r"&&|\|\||;", str(_table(package, "scripts").get(script, "")))[-1].split()
    words = [word for word in words if not re.match(r"\w+=", word)]
    if words[:1] == ["npx"]:
        words = words[1:]
    line = " ".join(words)
    found = SERVES_DEVELOPMENT.match(line)
    if found is None or re.search(r"--(?:host|port)\b|-[pH]\b|\$\{?PORT", line):
        return ""
    configured = (
        path
        for path in files.paths
        if path.startswith(inside) and CONFIGURATION.fullmatch(path[len(inside) :])
    )
    led = any(
        not files.was_read(path) or re.search(r"\b(?:host|port)\b", files.text(path)) for path in configured
    )
    return "" if led else found[0]


def way_out(files: Files, inside: str, package: object, brought: str) -> str:
    """What to write so that production starts without this package, or with it."""
    ready = next(
        (
            name
            for name in PRODUCTION
            if name in _table(package, "scripts") and not development_tool(package, name)[0]
        ),
        "",
    )
    moved = f"move {brought} from devDependencies to dependencies (`{moving(files, inside, brought)}`)"
    if ready:
        return f"Write {inside}Procfile with the line `web: npm run {ready}`, or {moved}."
    if brought == "vite" and (served := file_server(package)):
        added = with_file_server(files, inside, served)
        return f"Write {inside}Procfile with the line `web: {served}`, which serves what it builds{added}."
    return f"{moved[0].upper()}{moved[1:]}, or start the built files with node."


def start_script(files: Files, inside: str, web: str) -> Iterator[Finding]:
    """A warning where `npm start` (or the script that the Procfile's `web` runs) calls what is left out."""
    path = inside + "package.json"
    package = files.json(path)
    ran = NPM_RUN.match(web.strip()) if web else None
    script = ran[1] if ran else "" if web else "start"
    program, brought = development_tool(package, script)
    if program:
        line = files.search(path, rf'"{re.escape(script)}"\s*:') or 1
        yield Finding(
            code="start-needs-development",
            weight=Weight.WARN,
            title=fitting(f"The script {script} runs {program}, which production leaves out"),
            message=f"{brought} is in devDependencies, and Google's buildpacks leave those out of the image.",
            fix=way_out(files, inside, package, brought),
            place=files.place(path, line),
            link=LINK,
        )
    elif re.search(r"\bnext start\b", str(_table(package, "scripts").get(script, ""))):
        if place := exported_next(files, inside):
            yield _serves_no_export(files, inside, script, place)
    elif server := development_server(files, inside, package, script):
        yield _serves_development(files, path, package, script, server)


def _serves_no_export(files: Files, inside: str, script: str, place: Place) -> Finding:
    added = with_file_server(files, inside, SERVES_EXPORT)
    return Finding(
        code="next-export",
        weight=Weight.WARN,
        title=fitting(f"next start, which the script {script} runs, serves no static export"),
        message="With `output: 'export'` the build leaves files in the folder out and no server.",
        fix=f"Write {inside}Procfile with the line `web: {SERVES_EXPORT}`{added}; or remove `output` "
        f"from {place.path}.",
        place=place,
        link="https://nextjs.org/docs/app/guides/static-exports",
    )


def _serves_development(files: Files, path: str, package: object, script: str, server: str) -> Finding:
    served, inside = file_server(package), path.removesuffix("package.json")
    added = with_file_server(files, inside, served)
    return Finding(
        code="start-of-development",
        weight=Weight.WARN,
        title=fitting(f"The script {script} starts a server of development: {server}"),
        message=f"`{server}` listens on this machine alone and not at $PORT, so that Cloud Run reaches nobody.",
        fix=f"Write {inside}Procfile with the line `web: {served}`, which serves what the build makes{added}."
        if served
        else f"Have {script} start what the build makes, on 0.0.0.0 and $PORT.",
        place=files.place(path, files.search(path, rf'"{re.escape(script)}"\s*:') or 1),
        link="https://cloud.google.com/run/docs/container-contract#port",
    )


def procfile_lines(files: Files, procfile: str, *, releases: bool) -> Iterator[Finding]:
    """Lines of a Procfile that only Heroku acts upon; `releases`: servergem.yml has a release command."""
    for number, line in enumerate(files.lines(procfile), 1):
        kind, _, command = line.partition(":")
        if kind == "web" and (found := HEROKU.match(command.strip())):
            yield _only_heroku(procfile, number, found[1], found[2])
        if kind == "web" and _streamlit_at_its_own_port(files, procfile, command):
            yield _streamlit(procfile, number, command.strip())
        if kind == "web" and (program := _named_by_module(files, procfile, command)):
            yield _named_otherwise(procfile, number, program)
        if kind == "release" and command.strip() and not releases:
            yield Finding(
                code="procfile-release",
                weight=Weight.WARN,
                title=fitting(f"Nothing runs the release line of {procfile}"),
                message="Heroku runs it before each release; Google's buildpacks and Cloud Run do not.",
                fix=f"Write `release: {command.strip()}` under the service in servergem.yml.",
                place=Place(procfile, number),
            )


def _streamlit_at_its_own_port(files: Files, procfile: str, command: str) -> bool:
    """Whether the line starts Streamlit and nothing leads it to $PORT."""
    settings = procfile.removesuffix("Procfile") + ".streamlit/config.toml"
    return (
        re.match(r"\s*(?:python3? -m )?streamlit run\b", command) is not None
        and not re.search(r"PORT|--server\.port", command)
        and settings not in files.paths
    )


def _streamlit(procfile: str, number: int, command: str) -> Finding:
    return Finding(
        code="procfile-streamlit-port",
        weight=Weight.WARN,
        title="Streamlit listens at 8501, and Cloud Run asks at $PORT",
        message=f"The web line of {procfile} gives it no port.",
        fix=f"Write `web: {command} --server.address 0.0.0.0 --server.port $PORT` in {procfile}.",
        place=Place(procfile, number),
        link="https://docs.streamlit.io/develop/api-reference/configuration/config.toml#server",
    )


def _named_by_module(files: Files, procfile: str, command: str) -> str:
    """The program of the line, where it is the one that Heroku names after the module of go.mod; empty otherwise."""
    inside = procfile.removesuffix("Procfile")
    module = MODULE.search(files.text(inside + "go.mod"))
    program = (command.split() or [""])[0]
    if module is None or program.removeprefix("./") in {"", "main"}:
        return ""
    if inside + program.removeprefix("./") in files.paths:
        return ""
    # https://github.com/heroku/heroku-buildpack-go: `go install`, which leaves out the number of a major version.
    built = re.sub(r"/v\d+$", "", module[1]).rpartition("/")[2]
    return program if program.removeprefix("./").removeprefix("bin/") == built else ""


def _named_otherwise(procfile: str, number: int, program: str) -> Finding:
    """OutBin of pkg/golang/golang.go: Google's Go buildpack calls what it builds `main`, and starts it by itself."""
    return Finding(
        code="procfile-go-program",
        weight=Weight.WARN,
        title=fitting(f"{program} is what Heroku calls the program that it builds"),
        message=f"The web line of {procfile} runs {program}; Google's Go buildpack calls what it builds main.",
        fix=f"Write `web: main` in {procfile}, with the same arguments.",
        place=Place(procfile, number),
    )


def _only_heroku(procfile: str, number: int, program: str, arguments: str) -> Finding:
    php = "-php-" in program
    root = (arguments.split() or ["."])[-1].strip("/")
    elsewhere = root not in (".", "") and not root.startswith("-")
    return Finding(
        code="procfile-heroku",
        weight=Weight.WARN,
        title=fitting(f"{program} is a command of Heroku's own"),
        message=f"The web line of {procfile} runs {program}, which Heroku adds to an application and Google does not.",
        fix=f"Remove {procfile}, and name an nginx.conf whose root is /workspace/{root} with "
        f"GOOGLE_CUSTOM_NGINX_CONFIG in project.toml: Google's PHP buildpack serves "
        f"the folder above {root} by itself. Or add a Dockerfile."
        if php and elsewhere
        else f"Remove the web line of {procfile}: Google's PHP buildpack serves with nginx by itself."
        if php
        else f"Write in {procfile} the server's own command, without {program}.",
        place=Place(procfile, number),
    )


def _table(package: object, key: str) -> Mapping[str, Any]:
    found = package.get(key) if isinstance(package, dict) else None
    return found if isinstance(found, dict) else {}
