"""What the archive of a commit lacks: submodules, and the files behind Git LFS pointers."""

from __future__ import annotations

import io
import tarfile
from dataclasses import replace

import pytest

from app.diagnosis import Files
from app.inspection import inspect, wanted
from app.model import ServiceConfig, Target
from app.source.archive import Passing
from app.source.missing_content import missing_content
from app.source.text import POINTER

TARGET = Target("p", "europe-west1", "production", ServiceConfig("api"))
IN_API = replace(TARGET, service=ServiceConfig("api", path="services/api"))
MODULE = '[submodule "lib"]\n\tpath = {path}\n\turl = ../lib.git\n'
LFS = POINTER + "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"

CASES: list[tuple[str, Target, dict[str, str], list[tuple[str, str, str, int]]]] = [
    (
        "a submodule",
        TARGET,
        {".gitmodules": MODULE.format(path="vendor/lib"), "main.py": ""},
        [("submodule-missing", "warn", ".gitmodules", 2)],
    ),
    (
        "one elsewhere",
        IN_API,
        {".gitmodules": MODULE.format(path="vendor/lib"), "services/api/main.py": ""},
        [],
    ),
    (
        "the service itself",
        IN_API,
        {".gitmodules": MODULE.format(path="services/api")},
        [("submodule-missing", "stop", ".gitmodules", 2)],
    ),
    (
        "the service inside of one",
        IN_API,
        {".gitmodules": MODULE.format(path="services")},
        [("submodule-missing", "stop", ".gitmodules", 2)],
    ),
    (
        "a name that only begins like it",
        IN_API,
        {".gitmodules": MODULE.format(path="serv"), "services/api/main.py": ""},
        [],
    ),
    (
        "a clone that has it",
        TARGET,
        {".gitmodules": MODULE.format(path="lib"), "lib/.git": "gitdir: x", "lib/a.py": ""},
        [("submodule-missing", "warn", ".gitmodules", 2)],
    ),
    ("no submodule any more", TARGET, {".gitmodules": MODULE.format(path="lib"), "lib/a.py": ""}, []),
    ("not a .gitmodules", TARGET, {".gitmodules": "[[[\n= x", "main.py": ""}, []),
    (
        "a pointer",
        TARGET,
        {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text", "models/a.bin": LFS},
        [("lfs-pointer", "warn", "models/a.bin", 1)],
    ),
    ("the file", TARGET, {".gitattributes": "*.bin filter=lfs -text", "a.bin": "data"}, []),
    ("a pointer elsewhere", IN_API, {".gitattributes": "*.bin filter=lfs", "web/a.bin": LFS}, []),
    (
        "by a folder's own attributes",
        IN_API,
        {"services/api/.gitattributes": "models/** filter=lfs", "services/api/models/a/b.pt": LFS},
        [("lfs-pointer", "warn", "services/api/models/a/b.pt", 1)],
    ),
    ("a pointer that nobody resolves", TARGET, {"model.pt": LFS}, [("lfs-pointer", "warn", "model.pt", 1)]),
    (
        "one beside those of .gitattributes",
        TARGET,
        {".gitattributes": "*.png filter=lfs", "a.bin": LFS, "b.bin": LFS},
        [("lfs-pointer", "warn", "a.bin", 1)],
    ),
    ("a text about LFS", TARGET, {"docs.txt": LFS, "about": f"{LFS}\nThis is how a pointer looks.\n"}, []),
]


@pytest.mark.parametrize(("name", "target", "texts", "found"), CASES, ids=[row[0] for row in CASES])
def test_what_the_archive_lacks_is_named(
    name: str, target: Target, texts: dict[str, str], found: list[tuple[str, str, str, int]]
) -> None:
    """A warning, on its line; a stop only where the service itself is what is missing."""
    told = [
        (
            each.code,
            each.weight.value,
            each.place.path if each.place else "",
            each.place.line if each.place else 0,
        )
        for each in missing_content(Files.of(texts), target)
    ]
    assert told == found, name


def test_a_service_in_a_submodule_is_told_so_and_not_that_it_is_missing() -> None:
    """One finding, with the true cause."""
    texts = {".gitmodules": MODULE.format(path="services/api"), "README.md": ""}
    assert [each.code for each in inspect(Files.of(texts), IN_API)] == ["submodule-missing"]


def test_what_is_copied_from_a_submodule_is_told_once_with_the_true_cause() -> None:
    """Not as a file that nobody has added; the submodule's own folder is in the archive, and empty."""
    texts = {".gitmodules": MODULE.format(path="lib"), "Dockerfile": "FROM x\nCOPY lib/a lib/b/ /\n"}
    assert [each.code for each in inspect(Files.of(texts), TARGET)] == [
        "copy-of-submodule",
        "submodule-missing",
    ]
    whole = texts | {"Dockerfile": "FROM x\nCOPY lib /lib\n"}
    assert [each.code for each in inspect(Files.of(whole), TARGET)] == ["submodule-missing"]


def test_pointers_are_seen_in_an_archive_as_it_passes() -> None:
    """A pointer is kept for its text, whatever its name is; another small file is not."""
    passing = Passing(wanted)
    texts = {".gitattributes": "*.bin filter=lfs", "a.bin": LFS, "b.txt": "hello"}
    passing.feed(archive(texts))
    assert set(passing.texts) == {".gitattributes", "a.bin"}
    files = Files(passing.paths, lambda path: passing.texts.get(path, ""))
    assert [each.code for each in missing_content(files, TARGET)] == ["lfs-pointer"]


def archive(texts: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for path, text in texts.items():
            entry = tarfile.TarInfo(f"acme-api-0000000/{path}")
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return made.getvalue()
