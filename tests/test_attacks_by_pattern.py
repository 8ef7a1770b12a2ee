"""Attacks by pattern: logs and files that want the square, the cube or worse of their length from who reads them."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.diagnosis import Files, diagnose
from app.source.lock_files import requires_nothing
from tests.test_unbuilt import of

SECONDS = 5.0  # of a busy machine; what takes more than its length takes hours
GO = {"go.mod": "module x\n", "Dockerfile": "FROM golang\nRUN go build\n"}
NODE = {"package.json": "{}", "Dockerfile": "FROM node\nRUN npm test\n"}
BLANKS = " " * 7_900
PANIC = f"panic: {'a' * 500}\n\ngoroutine 1 [running]:\n"
ESLINT = "\n✖ 1 problem (0 errors, 1 warning)\n\nESLint found too many warnings (maximum: 0).\n"
ROWS: dict[str, tuple[str, dict[str, str]]] = {
    "a message of a program with sixty gaps": (
        PANIC,
        GO | {"main.go": f'package main\nfunc main() {{\n\tlog.Fatal("{"a%s" * 60}bbbbb")\n}}\n'},
    ),
    "blanks in a warning": (f"/app/a.js\n 0:0 warning{BLANKS}!\n{ESLINT}", NODE),
    "blanks behind a suite": (f"FAIL{BLANKS}!\n" * 60 + "  ● Test suite failed to run\n", NODE),
}


@pytest.mark.parametrize("name", ROWS)
def test_no_log_takes_more_than_its_length(name: str) -> None:
    """A branch's own code prints the log, and its own source is what the log is compared with."""
    log, files = ROWS[name]
    began = time.process_time()
    assert diagnose(log, Files.of(files)).findings
    assert time.process_time() - began < SECONDS


def test_no_file_of_blanks_takes_more_than_its_length() -> None:
    """A Procfile whose command goes on behind a page of blanks, and a go.mod of empty lines."""
    began = time.process_time()
    assert requires_nothing(Files.of({"go.mod": "\n" * 900_000}), "go.mod")
    of({"Procfile": f"web: a{' ' * 900_000}b\n", "requirements.txt": "flask==1\n", "main.py": ""})
    assert time.process_time() - began < SECONDS


def over_lines() -> Iterator[tuple[str, str]]:
    """Every expression of ours that is looked for at the beginning of each line of a text, and where it is."""
    for path in sorted(Path("app").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            if not isinstance(call, ast.Call) or ast.unparse(call.func).partition(".")[0] != "re":
                continue
            words = "".join(
                str(each.value)
                for argument in call.args
                for each in ast.walk(argument)
                if isinstance(each, ast.Constant)
            )
            if re.search(r"re\.M(?:ULTILINE)?\b", ast.unparse(call)) or re.match(r"\(\?\w*m", words):
                yield f"{path}:{call.lineno}", words


def test_no_pattern_of_lines_begins_with_what_ends_them() -> None:
    r"""`^\s*` goes from each of a thousand empty lines to the last of them: `^[^\S\n]*` stays on its own."""
    found = list(over_lines())
    assert len(found) > 10
    assert [where for where, words in found if re.search(r"\^\\s[*+]", words)] == []
