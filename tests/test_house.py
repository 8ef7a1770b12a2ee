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
ROOMS = {
    6: (
        "app.api",
        "app.cli",
        "app.connections",
        "app.dispatcher",
        "app.door",
        "app.glances",
        "app.main",
        "app.mcp_server",
        "app.pages",
        "app.process",
        "app.telemetry.scrape",
    ),
    5: (
        "app.cli.looking",
        "app.cli.offline",
        "app.cli.pushed",
        "app.conversation",
        "app.deployment",
        "app.rounds",
        "app.setup",
        "app.stories",
        "app.trust.adoption",
    ),
    4: (
        "app.acts",
        "app.call",
        "app.configuration",
        "app.gemini",
        "app.lane",
        "app.notices.hearers",
        "app.open_report",
        "app.scene",
        "app.setup.settings_file",
        "app.source.content",
        "app.source.without_build",
        "app.stages",
        "app.start",
        "app.world",
    ),
    3: (
        "app.acts.order",
        "app.acts.serving",
        "app.api.client",
        "app.durable",
        "app.fault",
        "app.github",
        "app.light_packages",
        "app.notices",
        "app.outbox",
        "app.places",
        "app.plain_http",
        "app.probe",
        "app.process.alive",
        "app.retry",
        "app.setup.tunnel",
        "app.store",
        "app.telemetry",
        "app.trusted",
        "gcp",
    ),
    2: (
        "app.api.shapes",
        "app.comment",
        "app.companions",
        "app.config",
        "app.delivery",
        "app.diagnosis",
        "app.dockerfile",
        "app.domain",
        "app.importing",
        "app.insight",
        "app.inspection",
        "app.merge_plan",
        "app.notices.notice",
        "app.payload",
        "app.previews",
        "app.process.role",
        "app.report",
        "app.deployment_ids",
        "app.second_opinion",
        "app.setup.app_manifest",
        "app.setup.domain_steps",
        "app.setup.google_steps",
        "app.setup.host_steps",
        "app.setup.keyless",
        "app.setup.step",
        "app.setup.terraform",
        "app.source",
        "app.start_command",
        "app.talk",
        "app.text",
        "app.trust",
        "app.turn",
        "app.verdict",
        "handlers",
    ),
    1: (
        "app.model",
        "app.redaction",
        "app.settings",
        "app.signs",
        "app.text.legible",
        "app.text.titles",
    ),
}
FLOORS = {room: floor for floor, rooms in ROOMS.items() for room in rooms}
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
    "Update workers",
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
        if not module.startswith("app.cli.") and any(name.split(".")[0] == "sandbox" for name in names):
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
    assert reading == {"app.configuration", "app.cli.offline"}


def test_certificate_authorities_are_read_once() -> None:
    """Whatever asks by httpx is given those that are read already: reading takes longer than most questions."""
    asking = {"get", "post", "request", "stream", "Client", "AsyncClient"}
    assert not [
        f"{module_of(path)}:{node.lineno}"
        for path in sources()
        if "sandbox" not in path.parts and "httpx" in imports_of(path)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {f"httpx.{each}" for each in asking}
        and "authorities()" not in {ast.unparse(each.value) for each in node.keywords if each.arg == "verify"}
    ]


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
