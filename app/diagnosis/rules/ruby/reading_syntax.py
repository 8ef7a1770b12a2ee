"""Ruby's syntax: the block that nothing ends, rather than the line where the parser gave up."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.paths import repository_path
from app.diagnosis.rule import Hit
from app.diagnosis.unclosed import bare_code, code_before, continued, misplaced, odd_quote, open_bracket

FILE = r"[\w./@+~-]*(?:\.(?:rb|ru|rake|gemspec|jbuilder|erb|haml|slim|thor)|Rakefile|Gemfile|\bbin/[\w-]+)"

_DELIMITER = re.compile(r"expect(?:ing|ed a) [`'\"]?([)}\]])[`'\"]?")


# Syntax


def syntax(hit: Hit) -> Mapping[str, str] | None:
    """All that the parser said of this file, and the line that has to change."""
    said = [hit["error"]]
    pointed = hit["line"]
    for line in hit.after(25):
        if match := re.match(r"\s*\|\s+(?:\^~*\s+)(\S.*)$", line):
            said.append(match[1])
        elif match := re.match(r">\s*(\d+)\s*\|", line):
            pointed = pointed if len(said) > 1 or not hit["prism"] else match[1]
        elif (match := re.match(r"\S+:\d+: (syntax error.*|.* meets end of file.*)$", line)) and len(
            said
        ) < 6:
            said.append(match[1])
    errors = [
        re.sub(r"\s*\(SyntaxError\)$", "", each) for each in said if not each.startswith("syntax error")
    ]
    told = [re.sub(r"\s*\(SyntaxError\)$", "", each) for each in said if each.startswith("syntax error, ")]
    error = "; ".join(dict.fromkeys([*told, *errors][:3])) or hit["error"]
    path = repository_path(hit.files, hit["path"], hit)
    number = int(pointed)
    change, advice = _to_change(hit, path, number, " ; ".join(said)) if path else (number, "")
    return {
        "path": hit["path"],
        "file": path or hit["path"],
        "error": error,
        "change": str(change),
        "noticed": f"Ruby noticed it on line {pointed}." if change != number else "",
        "advice": advice
        or f"Correct line {change} of {path or hit['path']}; `ruby -c {path or hit['path']}` checks it",
    }


def _to_change(hit: Hit, path: str, number: int, said: str) -> tuple[int, str]:
    """The line that has to change, and what to write there."""
    lines = hit.files.lines(path)
    suggested = _suggested(hit)
    if "meets end of file" in said or "unterminated" in said:
        unended = hit.files.search(path, r"#\{[^}]*\"[^}]*$")
        found = unended or odd_quote(lines, len(lines)) or number
        return found, f"Close the string on line {found} of {path}"
    if closed := _DELIMITER.search(said):
        opened = open_bracket(lines, number, closed[1])
        above = code_before(lines, number)
        if opened and above:
            where = f" (its opening bracket is on line {opened})" if opened != above else ""
            return above, f"Close it with {closed[1]} on line {above} of {path}{where}"
        return number, f"Add the missing {closed[1]} on line {number} of {path}"
    if "end-of-input" in said or "expecting `end'" in said or "expected an `end`" in said:
        unended, surplus = misplaced(lines, _blocks)
        if surplus or ("expecting end-of-input" in said and not unended):
            surplus = surplus or number
            return surplus, f"Remove the end on line {surplus} of {path}: nothing is open there"
        if opened := suggested or unended:
            return opened, f"Add the missing end for what line {opened} of {path} opens"
    above = code_before(lines, number)
    if above and continued(lines[above - 1]) and "unexpected" in said:
        return above, f"Complete line {above} of {path}: it ends in the middle of an expression"
    _, surplus = misplaced(lines, _blocks)
    if surplus and "end'" in said:
        return surplus, f"Remove the end on line {surplus} of {path}: nothing is open there"
    return number, ""


def _suggested(hit: Hit) -> int:
    """The line that Ruby's own syntax_suggest marks as the start of what is unmatched."""
    for line in (*hit.before(30), *hit.after(5)):
        if re.match(r"Unmatched keyword, missing `end'|Unmatched `end'", line):
            break
    else:
        return 0
    marked = [
        int(m[1])
        for line in reversed(hit.before(30))
        if (m := re.match(r">\s+(\d+)  \S|>\s+(\d+)\s", line)) and m[1]
    ]
    return marked[0] if marked else 0


_BEGINS = re.compile(r"^\s*(?:class|module|if|unless|while|until|case|for|begin)\b")

_ASSIGNS = re.compile(r"[=(,]\s*(?:if|unless|case|begin)\b|\bdo(?:\s*\|[^|]*\|)?\s*$")

_DEFINES = re.compile(r"^\s*(?:(?:private|protected|public|module_function)\s+)?def\b")

_ENDLESS = re.compile(r"\bdef\s+[\w.]+[?!]?\s*(?:\([^)]*\))?\s*=\s")


def _blocks(line: str) -> tuple[int, int]:
    code = bare_code(line)
    defines = bool(_DEFINES.match(code)) and not _ENDLESS.search(code)
    opens = int(bool(_BEGINS.match(code)) or defines or bool(_ASSIGNS.search(code)))
    return opens, len(re.findall(r"(?<![.:\w@$])end\b(?![?:!])", code))
