"""Elixir's syntax: the line to change rather than the one where the compiler gave up."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.paths import repository_path
from app.diagnosis.rule import Hit
from app.diagnosis.unclosed import bare_code, misplaced


def _counts(line: str) -> tuple[int, int]:
    code = bare_code(line)
    opens = len(re.findall(r"\bdo\b(?!:)", code)) + len(re.findall(r"\bfn\b", code))
    return opens, len(re.findall(r"(?<![.:\w@])end\b(?!:)", code))


def syntax(hit: Hit) -> Mapping[str, str] | None:
    """The line that has to change: the opener that nothing ends, when the compiler or the indentation tells it."""
    path = repository_path(hit.files, hit["path"], hit)
    number = int(hit["line"])
    error = hit["error"].strip() or next(
        (re.sub(r"^\s*(?:error|\|):?\s*", "", line).strip() for line in hit.after(3) if line.strip()), ""
    )
    around = " ".join((hit.line, *hit.after(16)))
    lines = hit.files.lines(path) if path else ()
    change, advice = _opened(around, path) or _unended(around, path, lines, number) or (number, "")
    name = path or hit["path"]
    return {
        "file": name, "change": str(change), "error": error[:220],
        "advice": advice or f"Correct line {change} of {name}",
        "noticed": f"Elixir noticed it on line {number}." if change != number else "",
    }  # fmt: skip


def _opened(around: str, path: str) -> tuple[int, str] | None:
    """The line that the compiler itself names as the opener, and what to do there."""
    if match := re.search(r"The \"(.)\" at line (\d+) is missing terminator \"(.)\"", around):
        return int(match[2]), f"Close the {match[1]} of line {match[2]} with {match[3]}"
    if "mismatched delimiter" in around and (
        match := re.search(r"(\d+) │ .{0,300}?└ unclosed delimiter", around)
    ):
        return int(match[1]), f"Close what line {match[1]} of {path} opens"
    if match := re.search(r"it looks like the \"?(\w+)\"? on line (\d+) does not have a matching", around):
        return int(match[2]), f"Add the missing end for the {match[1]} on line {match[2]}"
    return None


def _unended(around: str, path: str, lines: tuple[str, ...], number: int) -> tuple[int, str] | None:
    """The line that the indentation gives away, and what to do there; no words where only the line is known."""
    if "missing terminator: end" in around or 'expected "end"' in around:
        opened, _ = misplaced(lines, _counts)
        return (opened, f"Add the missing end for what line {opened} of {path} opens") if opened else None
    if match := re.search(r"missing terminator: (\S+) \(for .* starting at line (\d+)\)", around):
        return int(match[2]), f"Close what begins on line {match[2]} with {match[1]}"
    above = _line_above(lines, number)
    before = lines[above - 1].rstrip() if above else ""
    if re.search(r"unexpected reserved word: end|syntax error before: '?end", around):
        _, surplus = misplaced(lines, _counts)
        if re.search(r"[-+*/=|<>,.(]$|\b(?:and|or|not|when)$", before):
            return above, f"Complete line {above} of {path}"
        return (surplus, f"Remove the end on line {surplus} of {path}") if surplus else None
    if (match := re.search(r"syntax error before: ('?\S+)", around)) and lines and number <= len(lines):
        begins = lines[number - 1].strip().startswith(match[1].strip("'"))
        return (above, "") if begins and re.search(r"[-+*/=|<>,(]$", before) else None
    return None


def _line_above(lines: tuple[str, ...], number: int) -> int:
    return next((n for n in range(min(number - 1, len(lines)), 0, -1) if lines[n - 1].strip()), 0)
