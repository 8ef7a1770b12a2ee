"""The house rules that a machine can hold: the ladder, the manifest, the settings table, the commands."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import files, packages_distributions
from pathlib import Path
from typing import get_args

import pytest

from app.model import Ignore, Job
from app.stages.release_command import clear_the_job
from app.stories import STORIES
from tests.sources import OURS, ROOT, imports_of, module_of, sources, tree

# docs/design.md says what a floor is; the longest name that fits decides.
FLOORS = {
    "app.main": 6,
    "app.door": 6,
    "app.connections": 6,
    "app.listening": 6,
    "app.hatch": 6,
    "app.house": 6,
    "app.pair": 6,
    "app.readiness": 6,
    "app.cli": 6,
    "app.cli_serve": 6,
    "app.cli_config": 6,
    "app.cli_init": 6,
    "app.first_configuration": 2,
    "app.health_path": 2,
    "app.importing": 2,
    "app.cli_setup": 6,
    "app.api": 6,
    "app.api.client": 3,
    "app.api.shapes": 2,
    "app.cli_deployments": 6,
    "app.mcp_server": 6,
    "app.pages": 6,
    "app.commands": 5,
    "app.offline": 5,
    "app.pushed": 5,
    "app.setup_google": 2,
    "app.keyless": 2,
    "app.setup_step": 2,
    "app.rights": 2,
    "app.stories": 5,
    "app.start": 4,
    "app.configuration": 4,
    "app.content": 4,
    "app.unbuilt": 2,
    "app.bundle": 2,
    "app.without_build": 4,
    "app.specification": 4,
    "app.reasons": 4,
    "app.doctor": 5,
    "app.round_trip": 5,
    "app.setup_github": 5,
    "app.rotation": 5,
    "app.hosting": 5,
    "app.stepping": 5,
    "app.naming": 5,
    "app.setup_domain": 2,
    "app.setup_host": 2,
    "app.setup_terraform": 2,
    "app.registering": 5,
    "app.settings_file": 4,
    "app.plain_http": 3,
    "app.tunnel": 3,
    "app.app_manifest": 2,
    "app.domain": 2,
    "app.signs": 1,
    "app.images": 4,
    "app.ground": 4,
    "app.question": 4,
    "app.traffic": 4,
    "app.order": 3,
    "app.tell": 4,
    "app.conversation": 5,
    "app.sweep": 5,
    "app.recovery": 5,
    "app.open_checks": 5,
    "app.forgotten": 5,
    "app.role": 2,
    "app.turn": 2,
    "app.places": 3,
    "app.alive": 3,
    "app.deployment": 5,
    "app.call": 4,
    "app.scene": 4,
    "app.lane": 4,
    "app.open_report": 4,
    "app.world": 4,
    "app.accounts": 2,
    "app.approval": 2,
    "app.stages": 4,
    "gcp": 3,
    "app.github": 3,
    "app.probe": 3,
    "app.store": 3,
    "app.durable": 3,
    "app.outbox": 3,
    "app.retry": 3,
    "app.log": 3,
    "app.metrics": 3,
    "app.counted": 3,
    "app.courier": 3,
    "app.outside": 3,
    "app.notice": 2,
    "app.insight": 2,
    "app.notices": 4,
    "app.trace": 3,
    "app.trace_export": 3,
    "app.retention": 5,
    "app.scrape": 6,
    "app.redaction": 1,
    "app.titles": 1,
    "app.legible": 1,
    "app.dispatcher": 6,
    "app.abandoned": 5,
    "app.dockerfile": 2,
    "app.inspection": 2,
    "app.adoption": 5,
    "app.ownership": 2,
    "app.allowance": 2,
    "app.protection": 2,
    "app.allow_file": 2,
    "app.missing_content": 2,
    "app.skip_mark": 2,
    "app.entry_point": 2,
    "app.services_below": 2,
    "app.build_context": 2,
    "app.start_command": 2,
    "app.start_stated": 2,
    "app.start_node": 2,
    "app.start_script": 2,
    "app.python_source": 2,
    "app.syntax": 2,
    "app.archive": 2,
    "app.source_text": 2,
    "app.formats": 2,
    "app.yaml_text": 2,
    "app.second_opinion": 2,
    "app.gemini": 4,
    "app.payload": 2,
    "app.config": 2,
    "app.previews": 2,
    "app.merge_plan": 2,
    "app.talk": 2,
    "app.spoken": 2,
    "app.comment": 2,
    "app.delivery": 2,
    "app.diagnosis": 2,
    "app.escaping": 2,
    "app.report": 2,
    "app.verdict": 2,
    "app.serving": 3,
    "app.fault": 3,
    "handlers": 2,
    "app.model": 1,
    "app.settings": 1,
}
EDGE = 3
THINKING = 2
# What a room without clock, disk, thread or network does not import.
ONLY_OUTSIDE_OF_THINKING = {"time", "threading", "os", "socket", "subprocess", "concurrent"}
# Why a file of the two lowest floors imports one of them all the same.
ALLOWED = {
    "app.diagnosis.files": {"os": "it reads the folder that it is given, a checkout, and nothing else"},
}
ON_THE_WAY = (
    "Check Google Cloud",
    "Upload source",
    "Build image",
    "Find image",
    "Run release command",
    "Release without traffic",
    "Verify",
    "Move traffic",
    "Domain",
    "Update jobs",
)
ONLY_AT_THE_EDGE = ("google", "github", "sqlalchemy", "dbos", "httpx", "backoff", "grpc")


def floor_of(module: str) -> int | None:
    parts = module.split(".")
    while parts:
        if (floor := FLOORS.get(".".join(parts))) is not None:
            return floor
        parts.pop()
    return None


def climbs() -> Iterator[str]:
    for path in sources():
        module, names = module_of(path), imports_of(path)
        floor = floor_of(module)
        ours = [name for name in names if name.split(".")[0] in OURS]
        if module.startswith("sandbox") or module == "app":
            yield from (f"{module} imports {name}" for name in ours)
            continue
        if floor is None:
            yield f"{module} has no floor"
            continue
        for name in ours:
            above = floor_of(name)
            if above is None or above > floor:
                yield f"{module} (floor {floor}) climbs to {name}"
        if module != "app.cli" and any(name.split(".")[0] == "sandbox" for name in names):
            yield f"{module} imports the sandbox"


def test_imports_only_go_down_the_ladder() -> None:
    """No file imports from a floor above its own; the sandbox knows nothing of us, and only the command line it."""
    assert not list(climbs())


def test_no_file_imports_what_imports_it() -> None:
    """Of any two files at most one knows the other, also by way of others, also for its types alone."""
    below = {module_of(path): set(imports_of(path)) - {module_of(path)} for path in sources()}
    left = {name: known & below.keys() for name, known in below.items()}
    while free := [name for name, known in left.items() if not known & left.keys()]:
        for name in free:
            del left[name]
    assert not left, f"in a circle, or above one: {sorted(left)}"


def test_only_the_edges_know_the_outside() -> None:
    """Google, GitHub, the database and the workflow engine are imported at the edge floor only."""
    assert not [
        f"{module_of(path)} imports {name}"
        for path in sources()
        if "sandbox" not in path.parts and floor_of(module_of(path)) != EDGE
        for name in imports_of(path)
        if name.split(".")[0] in ONLY_AT_THE_EDGE
    ]


def test_what_thinks_knows_no_clock_disk_thread_or_network() -> None:
    """The two lowest floors import nothing that could make the same question have two answers."""
    outside: dict[str, set[str]] = {}
    for path in sources():
        floor = floor_of(module_of(path))
        if floor is not None and floor <= THINKING:
            outside[module_of(path)] = {
                name.split(".")[0] for name in imports_of(path)
            } & ONLY_OUTSIDE_OF_THINKING
    allowed = {module: set(names) for module, names in ALLOWED.items()}
    assert {module: names for module, names in outside.items() if names} == allowed


def test_the_workflow_engine_is_known_in_one_folder() -> None:
    """Only app/durable imports DBOS, and there only who keeps the journal, starts a story or does a step."""
    knowing = [module_of(p) for p in sources() if any(n.split(".")[0] == "dbos" for n in imports_of(p))]
    assert knowing == ["app.durable.engine", "app.durable.journal", "app.durable.steps"]


def test_each_module_says_what_it_is() -> None:
    """Each module opens with a sentence."""
    assert not [module_of(path) for path in sources() if not ast.get_docstring(tree(path))]


def test_every_stage_is_on_the_road_of_a_story() -> None:
    """Each file of app/stages holds a stage that is on some story's road: none is forgotten there."""
    on_a_road = {stage.__module__ for story in STORIES.values() for stage in story.road}
    files = {module_of(path) for path in sources() if path.parent.name == "stages"} - {"app.stages"}
    assert files == on_a_road


