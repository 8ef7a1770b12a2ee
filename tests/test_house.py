"""The house rules that a machine can hold: the ladder, the manifest, the settings table, the commands."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PARTS = ("app", "handlers", "gcp", "sandbox")

# From design.md; the longest name that fits decides.
FLOORS = {
    "app.main": 6,
    "app.cli": 6,
    "app.pages": 6,
    "app.commands": 5,
    "app.setup_google": 2,
    "app.deploy": 5,
    "app.conversation": 5,
    "app.sweep": 5,
    "app.deployment": 4,
    "app.stages": 4,
    "gcp": 3,
    "app.github": 3,
    "app.probe": 3,
    "app.store": 3,
    "app.durable": 3,
    "app.outbox": 3,
    "app.retry": 3,
    "app.log": 3,
    "app.redaction": 1,
    "app.dockerfile": 2,
    "app.inspection": 2,
    "app.archive": 2,
    "app.payload": 2,
    "app.config": 2,
    "app.previews": 2,
    "app.merge_plan": 2,
    "app.talk": 2,
    "app.comment": 2,
    "app.delivery": 2,
    "app.diagnosis": 2,
    "app.report": 2,
    "handlers": 2,
    "app.model": 1,
    "app.settings": 1,
    "app": 1,
}
EDGE = 3
ONLY_AT_THE_EDGE = ("google", "github", "sqlalchemy", "dbos", "httpx", "backoff", "grpc")


def sources() -> list[Path]:
    return sorted(path for part in PARTS for path in (ROOT / part).rglob("*.py") if "repos" not in path.parts)


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def floor_of(module: str) -> int | None:
    parts = module.split(".")
    while parts:
        if (floor := FLOORS.get(".".join(parts))) is not None:
            return floor
        parts.pop()
    return None


def imports_of(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file it does so."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if (ROOT / Path(*whole.split("."))).with_suffix(".py").exists() else node.module


@pytest.mark.parametrize("path", sources(), ids=module_of)
def test_imports_only_go_down_the_ladder(path: Path) -> None:
    """No file imports from a floor above its own."""
    module = module_of(path)
    floor = floor_of(module)
    if module.startswith("sandbox"):
        assert not [name for name in imports_of(path) if name.split(".")[0] in ("app", "handlers", "gcp")]
        return
    assert floor is not None, f"{module} has no floor"
    for name in imports_of(path):
        if name.split(".")[0] in ("app", "handlers", "gcp"):
            above = floor_of(name)
            assert above is not None and above <= floor, f"{module} (floor {floor}) climbs to {name}"
        if name.split(".")[0] == "sandbox":
            assert module == "app.cli", f"{module} imports the sandbox"


@pytest.mark.parametrize("path", sources(), ids=module_of)
def test_only_the_edges_know_the_outside(path: Path) -> None:
    """Google, GitHub, the database and the workflow engine are imported at the edge floor only."""
    module = module_of(path)
    if module.startswith("sandbox") or floor_of(module) == EDGE:
        return
    outside = [name for name in imports_of(path) if name.split(".")[0] in ONLY_AT_THE_EDGE]
    assert not outside, f"{module} imports {outside}"


def test_the_workflow_engine_is_known_in_one_file() -> None:
    """Only app/durable.py imports DBOS."""
    knowing = [module_of(p) for p in sources() if any(n.split(".")[0] == "dbos" for n in imports_of(p))]
    assert knowing == ["app.durable"]


@pytest.mark.parametrize("path", sources(), ids=module_of)
def test_each_module_says_what_it_is(path: Path) -> None:
    """Each module opens with a sentence."""
    assert ast.get_docstring(ast.parse(path.read_text())), f"{module_of(path)} opens without a sentence"


def test_the_readme_lists_every_setting() -> None:
    """Each setting's name, default and sentence stand in the README."""
    from app.settings import rows

    readme = (ROOT / "README.md").read_text()
    for name, default, sentence in rows():
        assert f"| `{name}` |" in readme, f"README.md lacks {name}"
        assert sentence in readme, f"README.md lacks what {name} means"
        assert default in readme
