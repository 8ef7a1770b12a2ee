"""Node's start: which command serves what package.json names, its build and its code show. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.model import Place

if TYPE_CHECKING:
    from app.diagnosis.files import Files

NODE_FILES = (
    *("server.js", "index.js", "app.js", "main.js", "src/index.js", "src/server.js", "src/app.js"),
    "server.mjs",
)
_SCRIPTS = ("start:prod", "start:production", "prod", "production", "serve:prod")
_FRAMEWORKS = {
    "next": "npx next start --hostname 0.0.0.0 --port $PORT",
    "@nestjs/core": "node dist/main.js",
    "nuxt": "node .output/server/index.mjs",
    "@remix-run/serve": "npx remix-serve ./build/server/index.js",
    # https://docs.astro.build/en/guides/integrations-guide/node/#standalone
    "@astrojs/node": "HOST=0.0.0.0 node dist/server/entry.mjs",
}
# What only makes files, and the folder where it leaves them unless it is told another.
_MAKES_FILES = {
    "astro": "dist",
    "gatsby": "public",
    "@docusaurus/core": "build",
    "@11ty/eleventy": "_site",
    "react-scripts": "build",
    "@vue/cli-service": "dist",
    "parcel": "dist",
    "vite": "dist",
}
# One page for all addresses: what is no file is answered with index.html.
_ONE_PAGE = frozenset({"react-scripts", "@vue/cli-service", "vite"})
# Here an application may be rendered by a server that these build for another platform, or by one of its own.
_RENDERED = re.compile(r"@astrojs/(?:vercel|netlify|cloudflare|deno)|@sveltejs/kit|@react-router/.*|vinxi")
_FOREIGN_ADAPTER = re.compile(r"@sveltejs/adapter-(?!(?:node|auto)$).+")
# https://github.com/vercel/serve: `--listen PORT` is on every address.
FILE_SERVER = "serve"
SERVES_EXPORT = f"npx {FILE_SERVER} out --listen $PORT"
# What adds a package to package.json and to the lock file of this name.
_ADDS = {
    "pnpm-lock.yaml": "pnpm add",
    "yarn.lock": "yarn add",
    "bun.lock": "bun add",
    "bun.lockb": "bun add",
    "package-lock.json": "npm install",
    "npm-shrinkwrap.json": "npm install",
}

# What moves a package from devDependencies to dependencies in both files: `add` alone leaves it where it is.
_MOVES = {
    "pnpm": "pnpm add --save-prod {0}",
    "yarn": "yarn remove {0} && yarn add {0}",
    "bun": "bun remove {0} && bun add {0}",
}

NEXT_CONFIGURATION = re.compile(r"next\.config\.[cm]?[jt]s")  # a file's own name
_EXPORTS = r"""^(?!\s*(?://|\*))(?:.*[{,\s])?output["']?\s*[:=]\s*["']export["']"""

Start = tuple[str, str, Place | None]


def node_start(files: Files, inside: str) -> Start | None:
    """The command, where it comes from in words, and that line; None where nothing shows what starts."""
    path = inside + "package.json"
    package = files.json(path)
    return (
        _by_script(files, path, package)
        or _by_export(files, inside, package)
        or _by_framework(files, path, package)
        or _by_code(files, inside)
        or _by_files(files, path, package)
    )


def exported_next(files: Files, inside: str) -> Place | None:
    """Where Next.js is told to leave files instead of a server: https://nextjs.org/docs/app/guides/static-exports"""
    here = (path for path in files.paths if path.rpartition("/")[0] == inside.rstrip("/"))
    for path in sorted(here):
        if NEXT_CONFIGURATION.fullmatch(path[len(inside) :]) and (line := files.search(path, _EXPORTS)):
            return files.place(path, line)
    return None


def file_server(package: object) -> str:
    """The command that serves what this package's build leaves, empty where that is no folder of files."""
    needs = {**_table(package, "dependencies"), **_table(package, "devDependencies")}
    maker = next((name for name in _MAKES_FILES if name in needs), "")
    if foreign_adapter(package) == "@sveltejs/adapter-static":
        return f"npx {FILE_SERVER} build --listen $PORT"  # https://svelte.dev/docs/kit/adapter-static#Options
    if not maker or "build" not in _table(package, "scripts") or any(map(_RENDERED.fullmatch, needs)):
        return ""
    single = "--single " if maker in _ONE_PAGE else ""
    return f"npx {FILE_SERVER} {single}{_MAKES_FILES[maker]} --listen $PORT"


def foreign_adapter(package: object) -> str:
    """SvelteKit's adapter for another platform: adapter-node builds a server, as adapter-auto does in GCP_BUILDPACKS.

    https://github.com/sveltejs/kit/blob/main/packages/adapter-auto/adapters.js
    """
    needs = {**_table(package, "dependencies"), **_table(package, "devDependencies")}
    if "@sveltejs/kit" not in needs:
        return ""
    adapter = next((name for name in needs if _FOREIGN_ADAPTER.fullmatch(name)), "")
    return "" if any("adapter" in name and name != adapter for name in needs) else adapter


def with_adapter_of_node(adapter: str, package: str) -> str:
    """What to write so that SvelteKit's build leaves a server."""
    return f"Put @sveltejs/adapter-node in place of {adapter}, in {package} and in svelte.config.js."


def moving(files: Files, inside: str, package: str) -> str:
    """What moves a package to the dependencies, in package.json and in the lock file, which is installed frozen."""
    folders = (inside, "") if inside else ("",)
    adds = next(
        (words for folder in folders for lock, words in _ADDS.items() if folder + lock in files.paths), "npm "
    )
    return _MOVES.get(adds.split()[0], "npm install --save-prod {0}").format(package)


def with_file_server(files: Files, inside: str, command: str) -> str:
    """How the server of files that a command calls gets among the packages, as the end of a sentence; mostly nothing.

    A lock file has to be written anew with package.json: what a build installs of it is frozen.
    """
    path = f"{inside}package.json"
    if not _needs_file_server(files.json(path), command):
        return ""
    adds = next((words for lock, words in _ADDS.items() if inside + lock in files.paths), "")
    if not adds:
        return f", and add {FILE_SERVER} to the dependencies of {path}"
    return f", and run `{adds} {FILE_SERVER}`" + (f" in {inside.rstrip('/')}" if inside else "")


def _needs_file_server(package: object, command: str) -> bool:
    return command.startswith(f"npx {FILE_SERVER} ") and FILE_SERVER not in _table(package, "dependencies")


def _by_script(files: Files, path: str, package: object) -> Start | None:
    table = _table(package, "scripts")
    name = next((name for name in _SCRIPTS if isinstance(table.get(name), str)), "")
    return (f"npm run {name}", f"the script {name} of {path}", _line(files, path, name)) if name else None


def _by_export(files: Files, inside: str, package: object) -> Start | None:
    place = exported_next(files, inside) if "next" in _table(package, "dependencies") else None
    return (SERVES_EXPORT, f"the static export in {place.path}", place) if place else None


def _by_framework(files: Files, path: str, package: object) -> Start | None:
    needs = _table(package, "dependencies")
    name = next((name for name in _FRAMEWORKS if name in needs), "")
    return (_FRAMEWORKS[name], f"{name} in {path}", _line(files, path, name)) if name else None


def _by_code(files: Files, inside: str) -> Start | None:
    for name in NODE_FILES:
        if line := files.search(inside + name, r"\.listen\s*\(|\bserve\s*\("):
            return f"node {name}", f"the code of {inside}{name}", files.place(inside + name, line)
    return None


def _by_files(files: Files, path: str, package: object) -> Start | None:
    command = file_server(package)
    return (command, f"the script build of {path}", _line(files, path, "build")) if command else None


def _line(files: Files, path: str, key: str) -> Place | None:
    return files.place(path, files.search(path, rf'"{re.escape(key)}"\s*:') or 1)


def _table(package: object, key: str) -> Mapping[str, Any]:
    found = package.get(key) if isinstance(package, dict) else None
    return found if isinstance(found, dict) else {}