def titles_of_steps() -> Iterator[str]:
    """As the journal has them: given, or made of the function's name."""
    for path in sources():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "durable.step":
                given = [word.value for word in node.keywords if word.arg == "title"]
                work = ast.unparse(node.args[0]).rpartition(".")[2].strip("_").replace("_", " ")
                yield ast.unparse(given[0]).strip("'") if given else work


def test_the_journal_keeps_its_titles() -> None:
    """A run that was begun before an update goes on by the titles of its steps: rename a function, keep its title."""
    assert {"judge", "plan", "expiry", "close", "ban", "first look"} <= set(titles_of_steps())
    assert {"say", "begin", "still", "end", "keep", "find", "answer", "enter lane"} <= set(titles_of_steps())
    assert clear_the_job.__name__.replace("_", " ") == "clear the job"
    assert {name: tuple(story.road.values()) for name, story in STORIES.items() if story.road} == {
        "deploy": ON_THE_WAY,
        "preview": (*ON_THE_WAY, "Compare with what serves"),
        "remove": ("Remove preview",),
        "rollback": ("Find what served before", "Move traffic back"),
    }


def test_no_road_has_two_stages_of_one_title() -> None:
    """The journal and the report know a stage by its title alone."""
    for name, story in STORIES.items():
        titles = list(story.road.values())
        assert len(set(titles)) == len(titles), name


