"""Spoken: the lines of a comment that its author says, outside quotes, code and whatever GitHub hides. Pure.

One pass over GitHub's Markdown (https://github.github.com/gfm/), as far as it decides who speaks. Where the two
could differ a line is not heard: what was meant can be written again, and what was done cannot be undone.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

# Elements whose content is a quote, code, struck out, folded away, or not shown at all.
RAW = frozenset({"pre", "script", "style", "textarea", "xmp", "plaintext"})
QUOTED = frozenset({"blockquote", "q", "cite", "code", "kbd", "samp", "tt", "var", "del", "s", "strike"})
UNSHOWN = frozenset(
    {"template", "title", "iframe", "noembed", "noframes", "noscript", "object", "svg", "math"}
)
HIDING = RAW | QUOTED | UNSHOWN | {"details", "summary", "select", "button"}
# What may stand before a block inside a list.
ITEMS = r"[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*"
# An opening line of backticks has none behind them: otherwise it is a code span.
FENCE = re.compile(rf"{ITEMS}(`{{3,}}(?=[^`]*$)|~{{3,}})")
QUOTE = re.compile(rf"{ITEMS}>[> \t]*(.*)")
# A block that begins here is no lazy continuation of a quote: https://github.github.com/gfm/#lazy-continuation-line
BLOCK = re.compile(r" {0,3}(?:[-*+][ \t]|\d{1,9}[.)][ \t]|#{1,6}[ \t])")
# A link's definition is not shown, and its title may go on for lines.
DEFINITION = re.compile(r" {0,3}\[[^\]]+\]:")
MARK = re.compile(r"\\[\\`<]|`+|<!--|<(/?)([A-Za-z][A-Za-z0-9-]*)(?![A-Za-z0-9-])")
TICKS = re.compile(r"`+")


def spoken(comment: str) -> list[str]:
    """The lines whose beginning is said, in order."""
    lines = comment.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    reader = _Reader(lines)
    return [line for number, line in enumerate(lines) if reader.says(number)]


@dataclass
class _Open:
    """The elements that are open, from the outside in; an end closes the innermost of its name and all within it.

    Each is looked at once when it begins and once when it is closed, however many there are.
    """

    names: list[str] = field(default_factory=list)
    count: Counter[str] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.names)

    @property
    def innermost(self) -> str:
        return self.names[-1] if self.names else ""

    def begin(self, name: str) -> None:
        self.names.append(name)
        self.count[name] += 1

    def end(self, name: str) -> None:
        while self.count[name]:
            closed = self.names.pop()
            self.count[closed] -= 1
            if closed == name:
                return


@dataclass
class _Reader:
    """Where in a comment we are: what the lines before have opened.

    `span`: the length of the backticks of a code span; `silent`: until a blank line or another block.
    """

    lines: list[str]
    fence: str = ""
    comment: bool = False
    span: int = 0
    silent: bool = False
    paragraph: bool = False
    open: _Open = field(default_factory=lambda: _Open())

    def says(self, number: int) -> bool:
        """Whether the beginning of the next line is said."""
        line = self.lines[number]
        if self.comment or self.span or self._raw:
            self._scan(number)
            return False
        if self.fence:
            self._look_for_end_of_fence(line)
            return False
        if self._begins_silence(line):
            return False
        indented = line.startswith(("    ", "\t"))
        if self.silent or (indented and not self.paragraph):
            return False
        self.paragraph = True
        said = not (self.open or indented)
        self._scan(number)
        return said

    @property
    def _raw(self) -> bool:
        return self.open.innermost in RAW

    def _begins_silence(self, line: str) -> bool:
        """Blank lines, fences, quotes and definitions; and where a quote's lazy lines end."""
        if not line.strip():
            self.silent = self.paragraph = False
            return True
        if opening := FENCE.match(line):
            self.fence, self.silent, self.paragraph = opening[1], False, False
            return True
        if quote := QUOTE.fullmatch(line):
            self.silent, self.paragraph = bool(quote[1]), False
            return True
        if DEFINITION.match(line):
            self.silent = True
            return True
        self.silent = self.silent and not BLOCK.match(line)
        return False

    def _look_for_end_of_fence(self, line: str) -> None:
        marks = line.strip()
        if len(marks) >= len(self.fence) and set(marks) == {self.fence[0]}:
            self.fence = ""

    def _scan(self, number: int) -> None:
        """Follow what opens and ends in a line."""
        line, at = self.lines[number], 0
        while at >= 0:
            if self.comment:
                at = self._after(line.find("-->", at), 3)
                self.comment = at < 0
            elif self.span:
                closing = next((t for t in TICKS.finditer(line, at) if len(t[0]) == self.span), None)
                at = closing.end() if closing else -1
                self.span = 0 if closing else self.span
            elif mark := MARK.search(line, at):
                at = self._marked(mark, number)
            else:
                at = -1

    def _marked(self, mark: re.Match[str], number: int) -> int:
        """Take one mark in; where to go on."""
        if mark[0] == "<!--":
            self.comment = True
            return mark.start() + 2  # <!--> is a whole one
        if mark[0][0] == "`" and not self._raw and self._closes(len(mark[0]), number, mark.end()):
            self.span = len(mark[0])
        elif mark[2] and (name := mark[2].lower()) in HIDING:
            if not mark[1]:
                self.open.begin(name)
            else:
                self.open.end(name)
        return mark.end()

    def _closes(self, length: int, number: int, at: int) -> bool:
        """Whether backticks of this length come again in the paragraph: otherwise they are only backticks."""
        for later in range(number, len(self.lines)):
            line = self.lines[later]
            if not line.strip():
                return False
            if any(len(ticks[0]) == length for ticks in TICKS.finditer(line, at)):
                return True
            at = 0
        return False

    @staticmethod
    def _after(found: int, length: int) -> int:
        return found + length if found >= 0 else -1
