"""A failure of one service of a monorepo points into that service alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.acts.reasons import own_files
from app.diagnosis import Files, diagnose
from app.model import Build, BuildPlan, ServiceConfig, Target

MAIN = "import os\n\nprint(os.environ['DATABASE_URL'])\n"
REPOSITORY = {
    "main.py": MAIN,
    "servergem.yml": "services: {}\n",
    "services/api/main.py": MAIN,
    "services/api/Dockerfile": "FROM python:3.12\nCOPY . .\nCMD python main.py\n",
    "services/apiary/main.py": MAIN,
    "services/web/main.py": MAIN,
    "libs/db/pool.py": MAIN,
}
TRACE = (
    "--- logs of revision api-1 ---\n"
    "Traceback (most recent call last):\n"
    '  File "/app/main.py", line 3, in <module>\n'
    "    print(os.environ['DATABASE_URL'])\n"
    "KeyError: 'DATABASE_URL'\n"
)


def target(path: str, watch: tuple[str, ...] = ()) -> Target:
    config = ServiceConfig("api", path=path, watch=watch)
    return Target("demo", "europe-west1", "production", config, config_path="servergem.yml")


@pytest.mark.parametrize(
    ("path", "watch", "kept"),
    [
        ("services/api", (), {"servergem.yml", "services/api/main.py", "services/api/Dockerfile"}),
        (
            "services/api",
            ("libs/**",),
            {"servergem.yml", "services/api/main.py", "services/api/Dockerfile", "libs/db/pool.py"},
        ),
        (".", (), set(REPOSITORY)),
    ],
)
def test_a_service_is_its_path_and_what_it_watches(path: str, watch: tuple[str, ...], kept: set[str]) -> None:
    """Its own path, its configuration and what it watches; a sibling whose name begins alike is not it."""
    assert own_files(Files.of(REPOSITORY), target(path, watch)).paths == kept


@pytest.mark.parametrize("path", ["services/api", "services/web", "services/apiary"])
def test_a_place_lies_in_the_service_that_failed(path: str) -> None:
    """The same file name in every service: the annotation stands in the one that ran."""
    found = diagnose(TRACE, own_files(Files.of(REPOSITORY), target(path))).findings[0]
    assert found.place is not None
    assert found.place.path == f"{path}/main.py"


def test_what_was_not_read_stays_unread() -> None:
    """A part of the files knows what the whole knew: unread is not empty, and links and folders stay."""
    paths = ["services/api/film.mp4", "services/api/link", "services/web/a"]
    whole = Files(paths, lambda _: None, links=paths[1:2], folders=["services/api/module"], whole=False)
    part = own_files(whole, target("services/api"))
    assert not part.was_read(paths[0]) and not part.whole
    assert part.links == {paths[1]}
    assert "services/api/module" in part.folders


BESIDE = {"api/Procfile": "web: gunicorn app:app\n", "api/main.py": MAIN}


@pytest.mark.parametrize(
    ("recipe", "kind", "counts"),
    [
        ("FROM python:3.12\nCOPY . .\nCMD python main.py\n", Build.DOCKERFILE, False),
        ("FROM python:3.12\nCOPY . .\nCMD python main.py\n", Build.BUILDPACKS, True),
        ("FROM python:3.12\nCOPY . .\nCMD honcho start web\n", Build.DOCKERFILE, True),
        ("FROM python:3.12\nCOPY Procfile .\nCMD ./run\n", Build.DOCKERFILE, True),
    ],
)
def test_a_procfile_that_nothing_reads_is_no_place(recipe: str, kind: Build, counts: bool) -> None:
    """Beside a Dockerfile that is built, a Procfile counts only where the Dockerfile itself speaks of it."""
    service = ServiceConfig("api", path="api", build=BuildPlan(kind))
    own = own_files(Files.of(BESIDE | {"api/Dockerfile": recipe}), replace(target("api"), service=service))
    assert ("api/Procfile" in own.paths) is counts
