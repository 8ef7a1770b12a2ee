"""The part of CEL in which the conditions of bindings are written: text in, a question about a request out.

https://cloud.google.com/iam/docs/conditions-attribute-reference says which attributes, operators and functions there
are, https://github.com/google/cel-spec/blob/master/doc/langdef.md how they are read.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.google.expression_functions import ATTRIBUTES, FUNCTIONS, METHODS, Beyond, Malformed, Unjudged

Expression = Callable[[Mapping[str, Any]], Any]
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>r?"(?:[^"\\\n]|\\.)*"|r?'(?:[^'\\\n]|\\.)*')|(?P<number>\d+)"""
    r"""|(?P<name>[A-Za-z_]\w*)|(?P<sign>\|\||&&|[=!<>]=|[<>!()\[\].,+-]))"""
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_RELATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda one, many: one in many,
}
_SUMS: Mapping[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub}


def parse(text: str) -> Expression:
    """What a condition asks. Raises Malformed, and Beyond where the sandbox could not say what it comes to."""
    reader = _Reader(_tokens(text))
    found = reader.either()
    if reader.next:
        raise Malformed(f"unexpected '{reader.next}'")
    return found


def holds(expression: Expression, attributes: Mapping[str, Any]) -> bool:
    """Whether it is true of a request; what cannot be judged grants nothing."""
    try:
        return expression(attributes) is True
    except Unjudged:
        return False


def _tokens(text: str) -> list[str]:
    found, end, text = list[str](), 0, text.rstrip()
    while end < len(text):
        match = _TOKEN.match(text, end)
        if match is None:
            raise Malformed(f"unexpected '{text[end:].strip()[:1]}'")
        found.append(match[0].strip())
        end = match.end()
    return found


class _Reader:
    """One pass over the words, from what binds least to what binds most."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = list(words)

    @property
    def next(self) -> str:
        return self._words[0] if self._words else ""

    def _taken(self, *wanted: str) -> str:
        return self._words.pop(0) if self.next in wanted else ""

    def _insist(self, wanted: str) -> None:
        if not self._taken(wanted):
            raise Malformed(f"'{wanted}' is missing before '{self.next or 'the end'}'")

    def either(self) -> Expression:
        found = self._both()
        while self._taken("||"):
            found = _joined(found, self._both(), decides=True)
        return found

    def _both(self) -> Expression:
        found = self._compared()
        while self._taken("&&"):
            found = _joined(found, self._compared(), decides=False)
        return found

    def _compared(self) -> Expression:
        found = self._added()
        while sign := self._taken(*_RELATIONS):
            found = _applied(_RELATIONS[sign], found, self._added())
        return found

    def _added(self) -> Expression:
        found = self._single()
        while sign := self._taken(*_SUMS):
            found = _applied(_SUMS[sign], found, self._single())
        return found

    def _single(self) -> Expression:
        if self._taken("!"):
            return _applied(operator.not_, self._single())
        found = self._primary()
        while self._taken("."):
            name = self._words.pop(0) if self._words else ""
            found = _applied(_known(METHODS, name), found, *self._arguments("(", ")"))
        return found

    def _arguments(self, opening: str, closing: str) -> list[Expression]:
        self._insist(opening)
        found = list[Expression]()
        while not self._taken(closing):
            if found:
                self._insist(",")
            found.append(self.either())
        return found

    def _primary(self) -> Expression:
        if self.next == "[":
            return _applied(lambda *each: list(each), *self._arguments("[", "]"))
        if self._taken("("):
            found = self.either()
            self._insist(")")
            return found
        word = self._words.pop(0) if self._words else ""
        if word in ("true", "false"):
            return _constant(word == "true")
        if word.isdigit():
            return _constant(int(word))
        if word[-1:] in ("'", '"'):
            return _constant(_unquoted(word))
        return self._named(word)

    def _named(self, word: str) -> Expression:
        """A function of its own, or an attribute such as `request.time`."""
        if not re.fullmatch(r"[A-Za-z_]\w*", word):
            raise Malformed(f"unexpected '{word or 'end'}'")
        if self.next == "(":
            return _applied(_known(FUNCTIONS, word), *self._arguments("(", ")"))
        self._insist(".")
        name = f"{word}.{self._words.pop(0) if self._words else ''}"
        if name not in ATTRIBUTES:
            raise Beyond(name)
        return lambda attributes: _attribute(attributes, name)


def _attribute(attributes: Mapping[str, Any], name: str) -> Any:
    if name not in attributes:
        raise Unjudged(name)
    return attributes[name]


def _known(table: Mapping[str, Callable[..., Any]], name: str) -> Callable[..., Any]:
    if name not in table:
        raise Beyond(f"{name}()")
    return table[name]


def _constant(value: Any) -> Expression:
    return lambda _: value


def _unquoted(word: str) -> str:
    if word.startswith("r"):
        return word[2:-1]
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), word[1:-1])


def _applied(function: Callable[..., Any], *parts: Expression) -> Expression:
    def asked(attributes: Mapping[str, Any]) -> Any:
        values = [part(attributes) for part in parts]
        try:
            return function(*values)
        except (TypeError, ValueError, AttributeError, OverflowError, LookupError) as error:
            raise Unjudged(str(error)) from error

    return asked


def _joined(left: Expression, right: Expression, *, decides: bool) -> Expression:
    """`||` where true decides and `&&` where false does: a side that decides does so although the other is an error.

    https://github.com/google/cel-spec/blob/master/doc/langdef.md#logical-operators
    """

    def asked(attributes: Mapping[str, Any]) -> Any:
        try:
            first = left(attributes)
        except Unjudged:
            if right(attributes) is decides:
                return decides
            raise
        return decides if first is decides else right(attributes)

    return asked
