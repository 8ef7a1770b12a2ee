"""Several programs in a folder: told with the one that probably starts, where buildpacks choose none."""

from __future__ import annotations

import pytest

from app.diagnosis import Files
from app.inspection import inspect
from app.model import ServiceConfig, Target

TARGET = Target("p", "r", "production", ServiceConfig("shop"))
WEB = '<Project Sdk="Microsoft.NET.Sdk.Web" />'
GO = {"go.mod": "module shop\n", "cmd/job/main.go": "package main\n", "cmd/api/main.go": "package main\n"}
NET = {"Shop.sln": "", "Core/Core.csproj": "<Project />", "Web/Web.csproj": WEB, "Web/Program.cs": ""}
TOLD = {
    "projects": (NET, 'dotnet-several-projects: `value = "Web/Web.csproj"`'),
    "programs": (GO, 'go-several-programs: `value = "./cmd/api"`'),
    "a Procfile, which builds nothing": (GO | {"Procfile": "web: main\n"}, "go-several-programs: ./cmd/api"),
    "an unknown language": (
        {"mix.exs": "", "lib/a.ex": ""},
        "nothing-to-build: builds the Elixir application",
    ),
}
FINE = {
    "one project": {"Web/Web.csproj": WEB, "Web/Program.cs": ""},
    "one that is named": NET | {"project.toml": '[[build.env]]\nname = "GOOGLE_BUILDABLE"\nvalue = "Web"\n'},
    "code at the root": GO | {"main.go": "package main\n"},
    "one program": {name: text for name, text in GO.items() if "job" not in name},
    "a module of its own": GO | {"cmd/job/go.mod": "module job\n"},
    "what go passes over": {**GO, "cmd/job/main.go": "package job\n", "testdata/a/main.go": "package main\n"},
}


@pytest.mark.parametrize("kind", TOLD)
def test_what_is_not_chosen_is_told_with_the_line_to_write(kind: str) -> None:
    """The web project, and the program that is called like a server, come first."""
    files, expected = TOLD[kind]
    code, _, words = expected.partition(": ")
    (finding,) = inspect(Files.of(files), TARGET)
    assert finding.code == code and words in finding.fix


@pytest.mark.parametrize("kind", FINE)
def test_what_is_chosen_is_not_told(kind: str) -> None:
    """One program, one that is named, and code at the root are found by the buildpacks."""
    assert [each.code for each in inspect(Files.of(FINE[kind]), TARGET)] == []
