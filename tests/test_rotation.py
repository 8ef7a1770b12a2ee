"""`servergem setup webhook-secret`: the secret is exchanged at GitHub and in the file, or at neither."""

from __future__ import annotations

import hashlib
import hmac
import stat
from pathlib import Path

import pytest

from app.github import GitHubError
from app.setup import github_app, rotation, settings_file
from sandbox.world import Sandbox
from tests.test_sandbox_github import PUBLIC, Receiver
from tests.test_setup_github import Person, plan_for, receiver, world

__all__ = ["receiver", "world"]


def test_github_signs_with_what_the_file_holds(world: Sandbox, receiver: Receiver, tmp_path: Path) -> None:
    """Another secret than before, in a file for its owner alone, and in no word that is said."""
    plan = plan_for(world, tmp_path, receiver.url.removesuffix("/webhook"))
    list(github_app.run(plan, Person()))
    before = settings_file.read(plan.into)
    told = rotation.new_webhook_secret(plan.into)
    after = settings_file.read(plan.into)
    assert {name for name in after if after[name] != before[name]} == {"GITHUB_WEBHOOK_SECRET"}
    assert stat.S_IMODE(plan.into.stat().st_mode) == 0o600 and after["GITHUB_WEBHOOK_SECRET"] not in told
    world.github.ping()
    world.github.deliveries.settle()
    headers, body = receiver.came[-1]
    wanted = hmac.new(after["GITHUB_WEBHOOK_SECRET"].encode(), body, hashlib.sha256).hexdigest()
    assert headers["x-hub-signature-256"] == f"sha256={wanted}"


def test_what_github_refuses_leaves_the_file_as_it_was(
    world: Sandbox, receiver: Receiver, tmp_path: Path
) -> None:
    """The old secret is still good; the new one is beside it, for GitHub may have taken it unheard."""
    plan = plan_for(world, tmp_path, receiver.url.removesuffix("/webhook"))
    list(github_app.run(plan, Person()))
    before = plan.into.read_text()
    world.github.tokens.trust(0, PUBLIC)
    with pytest.raises(GitHubError):
        rotation.new_webhook_secret(plan.into)
    assert plan.into.read_text() == before
    assert plan.into.with_name("servergem.env.new").exists()


def test_a_file_without_an_app_is_no_place_for_a_secret(tmp_path: Path) -> None:
    """Nothing is made, and the file to name is said."""
    empty = tmp_path / "servergem.env"
    empty.touch()
    with pytest.raises(settings_file.Unusable, match="servergem setup github"):
        rotation.new_webhook_secret(empty)
    assert [each.name for each in tmp_path.iterdir()] == ["servergem.env"]
