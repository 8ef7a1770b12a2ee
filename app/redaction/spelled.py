"""Spelled: a text as whoever reads it on takes it apart, without its codes and breaks, and where each letter stands.

Programs agree on no one way to write a letter: PHP escapes a slash in JSON, Go `&`, `<` and `>`, JavaScript leaves `!`
in an address as it is, and all may do it within one another. Taken apart, all of them say the same. Pure.
"""

from __future__ import annotations

import html
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

# A text of JSON, in a text of JSON, in an address: what is written in more than that nobody has written by accident.
MOST_TIMES = 4
# Where a terminal or MIME breaks a long word (https://www.rfc-editor.org/rfc/rfc2045#section-6.8), with what a builder
# or a collector writes before the next line.
BREAK = (
    r"\\?\r?\n[ \t]*(?:\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d) )?"
    r'(?:Step #\d+(?: - "[^"\n]{0,100}")?: )?(?:#\d+ )?(?:\d+\.\d+ )?'
)
# What no screen shows; a NUL comes with a sign in its place.
UNSEEN = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2060-\u2064\ufeff\N{SYMBOL FOR NULL}]"
IN_ADDRESS, IN_BYTES = r"(?:%[0-9A-Fa-f]{2})+", r"(?:\\x[0-9A-Fa-f]{2})+"
IN_JSON, ESCAPED = r"(?:\\u[0-9A-Fa-f]{4})+", r"\\[\\/\"'nrt]"
ENTITY = r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});"
EITHER = "|".join(f"({each})" for each in (BREAK, UNSEEN, IN_ADDRESS, IN_BYTES, IN_JSON, ESCAPED, ENTITY))
# What each of them begins with, looked for first: ten times as fast where there is little of it.
CODE = re.compile(rf"(?=[\\%&\r\n{UNSEEN[1:-1]}])(?:{EITHER})")
SIGNS = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True)
class Spelled:
    """`text`, whose letter n stood from `begins[n]` to `ends[n]`."""

    text: str
    begins: array[int]
    ends: array[int]


def spelled(text: str) -> Iterator[Spelled]:
    """The text once taken apart, and again what that says, as long as there is something to take apart."""
    for _ in range(MOST_TIMES):
        if CODE.search(text) is None:
            return
        taken = _apart(text)
        if taken.text == text:
            return
        yield taken
        text = taken.text


def where(levels: list[Spelled], begin: int, end: int) -> tuple[int, int]:
    """Where these letters of the last one stand in the text that the first one was made of."""
    for each in reversed(levels):
        begin, end = each.begins[begin], each.ends[end - 1]
    return begin, end


def _apart(text: str) -> Spelled:
    parts: list[str] = []
    begins, ends, at = array("I"), array("I"), 0
    for match in CODE.finditer(text):
        _as_it_is(text, at, match.start(), parts, begins, ends)
        for letter, begin, end in _letters(match):
            parts.append(letter)
            begins.append(match.start() + begin)
            ends.append(match.start() + end)
        at = match.end()
    _as_it_is(text, at, len(text), parts, begins, ends)
    return Spelled("".join(parts), begins, ends)


def _as_it_is(
    text: str, begin: int, end: int, parts: list[str], begins: array[int], ends: array[int]
) -> None:
    if begin < end:
        parts.append(text[begin:end])
        begins.extend(range(begin, end))
        ends.extend(range(begin + 1, end + 1))


def _letters(match: re.Match[str]) -> Iterator[tuple[str, int, int]]:
    """What one code says, each letter with where it stands in the code: nothing of a break and of what is not seen."""
    code = match[0]
    if match[3] or match[4]:
        width = 3 if match[3] else 4
        yield from _of_bytes(bytes.fromhex(code.replace("%", "").replace("\\x", "")), width)
    elif match[5]:
        yield from _of_halves(code)
    elif match[6]:
        yield SIGNS.get(code[1], code[1]), 0, len(code)
    elif match[7]:
        # Of an entity that says two letters the second has no place of its own.
        said = html.unescape(code)
        yield from ((letter, 0, len(code)) for letter in said) if said != code else _each(code)


def _each(code: str) -> Iterator[tuple[str, int, int]]:
    return ((letter, n, n + 1) for n, letter in enumerate(code))


def _of_bytes(content: bytes, width: int) -> Iterator[tuple[str, int, int]]:
    try:
        said = content.decode()
    except UnicodeDecodeError:
        said = content.decode("latin-1")
        yield from ((letter, n * width, (n + 1) * width) for n, letter in enumerate(said))
        return
    at = 0
    for letter in said:
        end = at + width * len(letter.encode())
        yield letter, at, end
        at = end


def _of_halves(code: str) -> Iterator[tuple[str, int, int]]:
    """`\\uXXXX`, of which a letter beyond the first plane takes two."""
    halves = [int(each, 16) for each in code.split("\\u")[1:]]
    said = b"".join(half.to_bytes(2, "big") for half in halves).decode("utf-16-be", "replace")
    at = 0
    for letter in said:
        end = at + (12 if letter > "\uffff" else 6)
        yield letter, at, end
        at = end
