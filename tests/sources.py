"""The files of this repository as its own tests read them: which there are, what each is called, what it imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PARTS = ("app", "handlers", "gcp", "sandbox")
OURS = ("app", "handlers", "gcp")


@cache
def sources() -> tuple[Path, ...]:
    """Every Python file of the product and of the sandbox; the samples that the sandbox deploys are not ours."""
    return tuple(
        sorted(path for part in PARTS for path in (ROOT / part).rglob("*.py") if "repos" not in path.parts)
    )


@cache
def tree(path: Path) -> ast.Module:
    """A file as Python reads it; read once, since many rules go through all of them."""
    return ast.parse(path.read_text())


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def imports_of(path: Path) -> tuple[str, ...]:
    """Every module that a file imports, wherever in the file it does so."""
    return tuple(_imports_of(path))


def _imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if is_a_module(whole) else node.module


@cache
def is_a_module(name: str) -> bool:
    path = ROOT / Path(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()
