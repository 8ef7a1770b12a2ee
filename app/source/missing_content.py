"""What GitHub's archive of a commit lacks although the repository names it: submodules, and files in Git LFS."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from itertools import islice

from app.config.patterns import Pattern
from app.diagnosis.files import Files
from app.model import Finding, Place, Target, Weight
from app.source.text import POINTER, is_pointer
from app.text.titles import fitting

# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
WHOLE_POINTER = re.compile(re.escape(POINTER) + r"(?:ext-\d-\S+ \S+\n)*oid sha256:[0-9a-f]{64}\nsize \d+\n?")
# What nobody keeps in Git LFS, and a folder has most of.
TEXTS = (
    ".py",
    ".js",
    ".ts",
    ".tsx",
    ".jsx",
    ".go",
    ".rb",
    ".java",
    ".php",
    ".rs",
    ".md",
    ".txt",
    ".html",
    ".css",
)
MODULES, ATTRIBUTES = ".gitmodules", ".gitattributes"
NAMED = 3
MOST_SUBMODULES, MOST_PATTERNS, MOST_READ = 100, 100, 2_000
NO_SUBMODULES = (
    "https://docs.github.com/repositories/working-with-files/using-files/downloading-source-code-archives"
)
ARCHIVES = (
    "https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/"
    "managing-repository-settings/managing-git-lfs-objects-in-archives-of-your-repository"
)


def missing_content(files: Files, target: Target) -> Iterator[Finding]:
    """Warnings about a service's own folder; a service that is a submodule itself cannot be built at all."""
    inside = "" if target.service.path == "." else f"{target.service.path}/"
    yield from _submodules(files, target, inside)
    yield from _pointers(files, target, inside)
    yield from _unsmudged(files, target, inside)


# Submodules


def _submodules(files: Files, target: Target, inside: str) -> Iterator[Finding]:
    for path, line in lacking_submodules(files).items():
        whole = bool(inside) and inside.startswith(f"{path}/")
        if whole or path.startswith(inside):
            yield _submodule(path, line, target if whole else None)


def submodules(files: Files) -> dict[str, int]:
    """The folders that .gitmodules says are other repositories, and the line that says so."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string("\n".join(line.strip() for line in files.lines(MODULES)))
    except configparser.Error:
        return {}
    paths = [
        parser.get(section, "path", fallback=None) or "" for section in parser.sections()[:MOST_SUBMODULES]
    ]
    return {path.strip('"').strip("/"): _line_of(files, path) for path in paths if path.strip('"').strip("/")}


def lacking_submodules(files: Files) -> dict[str, int]:
    """Those of which an archive of the commit has nothing."""
    return {path: line for path, line in submodules(files).items() if _is_empty(files, path)}


def _line_of(files: Files, path: str) -> int:
    lines = enumerate(files.lines(MODULES), 1)
    return next(
        (n for n, line in lines if line.replace(" ", "").strip() == f"path={path.replace(' ', '')}"), 1
    )


def _is_empty(files: Files, path: str) -> bool:
    """In an archive a submodule is an empty folder; in a clone `.git` says what it is."""
    within = [each for each in files.paths if each.startswith(f"{path}/")]
    return not within or f"{path}/.git" in within


def _submodule(path: str, line: int, target: Target | None) -> Finding:
    name = target.source_name if target else ""
    return Finding(
        code="submodule-missing",
        weight=Weight.STOP if target else Weight.WARN,
        title=fitting(f"{path} is a submodule, which the build does not get"),
        message=f"GitHub's archive of a commit has no submodules: {path} is an empty folder in it"
        + (f", and {name} is to be built from there." if target else "."),
        fix=f"Keep the files of {path} in this repository (git subtree, or a copy)"
        + (
            "."
            if target
            else ", install it as a package, or remove it from .gitmodules when nothing needs it."
        ),
        place=Place(MODULES, line),
        link=NO_SUBMODULES,
    )


# Git LFS


def _pointers(files: Files, target: Target, inside: str) -> Iterator[Finding]:
    found = sorted(path for path in _in_lfs(files, inside) if is_pointer(files.text(path).encode()))
    if not found:
        return
    yield Finding(
        code="lfs-pointer",
        weight=Weight.WARN,
        title=_title(found),
        message=f"GitHub's archive has a pointer of some lines in place of {_listed(found)}; {target.source_name} "
        "gets these and not the files.",
        fix="Switch on Settings → General → Archives → “Include Git LFS objects in archives” of the repository, "
        "and re-run this check.",
        place=Place(found[0], 1),
        link=ARCHIVES,
    )


def _unsmudged(files: Files, target: Target, inside: str) -> Iterator[Finding]:
    """Pointers that no .gitattributes hands to Git LFS: then nobody ever puts the file in their place."""
    handed = set(_in_lfs(files, inside))
    mine = (path for path in sorted(files.paths) if path.startswith(inside) and path not in handed)
    likely = islice((path for path in mine if not path.endswith(TEXTS)), MOST_READ)
    found = [path for path in likely if WHOLE_POINTER.fullmatch(files.text(path))]
    if not found:
        return
    yield Finding(
        code="lfs-pointer",
        weight=Weight.WARN,
        title=_title(found),
        message=f"{_listed(found)} holds a pointer and no .gitattributes hands it to Git LFS, so that neither a "
        f"clone nor GitHub's archive has the file; {target.source_name} gets the pointer.",
        fix=f"Run `git lfs track {found[0]}` and commit .gitattributes, or commit the file itself.",
        place=Place(found[0], 1),
        link="https://docs.github.com/repositories/working-with-files/managing-large-files/"
        "configuring-git-large-file-storage",
    )


def _title(found: list[str]) -> str:
    return fitting(
        f"{found[0]} is a Git LFS pointer in the build"
        if len(found) == 1
        else f"{len(found)} files are Git LFS pointers in the build"
    )


def _listed(found: list[str]) -> str:
    return ", ".join(found[:NAMED]) + (f" and {len(found) - NAMED} more" if len(found) > NAMED else "")


def _in_lfs(files: Files, inside: str) -> Iterator[str]:
    """Files of the service that .gitattributes hands to Git LFS: https://git-scm.com/docs/gitattributes"""
    patterns = [each for path in files.named(ATTRIBUTES) for each in _patterns(files, path)][:MOST_PATTERNS]
    paths = (path for path in sorted(files.paths) if path.startswith(inside)) if patterns else ()
    read = 0
    for path in paths:
        if any(pattern.fits(path) for pattern in patterns):
            read += 1
            if read > MOST_READ:
                return
            yield path


def _patterns(files: Files, path: str) -> Iterator[Pattern]:
    """A pattern without a slash is a name in any folder below; one with a slash begins beside .gitattributes."""
    folder = path.removesuffix(ATTRIBUTES)
    for line in files.lines(path):
        words = line.split()
        if "filter=lfs" not in words[1:] or words[0].startswith(("#", '"', "!")):
            continue
        deep = "" if "/" in words[0].rstrip("/") else "**/"
        try:
            yield Pattern(re.sub(r"([{},])", r"\\\1", f"{folder}{deep}{words[0].lstrip('/')}"))
        except ValueError:
            continue  # not a pattern that is read here, and what was not read is not judged
