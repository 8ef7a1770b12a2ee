"""`servergem setup github --secret-manager`: no secret stays on the disk, and who needs one has it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from app.setup import github_app, settings_file
from app.setup.host_steps import SECRETS
from app.setup.in_secret_manager import put, read_whole
from app.setup.rotation import new_webhook_secret
from sandbox.world import Sandbox
from tests.test_sandbox_github import PRIVATE
from tests.test_setup_github import Person, plan_for, world  # noqa: F401 - a fixture

# Keeps the newest version of each secret beside itself; refuses everything while there is a file `refuses`.
GCLOUD = """#!/usr/bin/env bash
here=$(dirname "$0")
echo "gcloud $*" >> "$here/calls"
if [ -e "$here/refuses" ]; then echo "PERMISSION_DENIED: not you" >&2; exit 1; fi
for word in "$@"; do case "$word" in
  --data-file=*) from="${word#*=}";; --secret=*) asked="${word#*=}";;
esac; done
case "$*" in
  "secrets create "*) if [ -e "$here/$3" ]; then echo "already exists" >&2; exit 1; fi; cp "$from" "$here/$3";;
  "secrets versions add "*) cp "$from" "$here/$4";;
  "secrets versions access "*) cat "$here/$asked";;
esac
"""
PLAIN = {
    "GITHUB_APP_ID": "1",
    "GITHUB_CLIENT_SECRET": "hush-client",
    "GITHUB_WEBHOOK_SECRET": "hush-webhook",
    "GITHUB_API_URL": "http://127.0.0.1:9",
}


@pytest.fixture
def gcloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a gcloud that is found first."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "gcloud").write_text(GCLOUD)
    (folder / "gcloud").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def quiet() -> Console:
    return Console(quiet=True)


def test_a_shell_reads_what_the_file_only_names(tmp_path: Path, gcloud: Path) -> None:
    """The secrets leave the disk, key and all; whoever reads the file as before has every one of them."""
    file = tmp_path / "servergem.env"
    settings_file.write(file, PLAIN, PRIVATE)
    put(file, "my-shop", quiet())
    on_disk = "".join(path.read_text() for path in tmp_path.iterdir() if path.is_file())
    assert not [secret for secret in ("hush", "PRIVATE KEY") if secret in on_disk]
    script = f'. {file}; printf \'%s|%s|%s\' "$GITHUB_CLIENT_SECRET" "$GITHUB_WEBHOOK_SECRET" "$GITHUB_PRIVATE_KEY"'
    told = subprocess.run(["sh", "-euc", script], capture_output=True, text=True, check=True).stdout
    assert told == f"hush-client|hush-webhook|{PRIVATE.strip()}"
    assert settings_file.key_of(read_whole(file)) == PRIVATE
    calls = (gcloud / "calls").read_text()
    put(file, "my-shop", quiet())
    assert (gcloud / "calls").read_text() == calls, "what is there already is not put there again"


def test_a_refusal_loses_nothing(tmp_path: Path, gcloud: Path) -> None:
    """While Secret Manager does not take them the file has them; the same command goes on from there."""
    file = tmp_path / "servergem.env"
    settings_file.write(file, PLAIN, PRIVATE)
    (gcloud / "refuses").touch()
    with pytest.raises(settings_file.Unusable, match="for you alone to read"):
        put(file, "my-shop", quiet())
    assert read_whole(file)["GITHUB_WEBHOOK_SECRET"] == "hush-webhook"
    assert settings_file.key_of(read_whole(file)) == PRIVATE
    (gcloud / "refuses").unlink()
    put(file, "my-shop", quiet())
    assert {path.name for path in gcloud.iterdir()} >= set(SECRETS.values()) - {"servergem-database-url"}


def test_the_app_is_registered_and_its_secret_changed(world: Sandbox, tmp_path: Path, gcloud: Path) -> None:  # noqa: F811
    """The way to GitHub is proved with a key that only Secret Manager has; a new secret is one more version."""
    plan = replace(plan_for(world, tmp_path, "http://127.0.0.1:9"), secrets_in="my-shop")
    signs = {sign.title: sign.wrong for sign in github_app.run(plan, Person())}
    assert not signs["App"], signs
    before = read_whole(plan.into)["GITHUB_WEBHOOK_SECRET"]
    assert before not in plan.into.read_text()
    new_webhook_secret(plan.into)
    after = read_whole(plan.into)["GITHUB_WEBHOOK_SECRET"]
    assert after != before and after not in plan.into.read_text()
    assert "versions add servergem-webhook-secret" in (gcloud / "calls").read_text()
