"""PHP's syntax: its stacks, and the line to change rather than the one where the parser gave up."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.paths import repository_path
from app.diagnosis.rule import Hit
from app.diagnosis.traces import Trace
from app.diagnosis.unclosed import bare_code, braces, code_before, continued, misplaced, open_bracket

_SLASHES = "// #"

_BRACES = braces(_SLASHES)


def ours(hit: Hit, path: str) -> str:
    """The repository's path of a PHP file; nothing for what Composer installed."""
    return "" if "/vendor/" in path or path.startswith("phar:") else repository_path(hit.files, path, hit)


TRACE = Trace(
    frame=re.compile(
        r"(?:^| in |#\d+ |\bat )(?P<path>(?:/|[A-Za-z]:|\./)?[\w./@+~-]+\.(?:php|inc|phtml|blade\.php))"
        r"(?::| on line |\()(?P<line>\d+)"
    ),
    foreign=re.compile(r"/vendor/|^phar:"),
)


# Syntax


def parse(hit: Hit) -> Mapping[str, str] | None:
    path = ours(hit, hit["path"])
    number = int(hit["line"])
    error = hit["error"].removeprefix("syntax error, ")
    change, advice = _to_change(hit, path, number, error) if path else (number, "")
    name = path or hit["path"]
    return {
        "file": name,
        "change": str(change),
        "noticed": f"PHP noticed it on line {number}." if change != number else "",
        "advice": advice or f"Correct line {change} of {name} (php -l {name} checks it)",
    }


def _to_change(hit: Hit, path: str, number: int, error: str) -> tuple[int, str]:
    lines = hit.files.lines(path)
    if match := re.search(r"Unclosed '(.)'(?: on line (\d+))?", error):
        unended, _ = misplaced(lines, _BRACES) if match[1] == "{" else (0, 0)
        opened = unended or int(match[2] or 0) or open_bracket(lines, number, match[1], _SLASHES) or number
        return opened, f"Close the {match[1]} that line {opened} of {path} opens"
    if error.startswith("Unmatched"):
        _, surplus = misplaced(lines, _BRACES)
        return surplus or number, f"Remove the {error.split()[-1]} on line {surplus or number} of {path}"
    if "unexpected end of file" in error or "unexpected $end" in error:
        return _at_the_end(path, lines, number)
    return _above(path, lines, number, error)


def _before(lines: tuple[str, ...], number: int) -> tuple[int, str]:
    """The nearest line of code above, and its code; 0 where there is none."""
    above = code_before(lines, number, _SLASHES)
    return above, bare_code(lines[above - 1], _SLASHES).strip() if above else ""


def _at_the_end(path: str, lines: tuple[str, ...], number: int) -> tuple[int, str]:
    """What is still open where the file ends."""
    if heredoc := _open_heredoc(lines):
        return heredoc, f"End the text that line {heredoc} of {path} opens with its own word, alone on a line"
    unended, _ = misplaced(lines, _BRACES)
    if unended:
        return unended, f"Add the }} that closes line {unended} of {path}"
    above, previous = _before(lines, number)
    if previous and not previous.endswith((";", "}", "?>", ":")):
        return above, f"End line {above} of {path} with ;"
    return number, f"Close what is still open at the end of {path}"


def _above(path: str, lines: tuple[str, ...], number: int, error: str) -> tuple[int, str]:
    """The line above, when what PHP did not expect begins this one; else this one, and no words."""
    above, previous = _before(lines, number)
    here = lines[number - 1].strip() if number <= len(lines) else ""
    if not previous or not _begins(here, error):
        return number, ""
    wanted = re.search(r"expecting [\"']?([)\]}])[\"']?", error)
    if previous.endswith(","):
        if wanted and wanted[1] != "}":
            return above, f"Close the list with {wanted[1]} on line {above} of {path}"
        return number, ""
    if previous.endswith((";", "{", "}", ":", "?>", "<?php")):
        return number, ""
    if not wanted and continued(previous, _SLASHES):
        return above, f"Complete line {above} of {path}: it ends in the middle of an expression"
    missing = wanted[1] if wanted else ";"
    return above, f"End line {above} of {path} with {missing}: PHP noticed it only on line {number}"


def _begins(here: str, error: str) -> bool:
    """Whether the line begins with what was not expected."""
    token = re.search(r"unexpected (?:[a-zA-Z -]+ )?['\"](.+?)['\"](?:[ ,(]|$)", error)
    if not token or here.lstrip("\"'").startswith(token[1].strip("\"'")):
        return True
    return not here.startswith(("echo", "return")) and _first_word(here, token[1])


def _first_word(line: str, token: str) -> bool:
    return re.match(r"[\w$]*", line) is not None and line.split("(")[0].strip().lower() == token.lower()


def _open_heredoc(lines: tuple[str, ...]) -> int:
    word, begun = "", 0
    for number, line in enumerate(lines, 1):
        if word:
            if re.match(rf"\s*{re.escape(word)}\b", line):
                word = ""
        elif match := re.search(r"<<<\s*['\"]?(\w+)['\"]?\s*$", line):
            word, begun = match[1], number
    return begun if word else 0


def fatal(hit: Hit) -> Mapping[str, str]:
    """The line to correct; of what stands in an archive of PHP's tools there is none."""
    file = ours(hit, hit["path"]) or hit["path"]
    archived = file.startswith("phar:")
    advice = (
        "Correct what it names: the file is a tool's" if archived else f"Correct line {hit['line']} of {file}"
    )
    return {"file": file, "advice": advice}
