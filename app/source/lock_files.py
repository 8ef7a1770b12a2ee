"""The lock files of package managers, and what a person types to make one; pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from app.diagnosis.files import Files

MADE_BY = {
    "package-lock.json": "npm install --package-lock-only",
    "npm-shrinkwrap.json": "npm shrinkwrap",
    "pnpm-lock.yaml": "pnpm install --lockfile-only",
    "yarn.lock": "yarn install",
    "bun.lock": "bun install --lockfile-only",
    "bun.lockb": "bun install",
    "poetry.lock": "poetry lock",
    "uv.lock": "uv lock",
    "Pipfile.lock": "pipenv lock",
    "pdm.lock": "pdm lock",
    "Gemfile.lock": "bundle lock --add-platform x86_64-linux",
    "gems.locked": "bundle lock --add-platform x86_64-linux",
    "composer.lock": "composer update --no-install",
    "go.sum": "go mod tidy",
    "Cargo.lock": "cargo generate-lockfile",
    "mix.lock": "mix deps.get",
    "deno.lock": "deno install",
}
# One project has one of these; who has another one means that.
_OF_ONE_KIND = (
    ("package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb"),
    ("poetry.lock", "uv.lock", "Pipfile.lock", "pdm.lock"),
)


def beside(lock: str, paths: Collection[str]) -> str:
    """The lock file of another manager that the folder has instead; empty when there is none."""
    kind = next((each for each in _OF_ONE_KIND if lock in each), ())
    return next((each for each in kind if each != lock and each in paths), "")


def made_by(lock: str, folder: str, other: str = "", *, ignored: bool = False) -> str:
    """What to type, in which folder (empty, or with a slash at its end), and what to commit."""
    where = f" in {folder.rstrip('/')}" if folder else ""
    kept = (
        f", take it out of .gitignore, and commit {folder}{lock}"
        if ignored
        else f" and commit {folder}{lock}"
    )
    made = f"Run `{MADE_BY[lock]}`{where}{kept}."
    return f"This commit has {other}: use that and its own install command. {made}" if other else made


def requires_nothing(files: Files, path: str) -> bool:
    """Whether the go.mod at `path` was read and has no requirement, so that `go mod tidy` writes no go.sum."""
    return files.was_read(path) and not re.search(r"^[^\S\n]*require\b", files.text(path), re.MULTILINE)
