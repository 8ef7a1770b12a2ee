"""What a package.json's `build` script needs to find in the commit: a warning, since a script may make it; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.diagnosis.files import Files
from app.model import Finding, Weight
from app.text.titles import fitting

# What runs before the build, and what makes files of files: there anything may come to be.
MAKES = re.compile(r"&&|;|\|\|")
SCRIPTS = ("gcp-build", "build")


@dataclass(frozen=True)
class _Command:
    """A command without arguments of its own, what it looks for (any of these), and what would point elsewhere."""

    written: str
    needs: tuple[str, ...]
    elsewhere: tuple[str, ...] = ()
    link: str = ""


# https://nextjs.org/docs/app/getting-started/project-structure
# https://vite.dev/guide/#index-html-and-project-root
# https://angular.dev/reference/configs/workspace-config
# https://create-react-app.dev/docs/folder-structure
# https://www.typescriptlang.org/docs/handbook/compiler-options.html
COMMANDS = (
    _Command(
        "next build",
        ("app/", "pages/", "src/app/", "src/pages/"),
        link="https://nextjs.org/docs/app/getting-started/project-structure",
    ),
    _Command(
        "vite build",
        ("index.html",),
        ("vite.config.js", "vite.config.ts", "vite.config.mjs", "vite.config.mts", "vite.config.cjs"),
        "https://vite.dev/guide/#index-html-and-project-root",
    ),
    _Command(
        "ng build",
        ("angular.json",),
        ("project.json",),
        "https://angular.dev/reference/configs/workspace-config",
    ),
    _Command(
        "react-scripts build",
        ("public/index.html",),
        link="https://create-react-app.dev/docs/folder-structure",
    ),
    _Command(
        "tsc", ("tsconfig.json",), link="https://www.typescriptlang.org/docs/handbook/tsconfig-json.html"
    ),
)


def node_build(files: Files, inside: str) -> Iterator[Finding]:
    """The first of COMMANDS that the build runs, where nothing of what it looks for is in the commit."""
    path = inside + "package.json"
    package = files.json(path)
    scripts = package.get("scripts") if isinstance(package, dict) else None
    if not isinstance(scripts, dict):
        return
    name = next((each for each in SCRIPTS if each in scripts), "")
    said = str(scripts.get(name, "")).strip()
    if not name or f"pre{name}" in scripts or MAKES.search(said):
        return
    for command in COMMANDS:
        if said == command.written and not _has(files, inside, (*command.needs, *command.elsewhere)):
            yield _lacks(files, inside, path, name, command)


def _has(files: Files, inside: str, names: tuple[str, ...]) -> bool:
    there = files.paths | files.links
    folders = tuple(f"{inside}{each}" for each in names if each.endswith("/"))
    return any(inside + each in there for each in names) or any(
        path.startswith(folders) or f"{path}/" in folders for path in there if folders
    )


def _lacks(files: Files, inside: str, path: str, name: str, command: _Command) -> Finding:
    needs = " or ".join(f"{inside}{each}" for each in command.needs)
    return Finding(
        code="build-finds-nothing",
        weight=Weight.WARN,
        title=fitting(f"`{command.written}` finds nothing to build"),
        message=f"It looks for {needs}, and this commit has nothing of that name.",
        fix="Commit it: `git status --ignored` shows what .gitignore keeps out. Where it is in another folder, write "
        "that one as `path:` in servergem.yml.",
        place=files.place(path, files.search(path, rf'"{re.escape(name)}"\s*:') or 1),
        link=command.link,
    )
