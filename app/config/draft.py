"""A draft: what a servergem.yml is to say, each key with the reason why, before it is text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

Keys: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class Said:
    """One key with its value, and in one line why it is there."""

    key: str
    value: Value
    why: str = ""
    origin: Keys = ()
    """Where it comes from in another file; empty where there is none."""
    off: bool = False
    """Whether it only stands there as a remark, to be taken up."""


@dataclass(frozen=True)
class Block:
    """Keys that stand below one key, in their order."""

    said: tuple[Said, ...] = ()

    def way(self, keys: Keys) -> tuple[Said, ...]:
        """Each key on this way, the outermost first; as far as they are there."""
        for each in self.said:
            if keys and each.key == keys[0]:
                return (each, *(each.value.way(keys[1:]) if isinstance(each.value, Block) else ()))
        return ()

    def without(self, keys: Keys) -> Block:
        """The same but for the key at the end of this way, and for what is empty without it."""
        kept: list[Said] = []
        for each in self.said:
            if each.key != keys[0]:
                kept.append(each)
            elif len(keys) > 1 and isinstance(each.value, Block):
                inside = each.value.without(keys[1:])
                if inside.said or len(keys) > 2:
                    kept.append(replace(each, value=inside))
        return Block(tuple(kept))


Value: TypeAlias = "str | int | bool | Block | tuple[Value, ...] | None"


@dataclass(frozen=True)
class Draft:
    """A whole file: lines of remarks before and after its keys."""

    block: Block
    head: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()
