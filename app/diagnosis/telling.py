"""How much one line of a failed log tells: a small sum of points, so that the line put above all can be explained.

Tried against every sample with its own rule switched off (tests/test_fallback.py). No line is ever taken for a cause:
the points only choose what is shown first.
"""

from __future__ import annotations

from functools import cache, lru_cache

import re2

# Points for what a line has in it; each row counts once.
POINTS = (
    # It names a kind of error and says something after it.
    (4, r"\b\w*(?:[Ee]rror|ERROR|Exception|Fault|Panic)\b(?:\[\w+\]| \w+\d+)?:\s*\S|^(?:\. )?(?:\S+: )?(?:fatal|panic|FATAL|E|err|\[emerg\])\b:?\s+\S|\bemerg\b|^\[(?:ERROR|error|SEVERE)\] \S"),
    # It says what is wrong with something.
    (3, r"(?i)cannot|can't|can not|could not|couldn't|not found|no such|does(?: not|n't) |did not|missing|denied|refused|invalid|unexpected|undefined|unknown|unresolved|unsupported|not (?:supported|available|defined|compatible|installed|set|allowed|permitted)|must (?:be|have|contain)|required|requires|no matching|already in use|mismatch|too (?:old|new|large|long)|unable to|\bexpected\b|conflict|exceeded"),
    # It names what it is about: a place in a file, a quoted word, an address.
    (2, r"\S\.\w{1,6}[:(]\d+|[\"'`‘][^\"'`’\s][^\"'`’]*[\"'`’]|\bline \d+"),
    # It opens a list or a box and stops.
    (-3, r"[:{(\[]\s*$"),
    # It only sends the reader elsewhere, or asks for another try.
    (-6, r"(?i)^\W*(?:run|see|try|press|use|get|hint|note|help|info|tip|learn|for)\b|\[Help \d+\]|for more (?:info|details|help)|more help|https?://\S+\s*$|did you mean to|complete log|visit |^npm (?:error|ERR!) <|re-run"),
    # It only counts, or repeats that something failed.
    (-5, r"(?i)\b\d+ (?:errors?|failures?|failed|tests?|runs)\b|(?:test|tests|build|compilation|compile|installation) failed\.?$|exit(?:ed)?(?: with)?(?: status| code|\()|status code:? \d+|returned (?:with )?error code|execution failed for task|failed building|cannot continue|compilation aborted|^\W*(?:build|task) \S* ?failed|failed with|could not be resolved to|process completed|^subprocess|^\W*\w+: Failed$|^failed to build: "),
    # A frame, a property of an error object, a line of source: it belongs to a line above.
    (-5, r"^\s*at \S+|^\s*File \"|^\s*from \S+:\d+:in|^\s*(?:code|errno|syscall|path|stack|type|status): |^\s*(?:[→❱>]\s*)?\d+ ?[|│]|^\s*[\^~|]+\s*$|^\s*\.{3}|cwd |gyp info|searched package|^\s*\| "),
    # A client that went away, which a server is told of while it works.
    (-4, r"BrokenPipeError|ConnectionResetError|ClientDisconnect|ClientAbortException|\bEPIPE\b|(?i:broken pipe)|processing of request from"),
    # A warning, or news of a server that runs.
    (-4, r"(?i)^\W*(?:\[?warn(?:ing)?\b|deprecat)|\bdeprecat|currently a warning|listening on|running on|\bstarted\b"),
)  # fmt: skip
LONGEST = 600  # letters of a line that are looked at


@cache
def _set() -> re2.Set:
    """All rows in one pass over a line: in a long log each line is asked for its points."""
    rows = re2.Set.SearchSet()
    for _, pattern in POINTS:
        rows.Add(pattern)
    rows.Compile()
    return rows


@lru_cache(4096)  # tools repeat themselves, and several findings ask for the same lines
def score(line: str) -> int:
    """The sum of the points of a line; 0 for one that has nothing of the table."""
    return sum(POINTS[row][0] for row in _set().Match(line[:LONGEST]) or ())


def most_telling(lines: list[str]) -> int:
    """The index of the line with most points, the first of equals: what comes later is usually its consequence.

    Where no line has any, it is the last of the best: what was said before the end.
    """
    if not lines:
        return 0
    scores = [score(line) for line in lines]
    best = max(scores)
    return scores.index(best) if best > 0 else len(scores) - 1 - scores[::-1].index(best)
