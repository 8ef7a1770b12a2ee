"""A stack as a language prints it: which of its frames are the repository's own, and the deepest of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.diagnosis.paths import repository_path
from app.diagnosis.rule import Hit
from app.model import Place

LONGEST_FRAME = 900  # letters of a line that are looked at


def _as_printed(hit: Hit, frame: re.Match[str]) -> str:
    return repository_path(hit.files, frame["path"], hit)


@dataclass(frozen=True)
class Trace:
    """How one language prints a frame, and whose it is.

    `frame` has the groups `path` and `line`; it may match several times in a line.
    `foreign` is looked for in the path: what an installed package or the language itself brought.
    `source` says which file of the repository a frame means, "" for none, where its path alone does not.
    `reach` is how many lines below the message are its stack, `behind` how many above it.
    `of_the_call` is looked for in the message: what is wrong is the call, one frame further out, not what was called.
    """

    frame: re.Pattern[str]
    foreign: re.Pattern[str] | None = None
    source: Callable[[Hit, re.Match[str]], str] = _as_printed
    reach: int = 40
    behind: int = 0
    of_the_call: re.Pattern[str] | None = None

    def frames(self, hit: Hit) -> Iterator[tuple[str, int]]:
        """(path in the repository, line) of every frame that is ours, the deepest first."""
        for line in (hit.line, *hit.after(self.reach), *(hit.before(self.behind) if self.behind else ())):
            for frame in self.frame.finditer(line[:LONGEST_FRAME]):
                if self.foreign is not None and self.foreign.search(frame["path"]):
                    continue
                path, number = self.source(hit, frame), int(frame["line"])
                if path and hit.files.has_line(path, number):
                    yield path, number

    def deepest(self, hit: Hit) -> Place | None:
        """The deepest frame that is ours."""
        frames = self.frames(hit)
        deepest = next(frames, None)
        if self.of_the_call is not None and self.of_the_call.search(hit.line):
            deepest = next((frame for frame in frames if frame != deepest), deepest)
        return hit.files.place(*deepest) if deepest else None

    def where(self, hit: Hit, otherwise: str = "the program") -> str:
        """That frame in words, for a sentence."""
        place = self.deepest(hit)
        return f"{place.path} line {place.line}" if place else otherwise
