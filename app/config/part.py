"""A part of servergem.yml: a mapping of keys that are known, each under the name that it has in the file."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A mapping of known keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def keys(cls) -> dict[str, str]:
        """Each key as it is written in the file, with the name that it has here."""
        return {field.alias or name: name for name, field in cls.model_fields.items()}


def as_word(value: object) -> object:
    return str(value) if isinstance(value, str) else value
