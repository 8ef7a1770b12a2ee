"""How long a file and a function may be, and that nothing stands there which nobody uses."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.sources import module_of, sources, tree

MOST_LINES, MOST_LINES_OF_A_FUNCTION, MOST_LINES_AT_ALL = 250, 40, 400
# What a library calls by its name, and what only the tests have a use for, with the reason.
CALLED_FROM_OUTSIDE = {
    ("app.telemetry.counted", "collect"): "Prometheus' library",
    ("app.connections", "on_chunk_complete"): "httptools'",
    ("app.github.connection", "authentication"): "PyGithub's requester",
    ("app.github.connection", "mask_authentication"): "PyGithub's requester",
    ("app.importing.foreign", "_without_nothing"): "pydantic's model_validator's",
    ("app.telemetry.log", "emit"): "logging.Handler's",
    ("app.light_packages", "create_module"): "Python's import",
    ("app.light_packages", "exec_module"): "Python's import",
    ("app.store.tables", "process_bind_param"): "SQLAlchemy's TypeDecorator's",
}


def is_a_table(path: Path) -> bool:
    """A table of rules holds rows alone, and reads like a list."""
    body = tree(path).body
    return "rules" in path.parts and not any(
        isinstance(node, ast.FunctionDef | ast.ClassDef) for node in body
    )


def too_long() -> Iterator[tuple[str, int]]:
    for path in sources():
        count = len(path.read_text().splitlines())
        if count > MOST_LINES and not is_a_table(path):
            yield module_of(path), count


def functions_too_long() -> Iterator[tuple[str, int]]:
    for path in sources():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                count = (node.end_lineno or 0) - node.lineno + 1
                if count > MOST_LINES_OF_A_FUNCTION:
                    yield f"{module_of(path)}.{node.name}", count


def test_files_are_read_in_one_sitting() -> None:
    """No file is longer than 250 lines, but for the tables of rules; a thing of its own gets a file of its own."""
    assert not dict(too_long())


def test_functions_are_seen_whole() -> None:
    """No function is longer than 40 lines."""
    assert not dict(functions_too_long())


def test_only_tables_of_rules_are_longer_than_all_else() -> None:
    """Also a table of rows alone ends within 400 lines."""
    assert not [path for path in sources() if len(path.read_text().splitlines()) > MOST_LINES_AT_ALL]


def names_used() -> Counter[str]:
    """Every name that the product or the sandbox reads, how often; to export one is not to use it."""
    used: Counter[str] = Counter()
    for path in sources():
        text = path.read_text()
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name):
                    used[name] += 1
                case ast.keyword(arg=str(name)):
                    used[name] += 1
                case ast.Constant(value=str(words)) if re.fullmatch(
                    r"[\w.]+|[\w.]+\[.*\]|[\w.]+ \| .*", words
                ):
                    used.update(re.findall(r"\w+", words))
        for listed in re.findall(r"__all__ = \[(.*?)\]", text, re.DOTALL):
            used.subtract(re.findall(r'"(\w+)"', listed))
    return used


def definitions() -> Iterator[tuple[str, str]]:
    """Every function, class, method and constant of app, gcp and handlers: its module and its name."""
    for path in sources():
        module = module_of(path)
        if module.startswith("sandbox"):
            continue
        for node in tree(path).body:
            yield from ((module, name) for name in _names(node))
            if isinstance(node, ast.ClassDef):
                yield from ((module, each.name) for each in node.body if isinstance(each, ast.FunctionDef))


def _names(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name


def test_nothing_is_defined_that_nobody_uses() -> None:
    """What only a test calls is no part of the product."""
    used = names_used()
    dead = {(module, name) for module, name in definitions() if not name.startswith("__") and used[name] <= 0}
    assert dead == CALLED_FROM_OUTSIDE.keys()


def test_most_of_it_is_short() -> None:
    """Half of the product's functions have 7 lines at most and 95 of 100 have 21; of its files 100 and 250."""
    paths = [path for path in sources() if "sandbox" not in path.parts and not is_a_table(path)]
    files = sorted(len(path.read_text().splitlines()) for path in paths)
    functions = sorted(
        (node.end_lineno or 0) - node.lineno + 1
        for path in paths
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert (functions[len(functions) // 2], functions[len(functions) * 95 // 100]) <= (7, 21)
    assert files[len(files) // 2] <= 100
    assert files[len(files) * 95 // 100] <= MOST_LINES
