"""A library of Google's that is loaded when something of it is first used: each is a hundred modules and megabytes."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands for a module until it is asked for something; the import's own lock keeps threads apart."""

    def __getattr__(self, name: str) -> Any:
        found = self.__dict__[name] = getattr(import_module(self.__name__), name)
        return found


def later(name: str) -> Any:
    """The module of this name, imported when it is first used; what it lacks is an AttributeError as ever."""
    return _Later(name)
