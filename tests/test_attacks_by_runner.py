"""Attacks by runner: what `servergem` prints in a CI job, whose runner takes orders from each line that it sees."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.commands import main
from app.text.unheard import unheard, unheard_json

ORDERS = (
    "::stop-commands::x",
    "  ::add-mask::deploy",
    "a ##[add-mask]x",
    "##vso[task.setvariable variable=a]b",
)


def heard(printed: str) -> list[str]:
    """The lines that a runner obeys: https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs"""
    return [
        line
        for line in printed.splitlines()
        if re.match(r"\s*::[\w-]+[^:]*::", line) or re.search(r"##(?:vso)?\[[\w.-]+[^\]]*\]", line)
    ]


@pytest.mark.parametrize("form", ["text", "json", "markdown", "github"])
@pytest.mark.parametrize("order", ORDERS)
def test_a_log_gives_the_runner_no_order(form: str, order: str, tmp_path: Path) -> None:
    """Not as an error, as a line of code, nor in the lines of what nobody knows."""
    (tmp_path / "a.py").write_text(f"{order}\n")
    for log in (
        f'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: \n{order}\n',
        f'  File "a.py", line 1, in <module>\nModuleNotFoundError: No module named "{order}"\n',
        f"{order}\n{order} failed\n",
    ):
        told = CliRunner().invoke(main, ["explain", "--repo", str(tmp_path), "--format", form], input=log)
        assert told.exit_code == 0 and told.output
        orders = [line for line in heard(told.output) if form != "github" or not line.startswith("::error ")]
        assert not orders, told.output


def test_a_repository_gives_the_runner_no_order(tmp_path: Path) -> None:
    """`check` quotes the lines of a Dockerfile."""
    (tmp_path / "Dockerfile").write_text("FROM x\nCOPY ##[add-mask]x /\n::stop-commands::x\n")
    told = CliRunner().invoke(main, ["check", str(tmp_path)])
    assert "error[" in told.output and not heard(told.output), told.output


def test_what_is_no_order_stays_as_it_is() -> None:
    """Code that begins with two colons is copied as it was written, and JSON says the same."""
    for innocent in ("::Foo.new", "std::vector<int>::size", "## Usage", "a: ::1", "# [x]"):
        assert unheard(innocent) == innocent
    data = json.dumps({"a": "##[error]x ###"})
    assert json.loads(unheard_json(data)) == json.loads(data) and "##" not in unheard_json(data)
