"""A draft becomes the text of a servergem.yml, each key with its reason behind it; our reader reads the same values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from app.config.document import NOT_TEXT
from app.config.draft import Block, Draft, Keys, Said, Value
from app.text.legible import legible

# Words that no reader of YAML takes for anything else, with single spaces between them, also within brackets.
PLAIN = re.compile(r"[A-Za-z0-9_/.](?:[A-Za-z0-9_./@+=$:*-]|(?<=[^ :]) (?=[A-Za-z0-9_./$]))*(?<![: ])")
# The origin is told of keys such as services.api.port; of what is inside them it says nothing more.
OF_A_SECTION = 2
# What JSON's escapes leave as it is and YAML may not hold, or takes for the end of a line.
STRANGE = re.compile(f"{NOT_TEXT.pattern}|[\x7f\x85\u2028\u2029\ufeff]")


@dataclass(frozen=True)
class Line:
    """A line of the file, and the keys whose value stands there; none for a remark."""

    text: str
    keys: Keys = ()


def lines(draft: Draft) -> tuple[Line, ...]:
    """The whole file line by line."""
    head, tail = _remarks(draft.head), _remarks(draft.tail)
    return (*map(Line, head), *_block(draft.block, ()), *map(Line, tail))


def text(draft: Draft) -> str:
    """The whole file."""
    return "".join(f"{line.text}\n" for line in lines(draft))


def _remarks(told: tuple[str, ...]) -> Iterator[str]:
    return (f"# {each}".rstrip() if each else "" for each in told)


def _block(block: Block, above: Keys, off: int | None = None) -> Iterator[Line]:
    """The lines below these keys; `off` is how deep the remark begins that they are part of."""
    for each in block.said:
        keys, inside = (*above, each.key), each.value
        begins = len(above) if off is None and each.off else off
        nested = isinstance(inside, Block) and bool(inside.said)
        value = "" if nested else f" {inline(inside)}".rstrip()
        keyed = _keyed(each, value, origin=each.origin if len(above) == OF_A_SECTION else ())
        yield Line(_indented(keyed, len(above), begins), keys if begins is None else ())
        if isinstance(inside, Block):
            yield from _block(inside, keys, begins)


def _indented(line: str, depth: int, off: int | None) -> str:
    if off is None:
        return f"{'  ' * depth}{line}"
    return f"{'  ' * off}# {'  ' * (depth - off)}{line}"


def _keyed(said: Said, value: str, *, origin: Keys) -> str:
    told = "; ".join(each for each in (".".join(origin), said.why) if each)
    why = "".join(letter for letter in legible(told) if letter.isprintable())
    return f"{_scalar(said.key)}:{value}{f'  # {why}' if why else ''}"


def inline(value: Value) -> str:
    """A value on one line."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return _scalar(value)
        case Block():
            return (
                f"{{{', '.join(f'{_scalar(each.key)}: {_in_brackets(each.value)}' for each in value.said)}}}"
            )
        case tuple():
            return f"[{', '.join(map(_in_brackets, value))}]"


def _in_brackets(value: Value) -> str:
    return "null" if value is None else inline(value)


def _scalar(value: str) -> str:
    """Text, in quotes wherever it could be read as something else."""
    if _is_plain(value):
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return STRANGE.sub(lambda letter: f"\\U{ord(letter[0]):08x}", quoted)


def _is_plain(value: str) -> bool:
    """Whether these words without quotes are read as text, and not as a number or a day, were it one that never was."""
    try:
        return bool(PLAIN.fullmatch(value)) and yaml.load(value, Loader=yaml.CSafeLoader) == value
    except ValueError:  # such as 2026-13-45, or a number of five thousand digits
        return False
