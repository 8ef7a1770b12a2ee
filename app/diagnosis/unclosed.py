"""What was left open: from where a parser gave up to where a bracket, a quote or an end is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_STRINGS = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
_PAIRS = {"}": "{", ")": "(", "]": "["}
_CONTINUED = re.compile(r"(?:[-+*/%=,.(\[{|&?:<>]|\b(?:and|or|not))$")


def bare_code(line: str, comment: str = "#") -> str:
    """The line without what its strings hold and without its comment."""
    bare = _STRINGS.sub('""', line)
    for mark in comment.split():
        found = bare.find(mark)
        while found > 0 and mark == "#" and bare[found - 1] in "$&?":
            found = bare.find(mark, found + 1)
        if found >= 0 and not bare.startswith("#{", found):
            bare = bare[:found]
    return bare.rstrip()


def code_before(lines: Sequence[str], number: int, comment: str = "#") -> int:
    """The nearest line above `number` that has code; 0 when there is none."""
    for above in range(min(number - 1, len(lines)), 0, -1):
        if bare_code(lines[above - 1], comment).strip():
            return above
    return 0


def continued(line: str, comment: str = "#") -> bool:
    """Whether the line ends in the middle of an expression."""
    return bool(_CONTINUED.search(bare_code(line, comment)))


def open_bracket(lines: Sequence[str], before: int, bracket: str = "", comment: str = "#") -> int:
    """The line of the innermost bracket still open above line `before`; 0 when none is."""
    stack: list[tuple[str, int]] = []
    for number, line in enumerate(lines[: max(0, before - 1)], 1):
        for character in bare_code(line, comment):
            if character in "([{":
                stack.append((character, number))
            elif character in _PAIRS and stack and stack[-1][0] == _PAIRS[character]:
                stack.pop()
    wanted = _PAIRS.get(bracket, bracket)
    return next((number for character, number in reversed(stack) if not wanted or character == wanted), 0)


def odd_quote(lines: Sequence[str], upto: int, quotes: str = "\"'", comment: str = "#") -> int:
    """The first line with a quote that nothing on it closes; 0 when every line is even."""
    for number, line in enumerate(lines[:upto], 1):
        rest = _STRINGS.sub("", line)
        mark = next((c for c in rest if c in quotes or c in comment[:1]), "")
        if mark and mark in quotes and not re.search(rf"\w{mark}\w", rest):
            return number
    return 0


Counts = Callable[[str], tuple[int, int]]


def misplaced(lines: Sequence[str], counts: Counts) -> tuple[int, int]:
    """By indentation: (the line of a block that nothing ends, the line of an end too many); 0 for neither.

    `counts` says how many blocks a line opens and how many it ends.
    """
    stack: list[tuple[int, int]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        opens, ends = counts(line)
        same = min(opens, ends)
        opens, ends = opens - same, ends - same
        for _ in range(ends):
            if not stack or stack[-1][0] < indent:
                return 0, number
            opened, where = stack.pop()
            if opened > indent:
                return where, 0
        stack += [(indent, number)] * opens
    return (stack[-1][1], 0) if stack else (0, 0)


def braces(comment: str) -> Counts:
    """Blocks as { and } make them."""

    def counts(line: str) -> tuple[int, int]:
        code = bare_code(line, comment)
        if code.lstrip().startswith("}"):  # `} else {` ends one block and opens the next at the same depth
            opened = code.count("{")
            return opened - min(opened, 1), code.count("}") - min(opened, 1)
        return code.count("{"), code.count("}")

    return counts