def test_the_configuration_is_read_in_one_place() -> None:
    """A commit's servergem.yml is read by app.configuration, a folder's by the commands, and by nobody else."""
    reading = {module_of(path) for path in sources() if "config.read(" in path.read_text()}
    assert reading == {"app.configuration", "app.offline"}


def test_every_job_starts_a_story() -> None:
    """Each kind of Job but Ignore has its own row in the table of stories, and no kind has two."""
    jobs = [story.job for story in STORIES.values()]
    assert set(get_args(Job)) - {Ignore} <= set(jobs)
    assert len(set(jobs)) == len(jobs)


def test_only_stories_know_what_runs_stages() -> None:
    """Stages and all below them know their scene; the Deployment that runs them is known to stories alone."""
    knowing = [module_of(path) for path in sources() if "app.deployment" in set(imports_of(path))]
    assert knowing and all(name.startswith("app.stories") for name in knowing)


def declared(part: str) -> list[str]:
    """The distributions that pyproject.toml names: what ServerGem runs on, or what is there to work on it."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        document = tomllib.load(file)
    rows = document["project"]["dependencies"] if part == "runtime" else document["dependency-groups"][part]
    return [re.split(r"[\[;=<>~! ]", row)[0] for row in rows]


# What is run as a program, or loaded by name (by pytest, by SQLAlchemy, by mypy), and so imported by nobody.
PROGRAMS = {
    "grpc-stubs", "mypy", "psycopg", "pytest-timeout", "pytest-xdist", "ruff",
    "setuptools", "types-jsonschema", "types-pyyaml", "wheel",
}  # fmt: skip


@pytest.mark.parametrize("part", ["runtime", "dev"])
def test_every_dependency_is_imported(part: str) -> None:
    """Each library that pyproject.toml declares is imported by a file of ours, or is a program that we run."""
    provides: dict[str, set[str]] = {}
    for module, distributions in packages_distributions().items():
        for name in distributions:
            provides.setdefault(name.lower().replace("_", "-"), set()).add(module)
    files = [*sources(), *(ROOT / "tests").glob("*.py")] if part == "dev" else sources()
    imported = {name for path in files for name in every_import_of(path)}
    for name in set(map(str.lower, declared(part))) - PROGRAMS:
        modules = {file_module(file) for file in files_of(name)} or provides[name]
        assert any(
            known == module or known.startswith(f"{module}.") for known in imported for module in modules
        ), f"{name} is declared in pyproject.toml, and nothing imports it"


def every_import_of(path: Path) -> Iterator[str]:
    """The modules that a file imports, also by their name, and whatever it imports from them."""
    yield from imports_of(path)
    for node in ast.walk(tree(path)):
        match node:
            case ast.ImportFrom():
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            case ast.Call(func=ast.Name(id="import_module"), args=[ast.Constant(value=str(name))]):
                yield name


def files_of(name: str) -> list[str]:
    """The packages of a distribution below a shared namespace, where its own name says nothing."""
    if not name.startswith("google-cloud-"):
        return []
    return [str(file) for file in files(name) or () if file.name == "__init__.py" and len(file.parts) <= 4]


def file_module(file: str) -> str:
    return ".".join(Path(file).parent.parts)
