"""Layers of a Dockerfile's build, read from what BuildKit prints: which were made, and which the cache had; pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# Of plain progress, with what Cloud Build writes before each line: `#9 [builder 4/6] RUN npm ci`, `#9 DONE 12.3s`.
LINE = re.compile(r'(?:Step #\d+(?: - "[^"]*")?: )?#(\d+) (.+)')
NAME = re.compile(r"\[(?:\S+ +)*\d+/\d+\] ((?:RUN|COPY|ADD|WORKDIR)\b.*)")
MADE, CACHED = re.compile(r"DONE (\d+(?:\.\d+)?)s"), "CACHED"


@dataclass
class Layers:
    """What a build has told of its layers so far: the seconds of each that was made, and which were there.

    A layer is known by a hash of its instruction, which may name what is nobody's business.
    """

    made: dict[str, float] = field(default_factory=dict)
    cached: set[str] = field(default_factory=set)
    _named: dict[str, str] = field(default_factory=dict)

    def hear(self, line: str) -> None:
        if not (told := LINE.fullmatch(line.rstrip())):
            return
        vertex, words = told.groups()
        if name := NAME.fullmatch(words):
            self._named[vertex] = hashlib.sha256(name[1].encode()).hexdigest()
        elif (layer := self._named.get(vertex)) and words == CACHED:
            self.cached.add(layer)
        elif layer and (made := MADE.fullmatch(words)):
            self.made[layer] = float(made[1])

    def saving(self, before: Mapping[str, float]) -> str:
        """What the cache saved, in words, by how long each layer took `before`; empty where that is not known."""
        seconds = sum(before.get(layer, 0.0) for layer in self.cached)
        if seconds < 1:
            return ""
        count, every = len(self.cached), len(self.cached | self.made.keys())
        return (
            f"{count} of {every} layers came from the cache, which took {seconds:.0f} s when they were made"
        )
