"""Google's filter language, as far as deployers use it: comparisons, AND, OR, NOT, parentheses, lists of values."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from sandbox.google.errors import invalid

Fields = Callable[[str], list[str]]
"""What a record holds under a path such as `resource.labels.build_id`; several values for a repeated field."""
Test = Callable[[Fields], bool]

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<path>\w+(?:\.\w+)*\."[^"]+")|(?P<string>"(?:[^"\\]|\\.)*")|(?P<op>=~|!~|!=|>=|<=|=|>|<|:)|(?P<paren>[()])|(?P<word>[^\s()=<>!:"~]+))"""
)
_SEVERITIES: Final = (
    "DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY",
)  # fmt: skip


def parse(text: str) -> Test:
    """The filter as a question about one record; INVALID_ARGUMENT if it is not a filter."""
    tokens = _tokens(text)
    if not tokens:
        return lambda _fields: True
    parser = _Parser(tokens)
    test = parser.alternatives()
    if parser.peek() is not None:
        raise _unparseable(parser.peek() or "")
    return test


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--")).rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unparseable(text[position : position + 20])
        tokens.append(match.group().strip())
        position = match.end()
    return tokens


def _unparseable(near: str) -> Exception:
    return invalid(f"Unparseable filter: syntax error near '{near}'")


class _Parser:
    """Recursive descent: OR binds looser than AND, juxtaposition is AND."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def take(self) -> str:
        token = self.peek()
        if token is None:
            raise _unparseable("end of filter")
        self._at += 1
        return token

    # In Google's own grammar OR binds tighter than AND in Logging; with parentheses, as clients write it,
    # both readings agree, and without them this is what Logging does.
    def alternatives(self) -> Test:
        tests = [self.choice()]
        while (token := self.peek()) is not None and token != ")":
            if token == "AND":
                self.take()
            tests.append(self.choice())
        return _all(tests)

    def choice(self) -> Test:
        tests = [self.negation()]
        while self.peek() == "OR":
            self.take()
            tests.append(self.negation())
        return _any(tests)

    def negation(self) -> Test:
        token = self.peek()
        if token == "NOT":
            self.take()
            return _not(self.negation())
        if token is not None and token.startswith("-") and len(token) > 1:
            self._tokens[self._at] = token[1:]
            return _not(self.negation())
        return self.comparison()

    def comparison(self) -> Test:
        token = self.take()
        if token == "(":
            test = self.alternatives()
            if self.take() != ")":
                raise _unparseable(")")
            return test
        if token == ")" or self.peek() not in {"=", "!=", ">", ">=", "<", "<=", ":", "=~", "!~"}:
            return _anywhere(_unquoted(token))
        return self.values(_unquoted(token), self.take())

    def values(self, path: str, operator: str) -> Test:
        if self.peek() != "(":
            return _compare(path, operator, _unquoted(self.take()))
        self.take()
        tests = [_compare(path, operator, _unquoted(self.take()))]
        together = _any
        while (token := self.take()) != ")":
            if token in {"OR", "AND"}:
                together = _any if token == "OR" else _all
                token = self.take()
            tests.append(_compare(path, operator, _unquoted(token)))
        return together(tests)


def _unquoted(token: str) -> str:
    if token.startswith('"'):
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    return token


def _all(tests: list[Test]) -> Test:
    return tests[0] if len(tests) == 1 else lambda fields: all(test(fields) for test in tests)


def _any(tests: list[Test]) -> Test:
    return tests[0] if len(tests) == 1 else lambda fields: any(test(fields) for test in tests)


def _not(test: Test) -> Test:
    return lambda fields: not test(fields)


def _anywhere(text: str) -> Test:
    return lambda fields: any(text.lower() in value.lower() for value in fields("*"))


def _compare(path: str, operator: str, wanted: str) -> Test:
    if operator == "=":
        return lambda fields: wanted in fields(path)
    if operator == "!=":
        return lambda fields: wanted not in fields(path)
    if operator == ":":
        return lambda fields: any(wanted.lower() in value.lower() or wanted == "*" for value in fields(path))
    if operator in {"=~", "!~"}:
        pattern = re.compile(wanted)
        wished = operator == "=~"
        return lambda fields: any(pattern.search(value) for value in fields(path)) is wished
    return lambda fields: any(_ordered(path, operator, value, wanted) for value in fields(path))


def _ordered(path: str, operator: str, value: str, wanted: str) -> bool:
    left, right = _rank(path, value), _rank(path, wanted)
    return {">": left > right, ">=": left >= right, "<": left < right, "<=": left <= right}[operator]


def _rank(path: str, value: str) -> tuple[float, str]:
    """Severities by weight, times and everything else as text that sorts."""
    if path == "severity":
        return (float(_SEVERITIES.index(value)) if value in _SEVERITIES else 0.0, "")
    if path.lower().endswith("time") or path.lower().endswith("timestamp"):
        return (0.0, sortable_time(value))
    return (0.0, value)


def sortable_time(text: str) -> str:
    """RFC 3339 with whatever fraction as nine digits in UTC, so that text order is time order."""
    match = re.fullmatch(
        r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:[Zz]|\+00:?00)?)?", text
    )
    if match is None:
        raise invalid(f"Invalid timestamp '{text}'; RFC 3339 in UTC is understood here")
    day, clock, fraction = match.groups()
    return f"{day}T{clock or '00:00:00'}.{(fraction or '').ljust(9, '0')}Z"
