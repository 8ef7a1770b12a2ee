"""A terminal's colours in a line of a log: eight looks and bold are kept, each as one escape and as one class; pure.

SGR of ECMA-48, with the 256 colours of ISO 8613-6: https://en.wikipedia.org/wiki/ANSI_escape_code#Colors. What moves a
cursor, blinks or paints the ground is left out: on a page no text may hide behind its own.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterator
from itertools import pairwise

from app.text.legible import ESCAPE, legible, without_escapes

SGR = re.compile("\x1b\\[([0-9;:]*)m")
# Who paints each letter anew is read no further than this, and keeps the rest of the line as it is.
MOST_PIECES = 200
BY_HUE = ("red", "yellow", "green", "cyan", "blue", "magenta")
CODES = {"soft": 90, "red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36}
# The first sixteen: black would not be seen on a dark page, nor white on a light one.
SIXTEEN = ("soft", "red", "green", "yellow", "blue", "magenta", "cyan", "") * 2
# A colour with less between its strongest and its weakest part is a grey; a bright one is read as plain.
GREY, BRIGHT = 40, 170

Look = tuple[str, bool]
"""The name of a colour, "" for none, and whether it is bold."""
PLAIN: Look = ("", False)


def kept(shown: str, printed: str) -> str:
    """`shown` in the colours of what was printed; without any where something of it is hidden, or has none."""
    if ESCAPE not in printed:
        return shown
    written, before = "", PLAIN
    for look, text in (*_pieces(legible(printed)), (PLAIN, "")):
        written += (_code(look) if look != before else "") + text
        before = look
    return written if uncoloured(written) == shown else shown


def uncoloured(coloured: str) -> str:
    """The same line without its colours."""
    return without_escapes(coloured)


def pieces(coloured: str) -> Iterator[tuple[str, str]]:
    """The line in parts: the classes of each, and its text, in which there is no escape any more."""
    for (colour, bold), text in _pieces(coloured):
        yield " ".join(filter(None, (colour, "bold" if bold else ""))), text


def _pieces(line: str) -> Iterator[tuple[Look, str]]:
    """Neighbours that look the same are one."""
    look, waiting = PLAIN, ""
    marks = list(SGR.finditer(line))[:MOST_PIECES]
    ends = [(0, 0, ""), *((mark.start(), mark.end(), mark[1]) for mark in marks), (len(line), 0, "")]
    for (_, begin, codes), (end, _, _) in pairwise(ends):
        if (now := _after(look, codes) if begin else look) != look:
            if waiting:
                yield look, waiting
            look, waiting = now, ""
        waiting += without_escapes(line[begin:end])
    if waiting:
        yield look, waiting


def _code(look: Look) -> str:
    """The whole look in one escape, whatever was before it."""
    colour, bold = look
    return f"\x1b[{';'.join(['0', *(['1'] if bold else []), *([str(CODES[colour])] if colour else [])])}m"


def _after(look: Look, codes: str) -> Look:
    """How what follows looks; a code that we do not know changes nothing."""
    colour, bold = look
    numbers = iter([int(each[:4] or 0) for each in re.split("[;:]", codes)])
    for code in numbers:
        if code == 0:
            colour, bold = PLAIN
        elif code in (1, 22):
            bold = code == 1
        elif code == 2 or code == 39:
            colour = "soft" if code == 2 else ""
        elif 30 <= code <= 37 or 90 <= code <= 97:
            colour = SIXTEEN[code % 10 + (8 if code >= 90 else 0)]
        elif code in (38, 48):
            named = _extended(numbers)
            colour = named if code == 38 else colour
    return colour, bold


def _extended(numbers: Iterator[int]) -> str:
    """`5;N`, one of 256, or `2;R;G;B`."""
    kind = next(numbers, 0)
    if kind == 2:
        return _named(next(numbers, 0), next(numbers, 0), next(numbers, 0))
    number = next(numbers, 0) if kind == 5 else 7
    if number < len(SIXTEEN):
        return SIXTEEN[number]
    if number >= 232:
        return _named(*(8 + 10 * (number - 232),) * 3)
    cube = number - 16
    return _named(*(part and 55 + 40 * part for part in (cube // 36, cube // 6 % 6, cube % 6)))


def _named(red: int, green: int, blue: int) -> str:
    parts = (red, green, blue)
    if max(parts) - min(parts) < GREY:
        return "" if max(parts) >= BRIGHT else "soft"
    hue, _, _ = colorsys.rgb_to_hsv(*(min(part, 255) / 255 for part in parts))
    return BY_HUE[round(hue * 6) % 6]
