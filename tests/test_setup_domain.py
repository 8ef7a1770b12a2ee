"""`servergem setup domain`: what is typed is what is run, and each part of it is looked at."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.commands import main
from tests.test_commands import insist

# Tells of what was made as gcloud does; the address is one that nobody has, in a block for examples (RFC 5737).
GCLOUD = """#!/usr/bin/env bash
here=$(dirname "$0")
echo "gcloud $*" >> "$here/calls"
case "$*" in
  *"dns-authorizations describe"*)
    echo '{"dnsResourceRecord": {"name": "_acme-challenge.apps.localhost.", "type": "CNAME",'
    echo '"data": "x.authorize.certificatemanager.goog."}}';;
  *"certificates describe"*) cat "$here/certificate";;
  *"addresses describe"*) cat "$here/address";;
esac
"""
PROVISIONING = (
    '{"managed": {"state": "PROVISIONING", "authorizationAttemptInfo": [{"domain": "apps.localhost", '
    '"state": "FAILED", "failureReason": "CONFIG", "details": "The CNAME record is missing."}]}}'
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A gcloud that writes down what it is asked, and tells what it is told to."""
    gcloud = tmp_path / "gcloud"
    gcloud.write_text(GCLOUD)
    gcloud.chmod(0o755)
    (tmp_path / "certificate").write_text(PROVISIONING)
    (tmp_path / "address").write_text('{"address": "203.0.113.7"}')
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def typed(*words: str, domain: str = "apps.localhost") -> Result:
    return CliRunner().invoke(main, ["setup", "domain", "--project", "my-shop", "--domain", domain, *words])


def test_every_step_is_printed_as_it_is_typed(folder: Path) -> None:
    """Address, certificate with wildcard and its authorization, URL mask, backend, map, proxy, rule; nothing is run."""
    said = typed(domain="Servergem.app")
    assert said.exit_code == 0
    insist("setup-domain", said.output)
    assert not (folder / "calls").exists()


def test_what_is_shown_is_run_and_what_is_missing_said(folder: Path) -> None:
    """Each command once, in order; then the records exactly, and why the certificate is not there yet."""
    said = typed("--apply")
    assert said.exit_code == 1
    run = [line for line in (folder / "calls").read_text().splitlines() if "describe" not in line]
    shown = [line for line in said.output.splitlines() if line.startswith("gcloud")]
    assert [line.replace("'", "") for line in shown] == run and len(run) == 13
    assert "_acme-challenge.apps.localhost.  CNAME  x.authorize.certificatemanager.goog." in said.output
    assert "provisioning: The CNAME record is missing." in said.output
    assert "*.apps.localhost.  A  203.0.113.7" in said.output


def test_a_check_runs_no_step(folder: Path) -> None:
    """What is well is said to be well, and what is not has a way out."""
    (folder / "certificate").write_text('{"managed": {"state": "ACTIVE"}}')
    said = typed("--check")
    assert said.exit_code == 1 and "create" not in (folder / "calls").read_text()
    assert "active, for apps.localhost and *.apps.localhost" in said.output
    assert "SERVERGEM_DOMAIN=apps.localhost" in said.output
    assert "not on the public internet" in said.output or "has no address" in said.output


def test_before_anything_is_there_it_says_what_to_run(folder: Path) -> None:
    """Nothing to describe is no crash: `--apply` makes it."""
    (folder / "address").write_text("")
    (folder / "certificate").write_text("")
    said = typed("--check")
    assert "Certificate          there is none" in said.output and "--apply" in said.output


def test_what_is_no_domain_is_refused(folder: Path) -> None:
    """Before anything is asked."""
    said = typed(domain="https://servergem.app/x")
    assert said.exit_code == 2 and "is not a domain such as servergem.app" in said.output
