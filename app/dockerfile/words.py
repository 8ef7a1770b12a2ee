"""Words as BuildKit splits them: flags, quotes, variables and heredocs; pure, linear in the length of the line.

What counts is BuildKit's own reading, so its rules are followed one by one:
https://github.com/moby/buildkit/tree/master/frontend/dockerfile/parser and .../shell/lex.go
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# What Go calls a space; Python's own idea has more.
SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
BETWEEN = re.compile(r"[\t\v\f\r ]+")
_HEREDOC = re.compile(r"(\d*)<<(-?)([\t\n\f\r ]*)([^<]*)")
_NAME = re.compile(r"\d+|[@*#?\-$!]|[^\W\d]\w*")
_AFTER_NAME = "+-?#%"
DEEPEST = 50  # of `${a:-${b:-…`: nobody writes five, and each costs a frame of the stack


class Unbalanced(ValueError):  # noqa: N818 - reads as what it is
    """A quote or a brace is opened and not closed."""


@dataclass(frozen=True)
class Heredoc:
    """`<<NAME`: the lines up to NAME belong to the instruction.

    `spaced` is `<< NAME`, a heredoc to newer BuildKits only.
    """

    name: str
    chomp: bool
    spaced: bool


def flags_and_rest(line: str, escape: str) -> tuple[tuple[str, ...], str]:
    """The leading `--name=value` words, quotes taken off, and what comes after them."""
    flags: list[str] = []
    position = 0
    while True:
        while position < len(line) and line[position] in SPACE:
            position += 1
        if not line.startswith("--", position):
            return tuple(flags), line[position:].strip(SPACE)
        word, position = _flag(line, position, escape)
        if word == "--":
            return tuple(flags), line[position:].strip(SPACE)
        flags.append(word)


def _flag(line: str, position: int, escape: str) -> tuple[str, int]:
    letters: list[str] = []
    quote = ""
    while position < len(line):
        letter = line[position]
        if quote and letter == quote:
            quote = ""
        elif not quote and letter in SPACE:
            break
        elif not quote and letter in "'\"":
            quote = letter
        elif letter == escape:
            position += 1
            letters.append(line[position : position + 1])
        else:
            letters.append(letter)
        position += 1
    return "".join(letters), position


def unquoted(word: str, escape: str = "\\") -> str:
    """A word without its quotes. Unbalanced when they do not close; a variable stays as it is written."""
    return _Lexer(word, escape, raw=False).whole()


def heredocs(line: str) -> tuple[Heredoc, ...]:
    """Every heredoc that a line opens, in order. Unbalanced where BuildKit cannot read the name of one."""
    if "<<" not in line:
        return ()
    try:
        words = _Lexer(line, "\\", raw=True).words()
    except Unbalanced:
        return ()  # BuildKit sees none either
    return tuple(found for word in words if (found := heredoc_of(word)) is not None)


def heredoc_of(word: str) -> Heredoc | None:
    """The heredoc that one word is; None for here-strings, shifts and all else."""
    match = _HEREDOC.fullmatch(word)
    if match is None or not match[4]:
        return None
    names = _Lexer(match[4], "\\", raw=False).words()
    return Heredoc(names[0], bool(match[2]), bool(match[3])) if len(names) == 1 else None


class _Lexer:
    """One pass over a line; `raw` keeps quotes and escapes. No variable is ever known, so each stays as written."""

    def __init__(self, text: str, escape: str, *, raw: bool) -> None:
        self._text, self._escape, self._raw = text, escape, raw
        self._at, self._depth = 0, 0
        self._special: dict[str, Callable[[], str]] = {
            "$": self._dollar,
            "<": self._angle,
            "'": self._single,
            '"': self._double,
        }

    def whole(self) -> str:
        return "".join(part for part, _ in self._parts(""))

    def words(self) -> list[str]:
        """Split at spaces that are neither quoted nor escaped."""
        found: list[str] = []
        word: list[str] = []
        for part, kept_whole in self._parts(""):
            for piece in (part,) if kept_whole else tuple(part):
                if not kept_whole and piece in SPACE:
                    if word and (joined := "".join(word)):
                        found.append(joined)
                        word = []
                else:
                    word.append(piece)
        return [*found, "".join(word)] if any(word) else found

    def _parts(self, stop: str) -> Iterator[tuple[str, bool]]:
        """(text, whether its spaces are part of the word), up to `stop` or the end."""
        while self._at < len(self._text):
            letter = self._text[self._at]
            if letter == stop:
                self._at += 1
                return
            if special := self._special.get(letter):
                yield special(), letter != "$"
                continue
            self._at += 1
            if letter != self._escape:
                yield letter, False
                continue
            if self._raw:
                yield letter, True
            if escaped := self._next():
                yield escaped, True
        if stop:
            raise Unbalanced(stop)

    def _next(self) -> str:
        letter = self._text[self._at : self._at + 1]
        self._at += 1
        return letter

    def _single(self) -> str:
        end = self._text.find("'", self._at + 1)
        if end < 0:
            raise Unbalanced("'")
        start, self._at = self._at, end + 1
        return self._text[start : end + 1] if self._raw else self._text[start + 1 : end]

    def _double(self) -> str:
        opening = self._next()
        letters = [opening] if self._raw else []
        while letter := self._text[self._at : self._at + 1]:
            if letter == "$":
                letters.append(self._dollar())
                continue
            self._at += 1
            if letter == '"':
                return "".join([*letters, letter] if self._raw else letters)
            if letter == self._escape:
                letters += [letter] if self._raw else []
                following = self._text[self._at : self._at + 1]
                if following in ('"', "$", self._escape):
                    letter = self._next()
                elif self._raw or not following:
                    continue
            letters.append(letter)
        raise Unbalanced('"')

    def _angle(self) -> str:
        self._at += 1
        if not self._text.startswith("<", self._at):
            return "<"
        self._at += 1
        start = self._at
        while self._text[self._at : self._at + 1] in ("\t", "\r", " ") and self._at < len(self._text):
            self._at += 1
        return "<<" + self._text[start : self._at]

    def _dollar(self) -> str:
        start = self._at
        self._at += 1
        if not self._text.startswith("{", self._at):
            if match := _NAME.match(self._text, self._at):
                self._at = match.end()
            return self._text[start : self._at]
        self._at += 1
        match = _NAME.match(self._text, self._at)
        self._at = match.end() if match else self._at
        self._inside_braces()
        return self._text[start : self._at]

    def _inside_braces(self) -> None:
        letter = self._next()
        if letter == "}":
            return
        if letter == ":":
            letter = self._next()
        if letter == "/":
            self._skip_to("/")
        elif not letter or letter not in _AFTER_NAME:
            raise Unbalanced("${")
        self._skip_to("}")

    def _skip_to(self, stop: str) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Unbalanced("${")
        for _ in self._parts(stop):
            pass
        self._depth -= 1


def json_words(rest: str) -> tuple[str, ...] | None:
    """The words of an instruction's JSON form; None when it is the shell form."""
    if not rest.startswith("["):
        return None
    try:
        words = json.loads(rest)
    except (ValueError, RecursionError):
        return None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return None
    return tuple(words)
