"""What is seen in a commit before it is built: each row is a repository, what is wrong in it, and where."""

from __future__ import annotations

import io
import tarfile
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.archive import Passing
from app.diagnosis import Files
from app.inspection import inspect, wanted
from app.model import Build, BuildPlan, Finding, ServiceConfig, Target

SERVICE = ServiceConfig("api")
TARGET = Target("p", "europe-west1", "production", SERVICE, (("services.api.path", 3),), "servergem.yml")
IN_API = replace(TARGET, service=replace(SERVICE, path="services/api"))
DOCKER = replace(TARGET, service=replace(SERVICE, build=BuildPlan(Build.DOCKERFILE)))

FAULTS: list[tuple[str, Target, dict[str, str], str, str]] = [
    ("no folder", IN_API, {"services/app/main.py": ""}, "path-missing", "servergem.yml:3"),
    (
        "no Dockerfile",
        DOCKER,
        {"main.py": "", "deploy/Dockerfile": "FROM x"},
        "dockerfile-missing",
        "servergem.yml:1",
    ),
    ("nothing to build", TARGET, {"README.md": ""}, "nothing-to-build", "servergem.yml:3"),
    (
        "unknown instruction",
        TARGET,
        {"Dockerfile": "FROM x\n\nCOPPY a b"},
        "dockerfile-unknown-instruction",
        "Dockerfile:3",
    ),
    ("no FROM", TARGET, {"Dockerfile": "RUN true"}, "dockerfile-no-from", "Dockerfile:1"),
    ("image's name", TARGET, {"Dockerfile": "FROM Python:3.12"}, "base-image-name", "Dockerfile:1"),
    (
        "COPY of nothing",
        TARGET,
        {"Dockerfile": "FROM x\nCOPY app.py /", "main.py": ""},
        "copy-source-missing",
        "Dockerfile:2",
    ),
    (
        "COPY of a glob",
        TARGET,
        {"Dockerfile": "FROM x\nCOPY *.lock /"},
        "copy-source-missing",
        "Dockerfile:2",
    ),
    (
        "COPY of what is ignored",
        TARGET,
        {"Dockerfile": "FROM x\nCOPY dist /d", "dist/a.js": "", ".dockerignore": "dist\n"},
        "copy-source-ignored",
        "Dockerfile:2",
    ),
    (
        "a stage's name",
        TARGET,
        {"Dockerfile": "FROM x AS build\nFROM y\nCOPY --from=biuld /a /a"},
        "stage-unknown",
        "Dockerfile:3",
    ),
    ("a port", TARGET, {"Dockerfile": "FROM x\nEXPOSE 3000/tcp"}, "port-differs", "Dockerfile:2"),
    (
        "package.json",
        TARGET,
        {"package.json": '{\n  "name": "a",\n}'},
        "file-does-not-parse",
        "package.json:3",
    ),
    (
        "pyproject.toml",
        TARGET,
        {"pyproject.toml": "[project]\nname = \n"},
        "file-does-not-parse",
        "pyproject.toml:2",
    ),
    (
        "requirements.txt",
        TARGET,
        {"requirements.txt": "flask\nrequests=>2\n"},
        "requirement-invalid",
        "requirements.txt:2",
    ),
    (
        "in a service's folder",
        IN_API,
        {"services/api/Dockerfile": "FROM x\nCOPY main.py /", "main.py": ""},
        "copy-source-missing",
        "services/api/Dockerfile:2",
    ),
]

