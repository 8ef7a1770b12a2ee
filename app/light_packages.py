"""Packages of others whose `__init__` imports all they have: of these a module is loaded when it is asked for.

Of Google's clients one service of a dozen is in use, of PyGithub its requester alone; the rest would be a quarter of
what a worker holds at rest, and of its start. Python has this by itself from 3.15 on (PEP 810), for what Google's own
packages list as `__lazy_modules__`; until then this finder reads of an `__init__` where its names come from, and runs
none of it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

# A client's package, its types, and each of its services, which have an asynchronous client as well.
LIGHT = re.compile(r"github|google\.cloud\.(devtools\.)?\w+_v\d+(\.types|\.services\.\w+)?")


class _Names(Loader):
    """Gives a package the names of its `__init__`, each of them when it is first used."""

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        package = module.__name__
        source = Path(module.__file__ or "").read_text(encoding="utf-8")
        homes = dict(_homes(ast.parse(source), package))

        def found(name: str) -> Any:
            if name not in homes:
                raise AttributeError(f"module {package!r} has no attribute {name!r}")
            home, there = homes[name]
            value = getattr(import_module(home), there)
            setattr(module, name, value)
            return value

        module.__dict__["__getattr__"] = found


class _Finder(MetaPathFinder):
    """Finds what everybody finds, and loads it lightly."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not LIGHT.fullmatch(fullname):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.submodule_search_locations is not None:
            spec.loader = _Names()
        return spec


def _homes(tree: ast.Module, package: str) -> list[tuple[str, tuple[str, str]]]:
    """Each name that is imported from within the package: the module that has it, and its name there."""
    return [
        (name.asname or name.name, (_absolute(each, package), name.name))
        for each in tree.body
        if isinstance(each, ast.ImportFrom) and _absolute(each, package).startswith(f"{package}.")
        for name in each.names
    ]


def _absolute(line: ast.ImportFrom, package: str) -> str:
    return f"{package}.{line.module}" if line.level == 1 else line.module or ""


def load_lightly() -> None:
    """From now on, in this process; to say it again changes nothing."""
    if not any(isinstance(each, _Finder) for each in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
