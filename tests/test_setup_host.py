"""`servergem setup host`: what is typed is shown whole and without a secret; what is run is what is shown."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.commands import main
from app.setup import settings_file
from tests.setting_up import GCLOUD
from tests.test_commands import insist
from tests.test_sandbox_github import PRIVATE

SECRETS = ("hush-webhook", "hush-client", "PRIVATE KEY", "hush-password")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the files of `servergem setup github` are, and a gcloud that only writes down."""
    settings = {
        "GITHUB_APP_ID": "1",
        "GITHUB_CLIENT_ID": "Iv1.x",
        "GITHUB_CLIENT_SECRET": "hush-client",
        "GITHUB_WEBHOOK_SECRET": "hush-webhook",
        "GITHUB_API_URL": "http://127.0.0.1:9",
        "SERVERGEM_PUBLIC_URL": "https://before.example",
    }
    settings_file.write(tmp_path / "servergem.env", settings, PRIVATE)
    gcloud = tmp_path / "gcloud"
    gcloud.write_text(GCLOUD)
    gcloud.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def typed(*words: str) -> str:
    return CliRunner().invoke(main, ["setup", "host", "--project", "my-shop", *words]).output


def test_every_step_is_printed_and_no_secret(folder: Path) -> None:
    """The whole of it, as a shell takes it, where every secret is a variable; nothing is changed."""
    before = (folder / "servergem.env").read_text()
    said = typed()
    insist("setup-host", said)
    assert not [secret for secret in SECRETS if secret in said]
    assert (folder / "servergem.env").read_text() == before and not (folder / "calls").exists()


def test_a_database_that_is_there_is_taken(folder: Path) -> None:
    """With DATABASE_URL among the settings no Postgres is made."""
    with (folder / "servergem.env").open("a") as file:
        file.write("DATABASE_URL=postgresql://sg:hush-password@db.example/sg\n")
    said = typed()
    assert "gcloud sql" not in said and "cloudsql" not in said
    assert "DATABASE_URL=servergem-database-url:latest" in said and "hush-password" not in said


def test_what_is_shown_is_run(folder: Path) -> None:
    """Each command once; secrets reach gcloud in files; a new password is kept before it is used."""
    said = typed("--apply")
    calls = (folder / "calls").read_text()
    assert calls.count("\n") == said.count("\ngcloud") and "{number of" not in calls
    assert "SERVERGEM_PUBLIC_URL=https://servergem-4711.europe-west1.run.app" in calls
    kept = settings_file.read(folder / "servergem.env")
    assert kept["SERVERGEM_PUBLIC_URL"] == "https://servergem-4711.europe-west1.run.app"
    given = (folder / "given").read_text()
    password = kept["DATABASE_URL"].partition(":")[2].partition(":")[2].partition("@")[0]
    assert f'{{"--password": "{password}"}}' in given and kept["DATABASE_URL"] in given
    assert "hush-webhook" in given and "BEGIN" in given
    assert not [secret for secret in (*SECRETS, password) if secret in calls or secret in said]
    assert stat.S_IMODE((folder / "servergem.env").stat().st_mode) == 0o600


def test_run_again_it_keeps_the_password(folder: Path) -> None:
    """The database that an earlier run has begun to make is this one."""
    typed("--apply")
    first = settings_file.read(folder / "servergem.env")["DATABASE_URL"]
    typed("--apply")
    assert settings_file.read(folder / "servergem.env")["DATABASE_URL"] == first
    assert (folder / "calls").read_text().count("sql instances create") == 2


def test_a_step_that_fails_ends_it(folder: Path) -> None:
    """Nothing after it is run; webhooks still go where they went."""
    (folder / "gcloud").write_text(
        GCLOUD + 'case "$*" in *"builds submit"*) echo "no disk" >&2; exit 3;; esac\n'
    )
    said = typed("--apply")
    assert "no disk" in said and "goes on from there" in said
    assert "run deploy" not in (folder / "calls").read_text()
    assert settings_file.read(folder / "servergem.env")["SERVERGEM_PUBLIC_URL"] == "https://before.example"


def test_the_password_is_typed_as_it_is_given(folder: Path) -> None:
    """What a shell makes of the printed line is what --apply gives."""
    from app.setup.host_steps import PASSWORD_TYPED, _password_in, database_at
    from tests.test_running_papers import typed as in_shell

    address = database_at("p:r:servergem", "1a2b")
    in_shell(f"{PASSWORD_TYPED} > out", folder, DATABASE_URL=address)
    assert (folder / "out").read_text() == f'{{"--password": "{_password_in(address)}"}}'
