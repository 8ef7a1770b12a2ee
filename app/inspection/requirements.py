"""requirements.txt, line by line, as far as it can be told without pip; pure.

https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.model import Finding, Place, Weight
from app.source.text import is_utf16
from app.text.titles import fitting

# Older pips read versions that newer ones refuse, so any version counts as one: what is left has no reading at all.
_REQUIREMENT = re.compile(
    r"[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\]\s*)?"
    r"(?:\(?\s*(?:===|==|~=|!=|<=|>=|<|>)[^,;=<>!~]+(?:,\s*(?:===|==|~=|!=|<=|>=|<|>)[^,;=<>!~]+)*,?\s*\)?)?\s*(?:;.*)?"
)
# A path, an address, a variable, a file on its own: pip looks for it, and we do not.
_ELSEWHERE = re.compile(r"[/\\@:]|\$\{|\.(?:whl|zip|egg|tar|tgz|tbz|txz)\b")
LONGEST_LINE = 1000
MOST = 10


def requirements(path: str, lines: tuple[str, ...], weight: Weight) -> Iterator[Finding]:
    """Lines that are neither an option, nor a path or address, nor a requirement; ten at most."""
    if is_utf16("\n".join(lines[:1])):
        return
    found = 0
    continued = False
    for number, line in enumerate(lines, 1):
        begins, continued = not continued, line.rstrip().endswith("\\")
        if begins and not continued and (words := _words(line)) and not _can_be_read(words):
            yield _bad_requirement(path, number, words, weight)
            found += 1
        if found == MOST:
            return


def _words(line: str) -> str:
    """The line without its comment, its options and what marks its encoding."""
    if len(line) > LONGEST_LINE:
        return ""
    return re.split(r"(?:^|\s)#", line.removeprefix("\ufeff"))[0].strip()


def _can_be_read(words: str) -> bool:
    if words.startswith("-"):
        return True
    words = re.split(r"\s-", words)[0].strip()
    return bool(_ELSEWHERE.search(words.partition(";")[0])) or _REQUIREMENT.fullmatch(words) is not None


def _bad_requirement(path: str, line: int, words: str, weight: Weight) -> Finding:
    return Finding(
        code="requirement-invalid",
        weight=weight,
        title=fitting(f"{words} is not a requirement"),
        message=f"pip cannot read line {line} of {path}: it is no name with a version, no option, path or address.",
        fix="Write a name and a version, such as requests==2.32.3.",
        place=Place(path, line),
        link="https://pip.pypa.io/en/stable/reference/requirements-file-format/",
    )
