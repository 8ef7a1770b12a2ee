"""The papers about running ServerGem: their commands do what is said, and what they lead to fits together."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from app.cli.commands import main
from app.settings import rows
from app.store import Store
from tests.postgres import programs
from tests.sources import ROOT
from tests.test_store import delivery

DOCS = ROOT / "docs"
# A command of ours with the words that say which; options are looked at by click itself.
OURS = re.compile(r"servergem((?: [a-z][a-z-]+)+)((?: --[a-z-]+(?:[ =][^\s`&-]\S*)?)*)")


def block(name: str) -> str:
    """The commands of the backup paper that have this name."""
    found = re.search(rf"```sh {name}\n(.*?)```", (DOCS / "backup.md").read_text(), re.DOTALL)
    assert found, name
    return found[1]


def typed(commands: str, folder: Path, **environment: str) -> None:
    path = f"{programs() or ''}:{os.environ['PATH']}"
    subprocess.run(
        ["bash", "-ec", commands],
        cwd=folder,
        env=os.environ | {"PATH": path} | environment,
        check=True,
        capture_output=True,
        text=True,
    )


def test_a_backup_brings_back_what_was_kept(tmp_path: Path, database: str) -> None:
    """Of both databases: what was accepted before it is there again, what came after it is not."""
    data, kind = tmp_path / "data", "postgres" if database else "sqlite"
    environment = {"SERVERGEM_DATA": str(data), "DATABASE_URL": database}
    data.mkdir()
    store = Store.open(data, database)
    asyncio.run(store.accept(delivery("before"), 1.0))
    store.close()
    typed(block(f"backup-{kind}"), tmp_path, **environment)
    store = Store.open(data, database)
    asyncio.run(store.accept(delivery("after"), 2.0))
    store.close()
    typed(block(f"restore-{kind}"), tmp_path, **environment)
    store = Store.open(data, database)
    assert [each.id for each in store.unstarted()] == ["before"]
    store.close()
    backup = next(tmp_path.glob("servergem*"))
    assert backup.stat().st_mode & 0o077 == 0


def papers() -> list[Path]:
    return [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]


@pytest.mark.parametrize("paper", papers(), ids=lambda path: path.name)
def test_every_command_that_a_paper_names_is_one(paper: Path) -> None:
    """The command line knows it with these options."""
    for words, options in set(OURS.findall(paper.read_text())):
        command = main
        for word in words.split():
            command = getattr(command, "commands", {}).get(word) or command
        known = {option for parameter in command.params for option in parameter.opts} | {
            "--help",
            "--version",
        }
        said = set(re.findall(r"--[a-z-]+", options))
        assert said <= known, f"servergem{words}: {sorted(said - known)}"


def test_compose_names_settings_that_there_are() -> None:
    """And every file of which it makes a secret is one that the set-up writes."""
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    names = {name for name, _, _ in rows()}
    given = set(compose["services"]["servergem"]["environment"])
    assert {name.removesuffix("_FILE") for name in given} <= names
    assert [each["file"] for each in compose["secrets"].values()] == ["./servergem.private-key.pem"]
    assert compose["services"]["servergem"]["read_only"] is True
    assert compose["services"]["servergem"]["tmpfs"] == ["/tmp"]


def test_what_compose_wants_of_its_file_the_paper_writes(tmp_path: Path) -> None:
    """The printf of the paper makes each variable that compose.yaml asks for, for its owner alone."""
    wanted = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text()))
    first = (DOCS / "running.md").read_text().partition("```sh\n")[2].partition("docker")[0]
    typed(first, tmp_path)
    made = (tmp_path / ".env").read_text()
    assert {line.partition("=")[0] for line in made.splitlines()} == wanted
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0


def test_the_unit_reads_the_key_that_systemd_lends_it() -> None:
    """A set-up's file names the key where it was made, and goes before Environment=: the command says it last."""
    unit = (DOCS / "servergem.service").read_text()
    started = re.findall(r"^ExecStart=(.+)$", unit, re.MULTILINE)[0]
    assert "GITHUB_PRIVATE_KEY_FILE=%d/private-key" in started.partition("/opt/servergem")[0]
    assert not re.findall(r"^Environment=", unit, re.MULTILINE)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """Every line is one that it knows; the program alone is somebody else's here."""
    unit = tmp_path / "servergem.service"
    text = (DOCS / "servergem.service").read_text()
    unit.write_text(text.replace("/opt/servergem/.venv/bin/servergem", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    assert "servergem.service" not in done.stderr, done.stderr


def test_the_image_holds_nothing_secret_and_runs_as_nobody() -> None:
    """Settings and keys stay out of what is sent to the builder; the last stage is not root's."""
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {"*.env", "*.pem", ".git", "data"} <= set(ignored)
    last = (ROOT / "Dockerfile").read_text().rpartition("FROM")[2]
    assert re.search(r"^USER 10001$", last, re.MULTILINE)
    assert CliRunner().invoke(main, ["serve", "--help"]).exit_code == 0
