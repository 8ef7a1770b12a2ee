"""Values: the secrets that we hold, found in every usual encoding and over the ends of lines; pure."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from itertools import accumulate
from urllib.parse import quote, quote_plus

import re2

HIDDEN = "[hidden]"
SHORTEST = 6  # hiding shorter values would make holes in ordinary words
# Where a terminal or MIME breaks a long word: https://www.rfc-editor.org/rfc/rfc2045#section-6.8
BREAK = re.compile(r"\\?\r?\n[ \t]*")
MEMORY = 64 << 20  # bytes of RE2's automaton; a private key alone is some hundred forms


class Values:
    """Values that are hidden wherever they stand."""

    def __init__(self, secrets: Iterable[str]) -> None:
        parts = {part.strip() for secret in secrets for part in (secret, *secret.splitlines())}
        kept = {
            part for part in parts if len(part) >= SHORTEST and (not part.startswith("-----") or "\n" in part)
        }
        forms = {form for part in kept for form in encodings(part) if len(form) >= SHORTEST}
        options = re2.Options()
        options.max_mem = MEMORY
        # The longest first: one may contain another.
        either = "|".join(re2.escape(form) for form in sorted(forms, key=lambda form: (-len(form), form)))
        self._pattern = re2.compile(either, options) if forms else None

    def hidden(self, text: str) -> str:
        """`text` with a sign in the place of each of them; no line more or less."""
        if self._pattern is None or not text:
            return text
        text = self._pattern.sub(_with_its_lines, text) if self._pattern.search(text) else text
        return self._over_lines(text) if "\n" in text else text

    def _over_lines(self, text: str) -> str:
        """What is left once the breaks are taken out, hidden where it stands."""
        assert self._pattern is not None
        pieces, breaks = BREAK.split(text), BREAK.findall(text)
        whole = "".join(pieces)
        found = [match.span() for match in self._pattern.finditer(whole)]
        if not found:
            return text
        ends = list(accumulate(map(len, pieces)))
        kept, at, piece = [], 0, 0
        inside = iter([*found, (len(whole), len(whole))])
        start, end = next(inside)
        # One walk over the text without breaks, putting each break back where it was.
        for piece, until in enumerate(ends):
            while at < until:
                if at < start:
                    kept.append(whole[at : min(start, until)])
                    at = min(start, until)
                    continue
                if at == start:
                    kept.append(HIDDEN)
                at = min(end, until)
                if at == end:
                    start, end = next(inside)
            if piece < len(breaks):
                kept.append(breaks[piece])
        return "".join(kept)


def _with_its_lines(match: re.Match[str]) -> str:
    return HIDDEN + "\n" * match[0].count("\n")


def encodings(value: str) -> Iterator[str]:
    """The value as it is, and as JSON, HTML, a URL, base64 and hexadecimal digits have it."""
    yield value
    for ascii_only in (True, False):
        yield json.dumps(value, ensure_ascii=ascii_only)[1:-1]
    yield json.dumps(json.dumps(value)[1:-1])[1:-1]
    yield html.escape(value)
    yield html.escape(value).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    for quoted in (quote(value), quote(value, safe=""), quote_plus(value)):
        yield quoted
        yield re.sub("%[0-9A-F]{2}", lambda sign: sign[0].lower(), quoted)
    content = value.encode(errors="replace")
    yield content.hex()
    yield content.hex().upper()
    yield from _base64(content)


def _base64(content: bytes) -> Iterator[str]:
    """What of it is the same in base64 whatever stands before and behind: three alignments, two alphabets."""
    for before in range(3):
        shifted = bytes(before) + content
        whole = base64.b64encode(shifted).decode().rstrip("=")
        first = (0, 2, 3)[before]
        last = len(whole) - (1 if len(shifted) % 3 else 0)
        core = whole[first:last]
        yield core
        yield core.replace("+", "-").replace("/", "_")
