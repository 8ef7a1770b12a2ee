"""The repository at the commit, as far as a diagnosis needs it: which files there are, and their lines."""

from __future__ import annotations

import difflib
import heapq
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from app import dockerfile
from app.dockerfile import Dockerfile
from app.model import Place
from app.source.formats import value_of
from app.source.text import (
    LONGEST_TEXT,
    MOST_PATH_LETTERS,
    MOST_PATHS,
    MOST_UNPACKED,
    decoded,
    folders_of,
)

if TYPE_CHECKING:  # which itself looks into what a diagnosis knows
    from app.source.archive import Passing

NOT_OURS = frozenset({".git", ".hg", ".svn"})


class Files:
    """Paths are relative to the repository's root, with slashes. `read` is asked once for each path.

    It answers None for what was not read: too large, no text, a link. Such a file is there, and is not judged.
    `folders` are those that the paths do not tell (a submodule's); `whole` is False when there are more files than
    anybody looks at. `repository` is its name where that is known.
    """

    def __init__(
        self,
        paths: Iterable[str],
        read: Callable[[str], str | None],
        *,
        folders: Iterable[str] = (),
        links: Iterable[str] = (),
        whole: bool = True,
        repository: str = "",
    ) -> None:
        self.paths = frozenset(paths)
        self.links = frozenset(links)
        self.whole = whole
        self.repository = repository
        self._empty = frozenset(folders)
        self._read = read
        self._texts: dict[str, str | None] = {}
        self._lines: dict[str, tuple[str, ...]] = {}
        self._json: dict[str, object] = {}

    @classmethod
    def of(cls, texts: dict[str, str]) -> Files:
        """From memory: path to text."""
        return cls(texts, lambda path: texts[path])

    @classmethod
    def passed(cls, archive: Passing, repository: str = "") -> Files:
        """From an archive that has passed."""
        return cls(
            archive.paths,
            archive.texts.get,
            folders=archive.folders,
            links=archive.links,
            whole=not archive.given_up,
            repository=repository,
        )

    @classmethod
    def under(cls, folder: Path, names: Iterable[str] | None = None) -> Files:
        """From a folder on disk: the files that `names` gives, or all there are but version control's own."""
        paths: set[str] = set()
        folders: set[str] = set()
        links: set[str] = set()
        whole, size, letters = True, 0, 0
        for name in _walk(folder) if names is None else names:
            path = os.fsencode(name).decode(errors="replace")
            found = _stat(folder, name)
            if found is None:
                continue
            if stat.S_ISDIR(found.st_mode):
                folders.add(path)
            elif stat.S_ISLNK(found.st_mode) or stat.S_ISREG(found.st_mode):
                paths.add(path)
                letters += len(path)
                size += found.st_size
            if stat.S_ISLNK(found.st_mode):
                links.add(path)
            if len(paths) > MOST_PATHS or letters > MOST_PATH_LETTERS or size > MOST_UNPACKED:
                whole = False
                break
        return cls(
            paths,
            lambda path: _text(folder, path),
            folders=folders,
            links=links,
            whole=whole,
            repository=folder.resolve().name,
        )

    def only(self, belongs: Callable[[str], bool]) -> Files:
        """A part of these; what was not read stays unread."""
        return Files(
            filter(belongs, self.paths),
            self._text,
            folders=filter(belongs, self._empty),
            links=filter(belongs, self.links),
            whole=self.whole,
            repository=self.repository,
        )

    def was_read(self, path: str) -> bool:
        """Whether the text of this file is known, be it empty."""
        return self._text(path) is not None

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder, in whatever depth."""
        return folders_of(self.paths | self._empty) | self._empty

    def _text(self, path: str) -> str | None:
        if path not in self.paths or path in self.links:
            return None
        if path not in self._texts:
            text = self._read(path)
            self._texts[path] = text if text is None or len(text) <= LONGEST_TEXT else None
        return self._texts[path]

    def lines(self, path: str) -> tuple[str, ...]:
        """The lines of a file; none for one that is not there."""
        if path not in self.paths:
            return ()
        if path not in self._lines:
            text = self._text(path) or ""
            self._lines[path] = tuple(text.replace("\r\n", "\n").split("\n"))
        return self._lines[path]

    def text(self, path: str) -> str:
        return "\n".join(self.lines(path))

    def ends_lines_with_return(self, path: str) -> bool:
        """Whether its first line ends as on Windows, which `lines` does not show."""
        text = (self._text(path) or "") if path in self.paths else ""
        return text.partition("\n")[0].endswith("\r")

    def json(self, path: str) -> object:
        """What a JSON file holds; None for one that does not parse."""
        if path not in self._json:
            self._json[path] = value_of("package.json", self.text(path))
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
        return nearest(wanted, self.paths if among is None else among, cutoff)

    @cached_property
    def dockerfiles(self) -> dict[str, Dockerfile]:
        """Every Dockerfile by path, the one nearest to the root first."""
        paths = [p for p in self.paths if dockerfile.may_be_dockerfile(p)]
        paths.sort(key=lambda p: (p.count("/"), not p.endswith("Dockerfile"), p))
        found = {path: dockerfile.parse(self.text(path)) for path in paths[:50]}
        return {path: parsed for path, parsed in found.items() if dockerfile.is_dockerfile(path, parsed)}


MOST_COMPARED = 300  # names; each comparison costs the product of their lengths
LONGEST_COMPARED = 200  # letters


def nearest(wanted: str, among: Iterable[str], cutoff: float = 0.6) -> str:
    """The name most like `wanted`; empty when none is. Of many names only the likeliest are compared."""
    if len(wanted) > LONGEST_COMPARED:
        return ""
    last = wanted.rpartition("/")[2]
    short = (
        name for name in among if abs(len(name) - len(wanted)) < len(wanted) and len(name) <= LONGEST_COMPARED
    )
    likely = heapq.nsmallest(MOST_COMPARED, short, key=lambda name: (_unlike(name, last), name))
    found = difflib.get_close_matches(wanted, likely, 1, cutoff)
    return found[0] if found else ""


def _unlike(name: str, last: str) -> tuple[int, int]:
    """How little two last parts of a path have in common, cheaply: their letters, then their lengths."""
    own = name.rpartition("/")[2]
    return len(set(own) ^ set(last)), abs(len(own) - len(last))


def _walk(folder: Path) -> Iterator[str]:
    """Every file and every link, a linked folder included, without a look behind links."""
    for directory, folders, names in os.walk(folder):
        inside = os.path.relpath(directory, folder)
        ours = [each for each in folders if each not in NOT_OURS]
        linked = [each for each in ours if Path(directory, each).is_symlink()]
        folders[:] = sorted(each for each in ours if each not in linked)
        for name in (*names, *linked):
            if name not in NOT_OURS:
                yield os.path.normpath(f"{inside}/{name}")


def _stat(folder: Path, name: str) -> os.stat_result | None:
    try:
        return (folder / name).lstat()
    except (OSError, ValueError):
        return None


def _text(folder: Path, path: str) -> str | None:
    """A regular file's text; what stands behind a linked folder is not read."""
    whole = folder / path
    found = _stat(folder, path)
    if found is None or not stat.S_ISREG(found.st_mode) or found.st_size > LONGEST_TEXT:
        return None
    try:
        return decoded(whole.read_bytes())
    except OSError:
        return None
