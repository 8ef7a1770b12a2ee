"""Foreign: a part of another platform's file, of which we read some keys and name all others."""

from __future__ import annotations

import copy
import shlex
from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from app.config.draft import Keys
from app.importing.told import Left

MOST_MISTAKES = 200


class Foreign(BaseModel):
    """A mapping of which some keys are known; a key with nothing behind it is as good as none."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nothing(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        known = {field.alias or name for name, field in cls.model_fields.items()}
        return {key: each for key, each in value.items() if each is not None or key not in known}


Part = TypeVar("Part", bound=Foreign)


def read_as(model: type[Part], value: dict[str, Any]) -> tuple[Part, tuple[Left, ...]]:
    """The file as this model, without the values that are not what they have to be."""
    value = copy.deepcopy(value)
    left: list[Left] = []
    for _ in range(MOST_MISTAKES):
        try:
            return model.model_validate(value), tuple(left)
        except ValidationError as error:
            for each in error.errors(include_url=False, include_input=False):
                if (at := _taken_out(value, each["loc"])) and at not in {one.at for one in left}:
                    left.append(Left(at, f"Its value is not read ({each['type'].replace('_', ' ')})."))
    return model.model_validate({}), (Left((), "It is not read: too much of it is not what it has to be."),)


def _taken_out(value: Any, loc: tuple[int | str, ...]) -> Keys:
    """Remove what stands at this place, or nearest to it; the keys that lead there."""
    way: list[str] = []
    for number, part in enumerate(loc):
        inside = _inside(value, part)
        way.append(str(part))
        if number == len(loc) - 1 or not isinstance(inside, dict | list):
            _remove(value, part)
            break
        value = inside
    return tuple(way)


def _inside(value: Any, part: int | str) -> Any:
    if isinstance(value, dict):
        return value.get(str(part))
    return value[part] if isinstance(value, list) and isinstance(part, int) and part < len(value) else None


def _remove(value: Any, part: int | str) -> None:
    """An entry of a list becomes an empty one, so that the others keep their numbers."""
    if isinstance(value, dict):
        value.pop(str(part), None)
    elif isinstance(value, list) and isinstance(part, int):
        value[part] = {} if isinstance(value[part], str) or value[part] is None else ""


def unknown(part: Foreign, at: Keys = ()) -> Iterator[Keys]:
    """Every key that the models do not read, the outermost of each."""
    yield from ((*at, key) for key in part.model_extra or ())
    for name, field in type(part).model_fields.items():
        yield from _unknown_inside(getattr(part, name), (*at, field.alias or name))


def _unknown_inside(value: Any, at: Keys) -> Iterator[Keys]:
    if isinstance(value, Foreign):
        yield from unknown(value, at)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _unknown_inside(each, (*at, str(key)))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _unknown_inside(each, (*at, str(number)))


def _words(value: Any) -> Any:
    """A command as a list of words, as a shell takes a line apart."""
    if not isinstance(value, str):
        return value
    try:
        return shlex.split(value)
    except ValueError:
        return value.split()


def _line(value: Any) -> Any:
    """A command on one line; of a list each word as a shell takes it."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return shlex.join(value)
    return " ".join(value.split()) if isinstance(value, str) else value


def _variables(value: Any) -> Any:
    """A mapping, or a list of NAME=VALUE; a name alone has its value from elsewhere."""
    if not isinstance(value, list):
        return value
    pairs = (each.partition("=") for each in value if isinstance(each, str))
    return {name: given if equals else None for name, equals, given in pairs}


Words = Annotated[list[str], BeforeValidator(_words)]
CommandLine = Annotated[str, BeforeValidator(_line)]
Variables = Annotated[dict[str, str | None], BeforeValidator(_variables)]
