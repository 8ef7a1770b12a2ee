"""Other platforms' files: each becomes a servergem.yml that is read without a finding, and nothing is lost silently."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app import config
from app.cli import offline
from app.diagnosis import Files
from app.importing import Imported, NotRead, imported
from app.importing.kinds import KINDS
from app.importing.reference import PAGE, page
from app.importing.report import report
from app.importing.source import parsed

FOLDER = Path(__file__).parent / "imports"
PATHS = sorted(FOLDER.rglob("*.txt"))
# What no word of ours may hold; every secret of the samples has it.
SECRET = "hunter2"
FEWEST = 4
ODD: st.SearchStrategy[Any] = st.one_of(
    st.text(max_size=12), st.none(), st.just([]), st.just({"a": "b"}), st.integers()
)
PROCFILE = "web: a\nworker: b\nrelease: c d\n"
SOURCE = {"web/Dockerfile": "FROM node:22\nEXPOSE 3000\nCMD node server.js\n", "web/server.js": ""}


@dataclass(frozen=True)
class Sample:
    """One file of another platform, with the servergem.yml that it becomes and what is told."""

    name: str
    source: str
    expected: str
    told: str

    @property
    def made(self) -> Imported:
        return imported(self.source, path=self.name, repository_name="shop")


def sample(path: Path) -> Sample:
    found = re.fullmatch(
        r"=== (\S+)\n(.*)=== servergem\.yml\n(.*)=== told\n(.*)", path.read_text(), re.DOTALL
    )
    assert found, path
    return Sample(*found.groups())


def kept(path: Path, read: Sample, made: Imported) -> Sample:
    """The sample as it is kept; WRITE_TEXTS=1 writes it anew."""
    if os.environ.get("WRITE_TEXTS"):
        told = report(made, read.name, "servergem.yml")
        path.write_text(f"=== {read.name}\n{read.source}=== servergem.yml\n{made.text}=== told\n{told}")
    return sample(path)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_file_becomes_what_is_expected(path: Path) -> None:
    """The servergem.yml and every word about what does not come along, to the letter."""
    read = sample(path)
    made = read.made
    whole = kept(path, read, made)
    assert made.text == whole.expected
    assert report(made, read.name, "servergem.yml") == whole.told


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_is_written_is_read_without_a_finding(path: Path) -> None:
    """Our own reader takes it, and no secret of the source stands in it or in what is told."""
    read = sample(path)
    made = read.made
    assert not made.faults
    config.read(made.text, repository_name="shop", default_branch="main")
    assert SECRET not in made.text + report(made, read.name, "servergem.yml")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_each_thing_left_has_its_line(path: Path) -> None:
    """A key that is named stands on the line that is told."""
    read = sample(path)
    lines = read.source.splitlines()
    for left in read.made.left:
        assert 1 <= left.line <= len(lines), left
        named = re.search(r"[\w-]+$", left.at[-1] if left.at else "")
        if named and not named[0].isdecimal() and read.name.endswith(("yml", "yaml", "json")):
            assert re.search(rf"(?<!\w){re.escape(named[0])}\b", below(lines, left.line)), left


def below(lines: list[str], number: int) -> str:
    """A line, with the script that begins on it."""
    line, *rest = lines[number - 1 :]
    return "\n".join([line, *rest]) if line.rstrip().endswith(("|", "|-", ">", ">-")) else line


def test_there_are_samples_of_each_kind() -> None:
    """Four at least, each recognised as what it is by what it holds."""
    kinds = [sample(path).made.kind for path in PATHS]
    assert {kind.name: kinds.count(kind.name) >= FEWEST for kind in KINDS} == {k.name: True for k in KINDS}


def leaves(value: Any, at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if isinstance(value, dict) and value:
        return [way for key, each in value.items() for way in leaves(each, (*at, str(key)))]
    if isinstance(value, list) and value:
        return [way for number, each in enumerate(value) for way in leaves(each, (*at, str(number)))]
    return [at]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_key_is_dropped_without_a_word(path: Path) -> None:
    """A key that nobody has heard of, beside any other, is named with its line."""
    read = sample(path)
    value = {} if read.name == "Procfile" else parsed(read.source).value
    parents = {way[:-1] for way in leaves(value) if way and not way[-1].isdecimal()}
    whole = {left.at for left in read.made.left}
    whole |= {at[1:] for at in whole}  # the first form of Compose has no `services` above
    for parent in sorted(parents):
        inside = value
        for part in parent:
            inside = inside[int(part)] if isinstance(inside, list) else inside[part]
        if not isinstance(inside, dict) or any(
            parent[:length] in whole for length in range(1, len(parent) + 1)
        ):
            continue
        inside["surprising_key"] = "1"
        made = imported(yaml.safe_dump(value, sort_keys=False), path=read.name, repository_name="shop")
        del inside["surprising_key"]
        told = {left.at for left in made.left}
        assert "surprising_key" in made.text or any("surprising_key" in at for at in told), parent


def bomb() -> str:
    """Eight times as much with each line."""
    lines = [f"{n}: &{n} [{', '.join([f'*{p}'] * 8)}]" for p, n in zip("abcdef", "bcdefg", strict=True)]
    return "\n".join(["a: &a [x, x, x, x, x, x, x, x]", *lines])


def test_what_is_of_no_kind_is_refused() -> None:
    """A manifest of Kubernetes, what deploys nothing, a list, a broken file and a bomb are told as what they are."""
    workflow = "name: CI\non: push\nenv: {A: b}\njobs: {test: {steps: [{run: make}]}}\n"
    build = "steps: [{name: docker, args: [build, .]}]\n"
    for text in (
        "apiVersion: v1\nkind: Service\n",
        "- a\n",
        "a: [\n",
        "",
        bomb(),
        "x" * 300_000,
        workflow,
        build,
    ):
        with pytest.raises(NotRead):
            imported(text, path="x", repository_name="shop")


@given(st.sampled_from(PATHS), st.data())
def test_no_file_breaks_the_import(path: Path, data: st.DataObject) -> None:
    """A sample with some of its values replaced is imported or refused; what is made is valid or says its faults."""
    value = parsed(sample(path).source).value
    for way in data.draw(st.lists(st.sampled_from(leaves(value)), max_size=3)):
        inside: Any = value
        for part in way[:-1]:
            if isinstance(inside, dict):
                inside = inside.get(part)
            elif isinstance(inside, list):
                inside = inside[int(part)] if part.isdecimal() and int(part) < len(inside) else None
        odd = data.draw(ODD)
        if isinstance(inside, dict):
            inside[way[-1]] = odd
    try:
        made = imported(yaml.safe_dump(value, allow_unicode=True), path="x", repository_name="shop")
    except NotRead:
        return
    if not made.faults:
        config.read(made.text, repository_name="shop", default_branch="main")


def test_the_page_is_what_the_readers_say() -> None:
    """docs/importing.md is made of the models: `python -m app.importing.reference` writes it anew."""
    assert PAGE.read_text() == page()


def test_a_procfile_beside_app_json_is_read_too() -> None:
    """Its release command comes along, and so does its worker."""
    made = imported(
        '{"name": "x", "env": {"A": "b"}}',
        path="app.json",
        repository_name="shop",
        files=Files.of({"Procfile": PROCFILE}),
    )
    assert "release: c d" in made.text
    assert "workers:\n  worker:\n    command: [/cnb/process/worker]" in made.text


def test_what_is_imported_passes_the_check(tmp_path: Path) -> None:
    """Beside the source that it is for nothing is wrong that a parser can see."""
    made = offline.brought(b"services: {web: {build: ./web, ports: ['80:3000']}}", "compose.yaml", tmp_path)
    files = SOURCE | {"servergem.yml": made.text}
    assert offline.source_of(Files.of(files), "shop", "p", "europe-west1").findings == ()


def test_what_the_source_serves_with_stands_beside_a_command_for_development() -> None:
    """The Dockerfile's CMD is told in full where the code shows it."""
    texts = {
        "manage.py": "",
        "shop/wsgi.py": "application = get_wsgi_application()\n",
        "requirements.txt": "",
    }
    made = imported(
        "services: {web: {build: ., ports: ['80'], command: python manage.py runserver}}",
        path="compose.yaml",
        repository_name="shop",
        files=Files.of(texts),
    )
    assert [left.instead.rpartition(": ")[2] for left in made.left] == [
        "`gunicorn --bind :$PORT shop.wsgi:application`."
    ]
