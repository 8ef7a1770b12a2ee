"""Text from outside in a form that every file, journal and database takes: characters, and nothing but characters."""

from __future__ import annotations

import re
from typing import Any

# Half of a UTF-16 pair is no character: JSON and YAML can name one ("\\ud800"), UTF-8 cannot hold it. Python also
# reads bytes that are no UTF-8 into such halves. PostgreSQL holds no NUL in text:
# https://www.postgresql.org/docs/current/datatype-character.html
HALVES = re.compile("[\ud800-\udfff]")
INSTEAD = "\N{REPLACEMENT CHARACTER}"
# Colours and titles of a terminal (ECMA-48), as they are and as JSON or a pager writes them.
ESCAPE, SPELLED = "\x1b", re.compile(r"(?:\\u001[bB]|\\x1[bB]|\\033|\^\[|␛)\[[0-9;]*m")
ESCAPES = re.compile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]{0,300}(?:\x07|\x1b\\\\)?|[@-_])")
NUL, SYMBOL_FOR_NUL = "\0", "\N{SYMBOL FOR NULL}"


def legible(words: str) -> str:
    """`words` with a sign in the place of each half of a character and each NUL."""
    if NUL in words:
        words = words.replace(NUL, SYMBOL_FOR_NUL)
    return words if words.isascii() else HALVES.sub(INSTEAD, words)


def without_escapes(words: str) -> str:
    """`words` as a terminal would show them, without its colours: what is broken by one is whole to the eye."""
    words = ESCAPES.sub("", words) if ESCAPE in words else words
    return SPELLED.sub("", words) if "[" in words else words


def legible_data(data: Any) -> Any:
    """Plain data as JSON has it, with every text in it legible."""
    if isinstance(data, str):
        return legible(data)
    if isinstance(data, dict):
        return {legible_data(key): legible_data(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [legible_data(value) for value in data]
    return data
