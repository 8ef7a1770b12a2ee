"""What a `build` script finds in the commit: said before the build where it would find nothing."""

from __future__ import annotations

import json

import pytest

from app.diagnosis.files import Files
from app.inspection.node_build import COMMANDS, node_build

# A commit's files, the script, and what is said of it: nothing where the commit has it, or something may make it.
CASES = [
    ("next build", ("next.config.js", "components/a.tsx"), "app/ or pages/ or src/app/ or src/pages/"),
    ("next build", ("src/app/page.tsx",), ""),
    ("next build", ("pages/index.js",), ""),
    ("next build web", (), ""),
    ("node make.js && next build", (), ""),
    ("vite build", ("src/main.ts",), "index.html"),
    ("vite build", ("index.html",), ""),
    ("vite build", ("vite.config.ts",), ""),
    ("ng build", (), "angular.json"),
    ("ng build", ("angular.json",), ""),
    ("react-scripts build", ("src/index.js",), "public/index.html"),
    ("react-scripts build", ("public/index.html",), ""),
    ("tsc", ("index.ts",), "tsconfig.json"),
    ("tsc", ("tsconfig.json",), ""),
    ("tsc -p tsconfig.build.json", (), ""),
]


@pytest.mark.parametrize(("script", "paths", "needs"), CASES)
@pytest.mark.parametrize("inside", ["", "web/"])
def test_a_build_that_finds_nothing_is_warned_of(
    script: str, paths: tuple[str, ...], needs: str, inside: str
) -> None:
    """At the script's line, with what it looks for; in a folder as at the root."""
    package = json.dumps({"scripts": {"start": "x", "build": script}}, indent=1)
    files = Files.of({f"{inside}package.json": package} | {inside + path: "" for path in paths})
    said = [(finding.message, finding.place) for finding in node_build(files, inside)]
    if not needs:
        assert said == []
        return
    ((message, place),) = said
    assert needs in message.replace(inside, "") if inside else needs in message
    assert place is not None and (place.path, place.line) == (f"{inside}package.json", 4)


def test_what_comes_before_a_build_may_make_it() -> None:
    """A `prebuild` script is not looked into; `gcp-build` is what buildpacks run where there is one."""
    made = {"prebuild": "node make.js", "build": "next build"}
    assert list(node_build(Files.of({"package.json": json.dumps({"scripts": made})}), "")) == []
    google = {"build": "next build", "gcp-build": "true"}
    assert list(node_build(Files.of({"package.json": json.dumps({"scripts": google})}), "")) == []


def test_each_command_has_its_cases() -> None:
    """One where it is warned of, and one where nothing is said."""
    for command in COMMANDS:
        assert {bool(needs) for script, _, needs in CASES if script == command.written} == {True, False}
