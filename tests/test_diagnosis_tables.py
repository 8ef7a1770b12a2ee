"""The tables of diagnosis are data: each is in sight in one list, and holds rows and nothing that runs by itself."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from app.diagnosis import rules
from app.diagnosis.rules import TABLES, all_rules
from tests.diagnosis_table import PAGE, page

ROOM = Path(rules.__file__).parent
FILES = sorted(path for path in ROOM.glob("*/*.py") if path.name != "__init__.py")
READING = [path for path in FILES if path.stem.startswith("reading")]
MOST_LINES = 400


def table_of(path: Path) -> str:
    return f"{path.parent.name}.{path.stem}"


def test_no_table_is_missing_from_the_order() -> None:
    """Each file of rules/ that is no reading stands in TABLES, once."""
    assert sorted(TABLES) == sorted(table_of(path) for path in FILES if path not in READING)


@pytest.mark.parametrize("path", [path for path in FILES if path not in READING], ids=table_of)
def test_a_table_holds_rows_only(path: Path) -> None:
    """A table has imports, words and RULES; whatever reads other lines stands beside it in a reading file."""
    tree = ast.parse(path.read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    assert not [node.name for node in ast.walk(tree) if isinstance(node, kinds)]
    assert any("RULES" in ast.unparse(node).split(" = ")[0] for node in tree.body)


@pytest.mark.parametrize("path", READING, ids=table_of)
def test_a_reading_holds_no_rows(path: Path) -> None:
    """A row in a reading file would be in no table, and so never be tried."""
    assert not [node for node in ast.walk(ast.parse(path.read_text())) if _is_row(node)]


def _is_row(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Rule"


def test_no_file_of_diagnosis_is_too_long_to_be_read_at_once() -> None:
    """Only a table may have more lines than that: nobody reads it from top to bottom."""
    tables = {path for path in FILES if path not in READING}
    files = [path for path in ROOM.parent.rglob("*.py") if path not in tables]
    assert not [path.name for path in files if len(path.read_text().splitlines()) > MOST_LINES]


def test_every_row_has_words_of_its_own() -> None:
    """Two rows of one code differ in their pattern: the second of two equal ones would never be seen."""
    seen = [(rule.code, rule.pattern, rule.only) for rule in all_rules()]
    assert len(seen) == len(set(seen))


def test_the_page_of_kinds_is_what_the_tables_hold() -> None:
    """docs/diagnosis.md is made anew with `python -m tests.diagnosis_table > docs/diagnosis.md`."""
    assert PAGE.read_text() == page()


def test_every_file_that_the_readme_of_diagnosis_names_is_there() -> None:
    """A newcomer is led to files that exist."""
    room = ROOM.parent
    named = re.findall(r"`(\w+\.py|\w+/)`", (room / "README.md").read_text())
    assert len(named) > 8
    assert not [name for name in named if not (room / name).exists()]
