"""The repository at the commit, as far as a diagnosis needs it: which files there are, and their lines."""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

from app import dockerfile
from app.dockerfile import Dockerfile
from app.model import Place

LONGEST_FILE = 1_000_000
MOST_FILES = 50_000
NOT_OURS = frozenset(
    {".git", "node_modules", ".venv", "venv", "__pycache__", ".tox", ".mypy_cache", "target", ".next"}
)


class Files:
    """Paths are relative to the repository's root, with slashes. `read` is asked once for each path."""

    def __init__(self, paths: Iterable[str], read: Callable[[str], str]) -> None:
        self.paths = frozenset(paths)
        self._read = read
        self._lines: dict[str, tuple[str, ...]] = {}
        self._json: dict[str, object] = {}

    @classmethod
    def of(cls, texts: dict[str, str]) -> Files:
        """From memory: path to text."""
        return cls(texts, lambda path: texts[path])

    @classmethod
    def under(cls, folder: Path) -> Files:
        """From a folder on disk; a link that leads out of it is not followed."""
        found: list[str] = []
        for directory, folders, names in os.walk(folder):
            folders[:] = sorted(each for each in folders if each not in NOT_OURS)
            found += [Path(directory, name).relative_to(folder).as_posix() for name in names]
            if len(found) > MOST_FILES:
                break
        root = folder.resolve()

        def read(path: str) -> str:
            whole = (folder / path).resolve()
            if not whole.is_relative_to(root) or not whole.is_file() or whole.stat().st_size > LONGEST_FILE:
                return ""
            return whole.read_text(errors="replace")

        return cls(found, read)

    def lines(self, path: str) -> tuple[str, ...]:
        """The lines of a file; none for one that is not there."""
        if path not in self.paths:
            return ()
        if path not in self._lines:
            self._lines[path] = tuple(self._read(path)[:LONGEST_FILE].replace("\r\n", "\n").split("\n"))
        return self._lines[path]

    def text(self, path: str) -> str:
        return "\n".join(self.lines(path))

    def json(self, path: str) -> object:
        """What a JSON file holds; None for one that does not parse."""
        if path not in self._json:
            try:
                self._json[path] = json.loads(self.text(path))
            except (ValueError, RecursionError):
                self._json[path] = None
        return self._json[path]

    def has_line(self, path: str, line: int) -> bool:
        """Whether an annotation may point there: the file is in the commit and is that long."""
        lines = self.lines(path)
        return 1 <= line <= (len(lines) - 1 if lines and not lines[-1] else len(lines))

    def place(self, path: str, line: int, end: int | None = None) -> Place | None:
        """The place, when it is there; an end past the file's own is cut."""
        if not self.has_line(path, line):
            return None
        while end is not None and end > line and not self.has_line(path, end):
            end -= 1
        return Place(path, line, end if end is not None and end > line else None)

    def named(self, *names: str) -> tuple[str, ...]:
        """Every path whose last part is one of `names`, the shortest first."""
        return tuple(
            sorted((p for p in self.paths if p.rpartition("/")[2] in names), key=lambda p: (p.count("/"), p))
        )

    def search(self, path: str, pattern: str) -> int:
        """The first line that matches, from 1; 0 when none does."""
        compiled = re.compile(pattern)
        return next((number for number, line in enumerate(self.lines(path), 1) if compiled.search(line)), 0)

    def nearest(self, wanted: str, among: Iterable[str] | None = None, cutoff: float = 0.6) -> str:
        """The path (or other name) most like `wanted`; empty when none is like it."""
        names = sorted(self.paths if among is None else among)[:5000]
        found = difflib.get_close_matches(wanted, names, 1, cutoff)
        return found[0] if found else ""

    @cached_property
    def dockerfiles(self) -> dict[str, Dockerfile]:
        """Every Dockerfile by path, the one nearest to the root first."""
        paths = [p for p in self.paths if _is_dockerfile(p.rpartition("/")[2])]
        paths.sort(key=lambda p: (p.count("/"), not p.endswith("Dockerfile"), p))
        return {path: dockerfile.parse(self.text(path)) for path in paths[:50]}


def _is_dockerfile(name: str) -> bool:
    lower = name.lower()
    return (
        lower in ("dockerfile", "containerfile")
        or lower.startswith("dockerfile.")
        or lower.endswith(".dockerfile")
    )
