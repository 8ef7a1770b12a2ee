"""How long a file and a function may be, and that nothing stands there which nobody uses."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.sources import module_of, sources, tree

MOST_LINES, MOST_LINES_OF_A_FUNCTION, MOST_LINES_AT_ALL = 250, 40, 400
# Today's exceptions, which may shrink and may not grow: when one is shorter, its number is too.
LONGER_FILES = {
    "app.diagnosis.engine": 327,
    "app.diagnosis.envelope": 314,
    "app.diagnosis.rules.elixir.reading": 252,
    "app.diagnosis.rules.javascript.reading_linters": 308,
    "app.diagnosis.rules.javascript.reading_modules": 270,
    "app.diagnosis.rules.javascript.reading_typescript": 337,
    "app.diagnosis.rules.ruby.reading_bundler": 258,
    "app.diagnosis.rules.rust.reading_cargo": 258,
    "app.dockerfile.instructions": 290,
    "app.durable": 379,
    "app.inspection.dockerfile": 263,
    "app.start_command": 281,
    "app.store.intake": 318,
    "sandbox.github.git": 339,
    "sandbox.github.pull_requests": 264,
    "sandbox.github.pull_shapes": 256,
    "sandbox.github.server": 306,
    "sandbox.google.cloud_run": 274,
    "sandbox.runner": 359,
}
LONGER_FUNCTIONS = {
    "app.diagnosis.rules.elixir.reading.syntax": 46,
    "app.diagnosis.rules.javascript.reading_linters.suite": 62,
    "app.diagnosis.rules.javascript.reading_modules.local_module": 46,
    "app.diagnosis.rules.javascript.reading_scripts.tool_words": 45,
    "app.diagnosis.rules.other.reading_servers.emerg": 50,
    "app.diagnosis.rules.php.reading_syntax._to_change": 44,
    "app.diagnosis.rules.ruby.reading_bundler.native": 41,
    "app.durable.step": 41,
}
# What a library calls by its name, and what only the tests have a use for, with the reason.
CALLED_FROM_OUTSIDE = {
    ("app.connections", "on_chunk_complete"): "httptools'",
    ("app.importing.foreign", "_without_nothing"): "pydantic's model_validator's",
    ("app.log", "emit"): "logging.Handler's",
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
    """No file is longer than 250 lines but for today's exceptions, which only shrink; none is longer than 400."""
    found = dict(too_long())
    grown = {name: count for name, count in found.items() if count > LONGER_FILES.get(name, MOST_LINES)}
    assert not grown, f"longer than they may be: {grown}"
    assert found == LONGER_FILES, "an exception has shrunk: write its new size down, or take it out"
    assert max(found.values(), default=0) <= MOST_LINES_AT_ALL


def test_functions_are_seen_whole() -> None:
    """No function is longer than 40 lines but for today's exceptions, which only shrink."""
    found = dict(functions_too_long())
    most = MOST_LINES_OF_A_FUNCTION
    grown = {name: count for name, count in found.items() if count > LONGER_FUNCTIONS.get(name, most)}
    assert not grown, f"longer than they may be: {grown}"
    assert found == LONGER_FUNCTIONS, "an exception has shrunk: write its new size down, or take it out"


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
    """Half of the product's functions have 7 lines at most and 95 of 100 have 22; of its files 100 and 250."""
    paths = [path for path in sources() if "sandbox" not in path.parts and not is_a_table(path)]
    files = sorted(len(path.read_text().splitlines()) for path in paths)
    functions = sorted(
        (node.end_lineno or 0) - node.lineno + 1
        for path in paths
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert (functions[len(functions) // 2], functions[len(functions) * 95 // 100]) <= (7, 22)
    assert files[len(files) // 2] <= 100
    assert files[len(files) * 95 // 100] <= MOST_LINES