SOUND: list[tuple[str, dict[str, str]]] = [
    ("buildpacks", {"main.py": "", "requirements.txt": "# all\nflask==3.0  # web\n-r more.txt\n./local\ngit+https://x\n"}),
    ("hashes", {"requirements.txt": "flask==3.0 \\\n    --hash=sha256:aa\nrequests>=2; python_version > '3'\n"}),
    ("node", {"package.json": "{}", "index.js": ""}),
    ("COPY all", {"Dockerfile": "FROM x\nCOPY . .\nADD https://x/y /z\nCOPY ${WHAT} /"}),
    ("COPY of a folder", {"Dockerfile": "FROM x\nCOPY ./src/ /src\nCOPY src/*.py /p/", "src/a.py": ""}),
    ("COPY from an image", {"Dockerfile": "FROM x\nCOPY --from=nginx /a /a\nCOPY --from=ghcr.io/a/b:1 /a /a"}),
    ("COPY from a number", {"Dockerfile": "FROM x\nFROM y\nCOPY --from=0 /a /a"}),
    ("shown again", {"Dockerfile": "FROM x\nCOPY dist/a.js /", "dist/a.js": "", ".dockerignore": "dist\n!dist/a.js\n"}),
    ("a heredoc", {"Dockerfile": "FROM x\nCOPY <<EOF /app.py\nprint(1)\nEOF\nRUN <<EOF\nCOPPY\nEOF\n"}),
    ("arguments", {"Dockerfile": "ARG TAG=3\nFROM python:${TAG} AS base\nFROM base\nEXPOSE $PORT"}),
    ("a registry", {"Dockerfile": "FROM localhost:5000/a/b-c__d:1.2@sha256:" + "a" * 64}),
    ("continued", {"Dockerfile": "FROM x\nRUN a \\\n  # why\n  && b\nCOPY a.txt \\\n  /b", "a.txt": ""}),
]  # fmt: skip


def found(target: Target, texts: dict[str, str]) -> tuple[Finding, ...]:
    return inspect(Files.of(texts), target)


@pytest.mark.parametrize(("name", "target", "texts", "code", "place"), FAULTS, ids=[row[0] for row in FAULTS])
def test_a_fault_is_found_on_its_line(
    name: str, target: Target, texts: dict[str, str], code: str, place: str
) -> None:
    """Each repository has exactly one fault, named with its code and its line, and a fix."""
    [finding] = found(target, texts)
    assert finding.place is not None
    assert (finding.code, f"{finding.place.path}:{finding.place.line}") == (code, place)
    assert finding.fix and len(finding.title) <= 80


@pytest.mark.parametrize(("name", "texts"), SOUND, ids=[row[0] for row in SOUND])
def test_a_sound_source_is_left_alone(name: str, texts: dict[str, str]) -> None:
    """What may build is not refused."""
    assert found(TARGET, texts) == ()


def archived(texts: dict[str, str], commit: str) -> bytes:
    """A tarball as `git archive` makes it."""
    file = io.BytesIO()
    with tarfile.open(
        fileobj=file, mode="w:gz", format=tarfile.PAX_FORMAT, pax_headers={"comment": commit}
    ) as tar:
        for path, text in texts.items():
            entry = tarfile.TarInfo(f"acme-api-abc/{path}")
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return file.getvalue()


PATHS = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=130)


@given(st.dictionaries(PATHS, st.text(max_size=2000), min_size=1, max_size=8), st.integers(1, 5000))
def test_an_archive_is_read_while_it_passes(texts: dict[str, str], size: int) -> None:
    """In whatever pieces it comes: every path, every text that is wanted, the commit and the top folder."""
    passing = Passing(lambda _path: True)
    whole = archived(texts, "a" * 40)
    for start in range(0, len(whole), size):
        passing.feed(whole[start : start + size])
    assert (passing.top, passing.commit, passing.whole) == ("acme-api-abc", "a" * 40, True)
    assert passing.paths == set(texts)
    expected = {path: text for path, text in texts.items() if text and "\0" not in text}
    assert passing.texts == expected


def test_only_what_is_wanted_is_kept() -> None:
    """A video is known by its name alone."""
    passing = Passing(wanted)
    passing.feed(archived({"film.mp4": "x" * 10_000, "package.json": "{}"}, "a" * 40))
    assert passing.paths == {"film.mp4", "package.json"}
    assert passing.texts == {"package.json": "{}"}


def test_what_is_no_archive_is_said_plainly() -> None:
    """Noise is a tarfile.TarError, not a guess."""
    with pytest.raises(tarfile.TarError):
        Passing(wanted).feed(b"not an archive at all")
