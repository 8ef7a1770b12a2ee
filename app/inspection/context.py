"""The build context: what COPY finds in it, and what .dockerignore hides from it; pure, and bounded in its work."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from app import dockerfile
from app.diagnosis.files import Files
from app.dockerfile import Ignored, Unreadable
from app.inspection.made_elsewhere import is_made_elsewhere
from app.source.missing_content import lacking_submodules

# Whether anything below a hidden folder is shown again is asked of so many files; beyond, the folder counts as seen.
MOST_ASKED = 20_000
# Wildcards may fit nothing, https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert_copy.go
# (AllowEmptyWildcard); a variable, an escape, an address and a quote that does not close are not judged.
_NOT_JUDGED = ("*", "?", "[", "$", "\\", "`", "://", "'", '"')


class Context:
    """The folder `inside` (empty, or with a slash at its end) as the Dockerfile at `path` is given it."""

    def __init__(self, files: Files, inside: str, path: str) -> None:
        self._files, self.inside = files, inside
        beside = f"{path}.dockerignore"
        self.ignored_by = beside if beside in files.paths else inside + ".dockerignore"
        self._asked = 0

    @cached_property
    def paths(self) -> frozenset[str]:
        """Every file, as COPY names it."""
        return frozenset(
            each[len(self.inside) :] for each in self._files.paths if each.startswith(self.inside)
        )

    def may_have(self, source: str) -> bool:
        """False only where `source` is surely not there for the builder."""
        if any(letter in source for letter in _NOT_JUDGED) or source.startswith("git@"):
            return True
        clean = dockerfile.joined("/", source)[1:]
        if not clean or self._leads_through_a_link(clean):
            return True
        return self.holds(source) and not self._hides(clean)

    def holds(self, source: str) -> bool:
        """Whether the folder has it, hidden or not."""
        whole = self.inside + dockerfile.joined("/", source)[1:]
        return whole in self._files.paths or whole in self._files.folders

    def is_made_elsewhere(self, source: str) -> bool:
        """Whether a step outside of the image makes it, so that no commit has it."""
        return is_made_elsewhere(self._files, self.inside, source)

    def submodule_of(self, source: str) -> str:
        """The submodule that it would come from, of which the archive of a commit has nothing; else empty."""
        whole = self.inside + dockerfile.joined("/", source)[1:]
        return next((each for each in self._submodules if f"{whole}/".startswith(f"{each}/")), "")

    def is_folder_of(self, source: str, module: str) -> bool:
        """Whether it is the submodule's own folder: the archive has that, empty, and COPY takes it."""
        return self.inside + dockerfile.joined("/", source)[1:] == module

    @cached_property
    def _submodules(self) -> tuple[str, ...]:
        return tuple(lacking_submodules(self._files))

    def _leads_through_a_link(self, path: str) -> bool:
        if not self._files.links:
            return False
        parts = (self.inside + path).split("/")
        return any("/".join(parts[: end + 1]) in self._files.links for end in range(min(len(parts), 100)))

    def _hides(self, path: str) -> bool:
        ignored = self._ignored
        if ignored is None or not ignored.hides(path):
            return False
        if not ignored.shows_again or path in self.paths:
            return True
        return all(ignored.hides(each) for each in self._below(path)) and self._asked <= MOST_ASKED

    def _below(self, folder: str) -> Iterator[str]:
        """The files of a folder, as long as there is patience left."""
        for each in self._sorted_below.get(folder.partition("/")[0], ()):
            if each.startswith(folder + "/"):
                self._asked += 1
                if self._asked > MOST_ASKED:
                    return
                yield each

    @cached_property
    def _sorted_below(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for each in self.paths:
            found.setdefault(each.partition("/")[0], []).append(each)
        return found

    @cached_property
    def _ignored(self) -> Ignored | None:
        """None where nothing can be told: then nothing counts as hidden."""
        if self.ignored_by not in self._files.paths:
            return None
        if not self._files.was_read(self.ignored_by):
            return None
        try:
            return Ignored(self._files.text(self.ignored_by))
        except Unreadable:
            return None
