"""What the documents promise: paths that exist, settings that are listed, places that are as many as they say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

from app.config.reading import read
from app.conversation.buttons import BUTTONS
from app.conversation.commands import VERBS
from app.model import RERUN, Button, Job
from app.settings import Intervals, Settings, rows
from app.settings.accounts import Accounts
from app.settings.opinion import Opinion
from app.settings.stand_ins import StandIns
from app.settings.telemetry import Telemetry
from app.stories import STORIES
from tests.sources import ROOT, sources, tree

SETTINGS = (ROOT / "docs/settings.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
PAPERS = (
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "docs/*.md",
    "app/diagnosis/README.md",
)
# Written in capitals, a part of a path is whatever somebody calls it.
PLACEHOLDER = re.compile(r"[A-Z]{2,}")
PATH = re.compile(r"`((?:app|gcp|handlers|sandbox|tests|docs|\.ci|\.github)/[\w/.-]*\w(?:\.\w+|/)?)`")
TEST = re.compile(r"`(tests/\w+\.py)::(\w+)`")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def papers() -> list[Path]:
    return sorted(path for pattern in PAPERS for path in ROOT.glob(pattern))


def paths_in(paper: Path) -> Iterator[Path]:
    """The files and folders of this repository that a document names, or links to."""
    text = paper.read_text()
    named = (name for name in PATH.findall(text) if not PLACEHOLDER.search(Path(name).name.partition(".")[0]))
    yield from (ROOT / name for name in named)
    yield from (paper.parent / name for name in LINK.findall(text))


@pytest.mark.parametrize("paper", papers(), ids=lambda path: path.name)
def test_every_path_that_a_document_names_is_there(paper: Path) -> None:
    """A path that no longer exists leads nobody anywhere."""
    assert not sorted(str(path.relative_to(ROOT)) for path in paths_in(paper) if not path.exists())


def test_every_test_that_a_document_names_is_there() -> None:
    """A promise without its test is none."""
    named = {found for paper in papers() for found in TEST.findall(paper.read_text())}
    assert len(named) > 20
    assert not [
        f"{file}::{name}" for file, name in sorted(named) if f"def {name}(" not in (ROOT / file).read_text()
    ]


def test_the_documents_name_paths() -> None:
    """The test above looks at something: the README alone names more than twenty."""
    assert len(set(paths_in(ROOT / "README.md"))) > 20
    assert {"README.md", "design.md", "servergem-yml.md"} <= {path.name for path in papers()}


@pytest.mark.parametrize(
    "paper", ["README.md", *(f"docs/{n}.md" for n in ("configuration", "domains", "previews"))]
)
def test_every_servergem_yml_in_a_paper_is_one(paper: str) -> None:
    """Each example is read without a fault, so that whoever copies it has no other to begin with."""
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / paper).read_text(), re.DOTALL)
    assert blocks
    for block in blocks:
        read(block, repository_name="shop", default_branch="main")


def settings_below(words: str) -> list[str]:
    """The settings of the table that follows these words in docs/settings.md, in order."""
    table = SETTINGS.partition(words)[2].partition("|---|---|---|\n")[2].partition("\n\n")[0]
    return re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)


TABLES_OF_SETTINGS = {
    "Accounts and image repositories": Accounts,
    "Logs, metrics and traces": Telemetry,
    "A second opinion": Opinion,
    "which nobody has to set": Intervals,
    "What stands in for Google": StandIns,
}


def test_every_setting_is_listed() -> None:
    """Each setting stands in that table of docs/settings.md to which it belongs, with default and sentence."""
    of_a_topic = set[str]()
    for words, topic in TABLES_OF_SETTINGS.items():
        names = [row.metadata["name"] for row in fields(topic)]
        assert settings_below(words) == names
        of_a_topic.update(names)
    names = [row.metadata["name"] for row in fields(Settings)]
    assert settings_below("What you will set:") == [name for name in names if name not in of_a_topic]
    for name, default, sentence in rows():
        assert f"| `{name}` | {default} | {sentence} |" in SETTINGS, (
            f"docs/settings.md lacks what {name} means"
        )


def places(what: str) -> list[str]:
    """The files and folders that the table of additions in CONTRIBUTING.md names for this."""
    row = next(line for line in CONTRIBUTING.splitlines() if line.startswith(f"| {what} |"))
    return PATH.findall(row.split(" | ")[1])


@pytest.mark.parametrize(
    ("what", "most"),
    [
        ("a stage", 2),
        ("a kind of job", 2),
        ("a command", 2),
        ("a button", 2),
        ("a key of `servergem.yml`", 2),
    ],
)
def test_an_addition_touches_few_places(what: str, most: int) -> None:
    """CONTRIBUTING.md says for each what is touched, and it is as little as that."""
    assert 0 < len(places(what)) <= most


def files_that_say(name: str) -> set[str]:
    """The files of app and handlers in which this name is read, defined or given, as code and not in a sentence."""
    return {str(path.relative_to(ROOT)) for path, said in _said().items() if name in said}


@cache
def _said() -> dict[Path, frozenset[str]]:
    """What each file of app and handlers says; read once for all names."""
    return {
        path: frozenset(name for node in ast.walk(tree(path)) for name in _names(node))
        for path in sources()
        if path.is_relative_to(ROOT / "app") or path.is_relative_to(ROOT / "handlers")
    }


def _names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Attribute(attr=found) | ast.Constant(value=str(found)) | ast.ClassDef(name=found):
            yield found
        case ast.Assign(targets=[ast.Name(id=found)]):
            yield found


def test_a_button_is_declared_where_the_papers_say() -> None:
    """What a button is called and what it does stand in these two files, for every button."""
    declared, done = places("a button")
    assert set(BUTTONS) - {RERUN} == set(Button)
    assert all(declared in files_that_say(button.name) for button in Button)
    assert all(done in files_that_say(button.name) for button in Button)


def test_a_command_is_declared_where_the_papers_say() -> None:
    """Each command's name is a text in these two files, and its function is nowhere else in a table."""
    for verb in VERBS:
        assert set(places("a command")) <= files_that_say(verb.name), verb.name


