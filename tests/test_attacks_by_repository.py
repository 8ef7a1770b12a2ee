"""Attacks by repository: files that want to hold whoever looks at them, and `servergem check` and `init` with them."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from rich.console import Console

from app.cli import offline
from app.config import writing
from tests.test_attacks_by_text import CONTROL, SECONDS

PYTHON = {"requirements.txt": "flask\n", "main.py": "", "app.py": ""}
DOCKER = "FROM python:3.12\nCOPY . .\n"
NODE = {"package.json": "{}", "package-lock.json": "{}"}
NGINX = {"Dockerfile": "FROM nginx\nCOPY n.conf /etc/nginx/conf.d/\n"}
ROWS = {
    "a command of one word": PYTHON | {"Procfile": "web: " + "gunicorn " * 60_000},
    "a command that is nearly one": PYTHON | {"Procfile": "web: " + "uvicorn." * 60_000},
    "a command of quotes": PYTHON | {"Procfile": "web: " + "'\"\\" * 300_000},
    "a line of arguments": {"Dockerfile": DOCKER + "RUN " + "a " * 490_000},
    "arguments that double": {
        "Dockerfile": "ARG A0=x\n"
        + "".join(f"ARG A{n + 1}=${{A{n}}}${{A{n}}}\n" for n in range(60))
        + "FROM ${A60}\n"
    },
    "variables within variables": {"Dockerfile": DOCKER + "ENV A=" + "${A:-" * 100_000 + "}" * 100_000},
    "a chain of stages": {
        "Dockerfile": "FROM a AS s0\n" + "".join(f"FROM s{n} AS s{n + 1}\n" for n in range(10_000))
    },
    "documents that nobody ends": {"Dockerfile": DOCKER + "".join(f"RUN <<E{n}\n" for n in range(60_000))},
    "a copy of everything": {
        "Dockerfile": DOCKER + "".join(f"COPY {'*' * 20}a{n} /x\n" for n in range(20_000)),
        **{f"d/{'a' * 100}{n}": "" for n in range(500)},
    },
    "patterns that ignore": {
        "Dockerfile": DOCKER + "COPY a /x\nCOPY dist /x\n",
        ".dockerignore": "".join(f"{'**/' * 10}a{n}*\n!b{n}\n" for n in range(20_000)),
        ".gitignore": "".join(f"{'**/' * 10}dist{n}*\n" for n in range(30_000)),
    },
    "objects without end": {"package.json": '{"a":' * 190_000},
    "scripts that call one another": {
        "package.json": '{"scripts":{"start":"npm run a0",'
        + ",".join(f'"a{n}":"npm run a{n + 1} && npm run a{n + 1}"' for n in range(20_000))
        + "}}"
    },
    "keys of many parts": {"pyproject.toml": ("a." * 19 + "b=1\n") * 4_700, "main.py": ""},
    "tables within tables": {"pyproject.toml": "a=" + "{a=" * 4_000 + "1" + "}" * 4_000, "main.py": ""},
    "requirements of requirements": PYTHON
    | {f"requirements{n}.txt": f"-r requirements{n + 1}.txt\n" * 50 for n in range(300)}
    | {"requirements.txt": "-r requirements0.txt\n"},
    "brackets of Python": PYTHON | {"main.py": "(" * 190_000},
    "signs of Python": PYTHON | {"main.py": "x=" + "-" * 190_000 + "1"},
    "a Compose file": {
        "compose.yaml": "services:\n" + "".join(f"  s{n}: {{build: s{n}}}\n" for n in range(4_000))
    },
    "a project that doubles": {
        "a.csproj": '<!DOCTYPE a [<!ENTITY a0 "x">'
        + "".join(f'<!ENTITY a{n + 1} "&a{n};&a{n};">' for n in range(40))
        + "]><Project>&a40;</Project>"
    },
    "brackets": {"servergem.yml": "[" * 190_000},
    "services": {"servergem.yml": "services:\n" + "".join(f"  s{n}: {{}}\n" for n in range(14_000))},
    "keys that nobody knows": {
        "servergem.yml": f"services: {{a: {{{','.join(f'prot{n}: b' for n in range(14_000))}}}}}\n"
    },
    "environments in a row": {
        "servergem.yml": "services: {a: {}}\nenvironments:\n"
        + "".join(f"  e{n + 1}: {{branch: b{n}, after: e{n}}}\n" for n in range(5_000))
    },
    "containers in a row": {
        "servergem.yml": "services: {a: {containers: {"
        + ",".join(f"c{n + 1}: {{image: x, after: [c{n}]}}" for n in range(4_000))
        + "}}}\n"
    },
    "flags of an install that is none": NODE | {"Dockerfile": DOCKER + f"RUN npm ci{' --a' * 40} !\n"},
    "blanks behind an install": NODE | {"Dockerfile": DOCKER + f"RUN npm ci{' ' * 400_000}x\n"},
    "blanks in a directive": {"Dockerfile": f"# syntax=x{' ' * 400_000}y\n{DOCKER}"},
    "empty lines of nginx": NGINX | {"n.conf": "\n" * 400_000},
    "addresses of nginx": NGINX | {"n.conf": "listen [\n" * 100_000},
    "empty lines of Python": PYTHON | {"main.py": "\n" * 190_000 + "x=(\n"},
    "a Python of five thousand digits": {
        "requirements.txt": "fastapi\n",
        "main.py": "x=(\n",
        ".python-version": f"3.{'9' * 5_000}",
    },
    "a schedule": {
        "servergem.yml": f"services: {{a: {{}}}}\njobs: {{j: {{schedule: '{'1,' * 90_000} * * * *'}}}}\n"
    },
}


@pytest.mark.parametrize("name", ROWS)
def test_no_repository_takes_more_than_its_length_to_look_at(name: str, tmp_path: Path) -> None:
    """Deep, long, many, doubled, or bait for a pattern: `check` and `init` end in moments, and in a sentence."""
    for path, text in ROWS[name].items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    began, told = time.process_time(), io.StringIO()
    assert offline.check(tmp_path, Console(file=told, highlight=False, soft_wrap=True)) in (0, 1)
    assert writing.text(offline.first(tmp_path))
    assert time.process_time() - began < SECONDS
    assert told.getvalue()


def test_a_line_that_is_quoted_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    """What clears the screen, names the window or turns the text stays out, in a name as in a line."""
    for name in ("Dockerfile", "\x1b[2Jdocs/Dockerfile"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(
            "FROM x\nRUN a \x1b]0;own\x07\x1b[2J\u202e\nCOPY missing\x1b[2J /\nBROKEN \x9b2J\n"
        )
    for path in (".", "\\e[2Jdocs"):
        (tmp_path / "servergem.yml").write_text(f'services: {{a: {{path: "{path}"}}}}\n')
        told = io.StringIO()
        offline.check(tmp_path, Console(file=told, highlight=False, soft_wrap=True, force_terminal=False))
        assert "error[" in told.getvalue() and CONTROL.search(told.getvalue()) is None, told.getvalue()
