"""What git was told to leave out of the repository: the line of .gitignore that keeps a missing file from the build."""

from __future__ import annotations

import re

from app.diagnosis.left_out import MOST_PATTERNS, LeftOut
from app.diagnosis.rule import Hit
from app.dockerfile import Ignored, Unreadable

# Files that belong into Secret Manager and not into a commit.
_SECRET = re.compile(
    r"(?i)(?:^|/)\.env\b|\.(?:pem|key|p12|pfx|jks)$|secret|credential|service[-_]?account|adminsdk|(?:firebase|google|gcp|sa)[\w-]*key\.json$"
)

# Folders that a container has its program in: no part of a path of the repository.
_ROOTS = re.compile(r"^/(?:var/www/html|usr/src/app|workspace|app|src|code|srv|rails|home/\w+/app)/")


def unversioned(hit: Hit, path: str) -> LeftOut | None:
    """Why git has not this file, which is not in the repository; None where no .gitignore names it."""
    bare = _ROOTS.sub("", path).strip("./")
    if not bare or bare in hit.files.paths:
        return None
    for ignore in sorted(hit.files.named(".gitignore"), key=len, reverse=True):
        folder = ignore.rpartition("/")[0]
        if (
            found := _line(hit, ignore, bare.removeprefix(f"{folder}/") if folder else bare)
        ) and bare.startswith(folder):
            place = hit.files.place(ignore, found[0])
            return LeftOut(place, _advice(bare, found[1], found[0], ignore)) if place else None
    return None


def _line(hit: Hit, ignore: str, path: str) -> tuple[int, str] | None:
    """The last pattern that fits decides, as git has it."""
    lines = hit.files.lines(ignore)
    for number in range(min(len(lines), MOST_PATTERNS), 0, -1):
        pattern = lines[number - 1].strip()
        if pattern and not pattern.startswith("#") and _fits(pattern.removeprefix("!"), path):
            return None if pattern.startswith("!") else (number, pattern)
    return None


def _fits(pattern: str, path: str) -> bool:
    """A pattern with a slash begins at its folder, any other one fits at each depth: https://git-scm.com/docs/gitignore"""
    anywhere = "/" not in pattern.rstrip("/")
    try:
        return Ignored(f"**/{pattern}" if anywhere else pattern.lstrip("/")).hides(path)
    except Unreadable:
        return False


def _advice(path: str, pattern: str, line: int, ignore: str) -> str:
    left = f"git leaves {path} out ({pattern}, line {line} of {ignore})"
    if _SECRET.search(path):
        name = path.rpartition("/")[2]
        return (
            f"{left}, as it should a secret, so that no build has it: take its COPY out, keep it in Secret Manager "
            f"and mount it with gcloud run services update --update-secrets (the path /secrets/{name}, its value "
            f"NAME:latest)"
        )
    return f"{left}: take that pattern away (or write !{path} below it) and commit the file, or have the build make it"
