"""docs/setup.md's commands: each is one that there is, with options that it has."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from app.cli.commands import main
from tests.sources import ROOT

PAGE = (ROOT / "docs" / "setup.md").read_text()
LINES = [
    line.partition(" #")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("servergem ")
]


def test_the_page_has_commands() -> None:
    """What is tried below is all that the page types."""
    assert {tuple(line.split()[1:3]) for line in LINES} >= {
        ("setup", "google"),
        ("setup", "github"),
        ("doctor",),
    }


@pytest.mark.parametrize("line", LINES)
def test_each_command_of_the_page_is_one(line: str) -> None:
    """The command and all its options are understood; its own test says what it does."""
    words = shlex.split(line)[1:]
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        name = words.pop(0)
        found = command.get_command(context, name)
        assert found is not None, line
        command = found
    command.make_context(command.name, words, resilient_parsing=False)
