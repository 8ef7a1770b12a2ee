"""Values: the secrets that we hold, found in every usual encoding and over the ends of lines; pure."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

import re2

from app.redaction.spelled import Spelled, spelled, where

HIDDEN = "[hidden]"
SHORTEST = 6  # hiding shorter values would make holes in ordinary words
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
        return self._hidden_as_spelled(text)

    def _hidden_as_spelled(self, text: str) -> str:
        """What is left once codes and breaks are taken apart, hidden where it stands."""
        assert self._pattern is not None
        places: list[tuple[int, int]] = []
        levels: list[Spelled] = []
        for each in spelled(text):
            levels.append(each)
            places += (where(levels, *match.span()) for match in self._pattern.finditer(each.text))
        kept: list[str] = []
        at = 0
        for begin, end in sorted(places):
            if begin >= at:
                kept += (text[at:begin], HIDDEN)
            kept.append("\n" * text.count("\n", max(at, begin), end))
            at = max(at, end)
        return "".join((*kept, text[at:])) if places else text


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
