"""Services below: a repository whose root is no service is told which of its folders are, and the line to write."""

from __future__ import annotations

import pytest
import yaml

from app.diagnosis.files import Files
from app.services_below import configuration, services_below

VOTE = {
    "vote/Dockerfile": "FROM python:3.12\n",
    "vote/app.py": "",
    "docs/Dockerfile": "FROM x\n",
    "README.md": "",
}
FOLDERS = {
    "docker": (VOTE | {"Web_UI/Dockerfile": "FROM node:22\n"}, ("Web_UI", "vote")),
    "deeper": ({"services/api/package.json": "{}", "a/b/c/package.json": "{}"}, ("services/api",)),
    "a Dockerfile goes before a manifest": (VOTE | {"lib/package.json": "{}"}, ("vote",)),
    "what starts stands beside a Dockerfile": (
        VOTE
        | {"api/go.mod": "", "api/main.go": "", "lib/go.mod": "", "lib/lib.go": ""}
        | {"web/package.json": '{"scripts": {"start": "next start"}}'},
        ("api", "vote", "web"),
    ),
    "the root is one": (VOTE | {"package.json": '{"dependencies": {"express": "5"}}'}, ()),
    "the root starts": (VOTE | {"package.json": '{"scripts": {"start": "node vote"}}'}, ()),
    "the root is a workspace": (VOTE | {"package.json": '{"workspaces": ["vote"]}'}, ()),
    "the root is a workspace of pnpm": (VOTE | {"package.json": "{}", "pnpm-workspace.yaml": ""}, ()),
    "the root has shortcuts alone": (
        VOTE | {"package.json": '{"scripts": {"web": "cd web && yarn"}}'},
        ("vote",),
    ),
    "the root has code": (VOTE | {"main.py": ""}, ()),
    "the root has a Procfile": (VOTE | {"Procfile": "web: python vote/app.py"}, ()),
    "nothing": ({"README.md": ""}, ()),
}


@pytest.mark.parametrize("kind", FOLDERS)
def test_the_folders_that_are_services_are_found(kind: str) -> None:
    """Only where the root cannot be built itself, and never what people only read or test."""
    files, folders = FOLDERS[kind]
    assert services_below(Files.of(files)) == folders


def test_the_line_to_write_is_a_configuration_of_each_folder() -> None:
    """What is printed is YAML, and its names are names that a service may have."""
    line = configuration(("Web_UI", "services/vote"))
    assert yaml.safe_load(line) == {
        "services": {"web-ui": {"path": "Web_UI"}, "vote": {"path": "services/vote"}}
    }


def test_folders_of_the_same_name_are_services_of_different_names() -> None:
    """A key that is there twice would be refused, so that the whole path is the name of both."""
    line = configuration(("flask/app", "django/app", "web"))
    assert yaml.safe_load(line) == {
        "services": {
            "flask-app": {"path": "flask/app"},
            "django-app": {"path": "django/app"},
            "web": {"path": "web"},
        }
    }