def test_a_stage_is_declared_where_the_papers_say() -> None:
    """Each stage of the road of a deployment has its file, and its title stands in the story alone."""
    folder, story = places("a stage")
    for stage, title in STORIES["deploy"].road.items():
        assert (ROOT / folder / f"{stage.__module__.rpartition('.')[2]}.py").exists()
        assert story in files_that_say(title)


def test_a_kind_of_job_is_declared_where_the_papers_say() -> None:
    """Each kind of job is a class of that file, and the table of stories names it."""
    declared, table = places("a kind of job")
    text = (ROOT / table).read_text()
    for job in Job.__args__:
        assert declared in files_that_say(job.__name__)
        assert job.__name__ == "Ignore" or job.__name__ in text


def test_the_pictures_of_the_readme_are_there_and_small() -> None:
    """Each has words for who does not see it, and `make pictures` writes all of them."""
    named = re.findall(r"!\[([^\]]+)\]\((docs/pictures/[a-z-]+\.png)\)", (ROOT / "README.md").read_text())
    assert {ROOT / path for _, path in named} == set((ROOT / "docs" / "pictures").iterdir())
    assert all(len(words) > 40 and (ROOT / path).stat().st_size <= 150_000 for words, path in named)


def test_every_proof_of_an_attack_has_its_tests() -> None:
    """p01 to p75, but p23, which there is none of: each with a test that is there, as the test above insists."""
    rows = re.findall(
        r"^\| (p\d\d) \| .+? \| (.+) \|$", (ROOT / "docs/security-proofs.md").read_text(), re.MULTILINE
    )
    assert [number for number, _ in rows] == [f"p{n:02}" for n in range(1, 82) if n != 23]
    assert all(TEST.search(tests) for _, tests in rows)


def test_every_rule_of_who_may_do_what_has_its_tests() -> None:
    """1 to 10, each sentence with a test that is there."""
    table = (ROOT / "docs/security-proofs.md").read_text().partition("## Each sentence of the rules")[2]
    rows = re.findall(r"^\| (\d+) \| .+? \| (.+) \|$", table, re.MULTILINE)
    assert sorted({int(number) for number, _ in rows}) == list(range(1, 11))
    assert all(TEST.search(tests) for _, tests in rows)


def test_every_place_where_the_real_services_differ_has_its_tests() -> None:
    """R1 to R33, each with what is real, what we do, a test that is there, and the commit that brought it."""
    rows = re.findall(
        r"^\| (R\d+) \| .+ \| .+ \| (.+) \| `[0-9a-f]{8}`.* \|$",
        (ROOT / "docs/real-services.md").read_text(),
        re.MULTILINE,
    )
    assert [number for number, _ in rows] == [f"R{n}" for n in range(1, 34)]
    assert all(TEST.search(tests) for _, tests in rows)


def test_every_rule_of_the_sandbox_has_a_source_and_a_test() -> None:
    """Each row of its tables: where somebody else has written it down, and what meets it."""
    tables = (ROOT / "docs/sandbox.md").read_text().partition("## Asking it with gcloud")[0]
    rows = [line for line in tables.splitlines() if line.startswith("| ") and "`tests/" in line]
    assert len(rows) > 60
    assert len(rows) == sum(line.startswith("| ") for line in tables.splitlines()) - tables.count("\n|---")
    for row in rows:
        _, rule, source, tests, _ = re.split(r" \| |^\| | \|$", row)
        assert rule and (PATH.search(tests) or TEST.search(tests)), row
        assert "https://" in source or "`" in source, f"whose rule is it? {row}"
