"""What BuildKit prints of a failure besides its vertices: their last lines again, and a piece of the Dockerfile."""

from __future__ import annotations

import re
from collections.abc import Callable

from app.diagnosis import layouts

_RULE = re.compile(r"-{5,}$")
_TIMED = re.compile(r"(?:#\d+ )?\d+\.\d+ ?")
_PROCESS = re.compile(
    r"process \\?\"(?:/bin/(?:ba|a|da)?sh(?: -[\w-]+| pipefail){1,4} )?(.+?)\\?\" did not complete successfully"
)
_FEWEST_TIMED = 3


class Replays:
    """The blocks that repeat a failed vertex's last lines; `keep` is given the step, the block's head and its lines."""

    def __init__(self, keep: Callable[[str, str, list[str]], None]) -> None:
        self._keep = keep
        self._open: dict[str, tuple[str, list[str]]] = {}  # step -> its block, which has no head at first

    def began(self, step: str) -> bool:
        """Whether a block of this step is being read, behind its head."""
        return bool(self._open.get(step, ("",))[0])

    def read(self, step: str, line: str) -> bool:
        """Whether the line is of such a block."""
        if line in ("------", "-----"):
            self._at_a_rule(step)
            return True
        if self.began(step):
            match = _TIMED.match(line)
            self._open[step][1].append(line[match.end() :] if match else line)
            return True
        ruled = self._open.pop(step, None) is not None
        if _is_a_head(line, ruled):
            self._open[step] = (line, [])
            return True
        return False

    def _at_a_rule(self, step: str) -> None:
        head, lines = self._open.pop(step, ("", []))
        if lines:
            self._keep(step, head, lines)
        else:
            self._open[step] = ("", [])

    def finish(self) -> None:
        """Keep what the log's end cut off."""
        for step, (head, lines) in self._open.items():
            if head and lines:
                self._keep(step, head, lines)


def _is_a_head(line: str, ruled: bool) -> bool:
    """Behind a rule any ` > ` is one; elsewhere it has to name what ran."""
    if not line.startswith(" > "):
        return False
    match = layouts.REPLAY.match(line)
    return ruled or bool(match and match["words"])


class Snippet:
    """The piece of the Dockerfile around what failed: its path, the first and the last line it marks, their words."""

    def __init__(self) -> None:
        self.path, self.line, self.end = "", 0, 0
        self._open = False
        self._marked: list[str] = []

    @property
    def words(self) -> str:
        """The instruction that it marks, as one line; empty for a comment, such as # syntax=."""
        words = " ".join(each.rstrip("\\").strip() for each in self._marked)
        return "" if words.startswith("#") else words

    def read(self, line: str) -> bool:
        """Whether the line is of such a piece."""
        if (match := layouts.SNIPPET_HEAD.match(line)) is not None:
            self.path, self.line, self.end, self._open = match[1], int(match[2]), 0, True
            self._marked = []
            return True
        if not self._open or _RULE.match(line.strip()):
            return self._open
        if (match := layouts.SNIPPET_LINE.match(line)) is None:
            self._open = False
        elif match[2]:
            self.end = int(match[1])
            self._marked.append(line[match.end() :])
        return self._open


def named(words: str) -> tuple[str, str]:
    """A vertex's title as (instruction, stage): `[builder 3/4] RUN npm ci` is ("RUN npm ci", "builder")."""
    match = re.match(r"\[([^\]]{1,200})\] ?(.*)$", words)
    if match is None:
        return (words, "") if words.split(" ")[0].isupper() else ("", "")
    tag = match[1].split()
    stage = tag[0] if len(tag) > 1 and "/" in tag[-1] else ""
    return ("" if tag[0] == "internal" else match[2]), stage


def process(verdict: str) -> str:
    """The instruction whose process the builder's verdict says did not end well; empty where it names none."""
    match = _PROCESS.search(verdict)
    return f"RUN {match[1]}" if match else ""


_SECONDS = re.compile(r"(\d{1,5}\.\d{1,3})(?: |$)")


def untimed(lines: list[str]) -> list[str] | None:
    """A piece of a vertex's log without the seconds in front of its lines; None where they are no such thing."""
    timed = [match for line in lines if (match := _SECONDS.match(line))]
    times = [float(match[1]) for match in timed]
    said = sum(1 for line in lines if line.strip())
    if len(timed) < _FEWEST_TIMED or len(timed) * 2 < said or times != sorted(times):
        return None
    return [line[match.end() :] if (match := _SECONDS.match(line)) else line for line in lines]
