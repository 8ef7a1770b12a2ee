"""The operator's settings: read once, refused whole, never shown when secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.settings import BadSettings, load, rows

KEY = "-----BEGIN PRIVATE KEY-----\nnot-a-real-key\n-----END PRIVATE KEY-----"
GOOD = {
    "GITHUB_APP_ID": "4711",
    "GITHUB_PRIVATE_KEY": KEY,
    "GITHUB_WEBHOOK_SECRET": "hush-hush",
    "GOOGLE_CLOUD_PROJECT": "acme-apps",
}


def test_four_settings_are_enough() -> None:
    """Everything but who we are and where we deploy has a default."""
    settings = load(GOOD)
    assert (settings.region, settings.data, settings.retry_attempts) == ("europe-west1", Path("data"), 3)


def test_every_fault_is_told_at_once_and_by_name() -> None:
    """Three bad settings and one missing are four lines of one refusal."""
    with pytest.raises(BadSettings) as caught:
        load(
            GOOD
            | {
                "GITHUB_APP_ID": "",
                "SERVERGEM_REGION": "Europe",
                "RETRY_ATTEMPTS": "0",
                "GOOGLE_ENDPOINT": "x",
            }
        )
    named = {fault.split()[0] for fault in caught.value.faults}
    assert named == {"GITHUB_APP_ID", "SERVERGEM_REGION", "RETRY_ATTEMPTS", "GOOGLE_ENDPOINT"}


def test_a_secret_comes_from_a_file_too(tmp_path: Path) -> None:
    """NAME_FILE names a file whose content is the secret."""
    (tmp_path / "secret").write_text("from-a-file\n")
    environ = {name: value for name, value in GOOD.items() if name != "GITHUB_WEBHOOK_SECRET"}
    assert (
        load(environ | {"GITHUB_WEBHOOK_SECRET_FILE": str(tmp_path / "secret")}).github_webhook_secret
        == "from-a-file"
    )


def test_a_secret_from_two_places_is_refused(tmp_path: Path) -> None:
    """Nobody has to guess which of the two counts."""
    with pytest.raises(BadSettings, match="keep one of them"):
        load(GOOD | {"GITHUB_WEBHOOK_SECRET_FILE": str(tmp_path / "secret")})


def test_no_secret_is_ever_shown() -> None:
    """Neither the settings' own text nor a refusal holds a secret's value."""
    assert "hush-hush" not in repr(load(GOOD)) and "not-a-real-key" not in repr(load(GOOD))
    with pytest.raises(BadSettings) as caught:
        load(GOOD | {"GITHUB_PRIVATE_KEY": "s3cr3t-but-wrong"})
    assert "s3cr3t" not in str(caught.value)
    assert set(load(GOOD).secrets()) == {KEY, "hush-hush"}


def test_a_repository_reaches_only_its_project() -> None:
    """Its id decides before its name, else the first pattern that fits; once some are given, nobody else has one."""
    settings = load(GOOD | {"SERVERGEM_PROJECTS": "acme/shop=shop-prod, 7=moved, acme/*=acme-web"})
    assert settings.project_for("acme/shop", 7) == "moved"
    assert settings.project_for("Acme/Shop") == "shop-prod"
    assert settings.project_for("acme/blog") == "acme-web"
    assert settings.project_for("other/blog") == ""
    assert load(GOOD).project_for("other/blog") == "acme-apps"


def test_each_setting_says_what_it_means() -> None:
    """A row of the table has a name, a default and a whole sentence."""
    for name, default, sentence in rows():
        assert name == name.upper() and default, name
        assert re.fullmatch(r"(?:[A-Z]|`\w+`).*[\w)`]\.", sentence), f"{name}: {sentence}"
