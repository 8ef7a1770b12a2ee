"""Keys: PEM and PGP blocks, whole, as one line of JSON, and line by line as logs print them; pure."""

from __future__ import annotations

import re

import re2

from app.redaction.values import HIDDEN

# https://www.rfc-editor.org/rfc/rfc7468#section-3: 64 characters to a line; OpenSSH writes 70, MIME 76.
WIDTHS = (64, 70, 76)
BEGIN = "-----BEGIN "
HEADER = r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
END = r"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
CLOSED = re2.compile(rf"(?s){HEADER}.*?{END}")
OPEN = re2.compile(rf"{HEADER}(?:(?:\\[rn]|[\s\"',+])*[A-Za-z0-9+/]{{20,}}=*)*")
BODY = re2.compile(
    r"(?m)(^|[ \t:|\"'])([A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{70}|[A-Za-z0-9+/]{76})(\\n)?[\"',]*[ \t\r]*$"
)
HAS_BEGIN, HAS_END = re2.compile(HEADER), re2.compile(END)
# A line of a block: its last word, behind whatever the log wrote before it.
IN_BLOCK = re.compile(r"(.*?)([A-Za-z0-9+/]+={0,2})((?:\\n)?[\"',+]*\s*)")
# https://www.rfc-editor.org/rfc/rfc1421#section-4.6
BLOCKS_HEADER = re.compile(r".*(?:Proc-Type|DEK-Info|Version|Comment|Content-Domain|Hash): .*|\s*")
LONGEST_BLOCK = 400  # lines: a key of 16,384 bits has about 200


def without_keys(text: str) -> str:
    """Without any private key that stands in it, or a line that can only be of one."""
    if BEGIN in text:
        text = OPEN.sub(HIDDEN, CLOSED.sub(HIDDEN, text))
    return BODY.sub(_body, text) if len(text) >= WIDTHS[0] else text


def _body(match: re.Match[str]) -> str:
    """Upper and lower case and digits: a digest of 64 hexadecimal digits is none, nor is a path."""
    words = match[2]
    mixed = (
        any(c.isupper() for c in words)
        and any(c.islower() for c in words)
        and any(c.isdigit() for c in words)
    )
    return match[0].replace(words, HIDDEN) if mixed else match[0]


class KeyLines:
    """The lines of a log in order; what stands between the first and the last line of a key is hidden."""

    def __init__(self) -> None:
        self._left = self._words = 0

    def hidden(self, line: str) -> str:
        """The next line without the part of a key that it has."""
        if BEGIN in line and HAS_BEGIN.search(line):
            self._left = 0 if HAS_END.search(line) else LONGEST_BLOCK
            self._words = len(line[: line.index(BEGIN)].split())
            return without_keys(line)
        if self._left and HAS_END.search(line):
            self._left = 0
            return HIDDEN
        if not self._left:
            return without_keys(line)
        self._left -= 1
        if BLOCKS_HEADER.fullmatch(line):
            return line
        match = IN_BLOCK.fullmatch(line)
        # What the log writes before each line is as long before the first.
        if match and len(match[1].split()) <= self._words:
            return f"{match[1]}{HIDDEN}{match[3]}"
        self._left = 0
        return without_keys(line)
