"""Repairs that take a person's consent: a button, who may press it, and what it does."""

from __future__ import annotations

from pathlib import Path

from sandbox.world import PROJECT, Sandbox
from tests.conftest import House, eventually
from tests.setting_up import may_grant, take_from_builder
from tests.test_conversation import PRODUCTION
from tests.test_previews import SAMPLE, buttons, remark


def started(world: Sandbox, tmp_path: Path, **settings: str) -> House:
    house = House(world, tmp_path, settings=settings)
    house.start()
    return house


def test_a_button_enables_what_is_off(world: Sandbox, tmp_path: Path) -> None:
    """Where nothing may be switched on unasked, the button does it and the deployment goes live, without those APIs too
    that only checks ask and that a new project has not."""
    for api in ("iam", "cloudresourcemanager", "cloudbilling"):
        world.google.disable(PROJECT, f"{api}.googleapis.com")
    house = started(world, tmp_path, SERVERGEM_ENABLE_APIS="no")
    try:
        work = house.repository(SAMPLE)
        sha = work.push("Say hello")
        run = house.check_run(work.name, sha)
        assert [each["label"] for each in buttons(house, run)] == ["Enable API", "Retry"]
        assert "gcloud services enable" in run["output"]["summary"]
        world.github.press_button(run["id"], "enable-api")
        eventually(
            lambda: any(d["ending"] == "live" for d in house.deployments()), "a live service", house.log_tail
        )
        assert remark(house, work, sha, "ada enabled", PRODUCTION)
    finally:
        house.stop()


def test_a_button_grants_the_role_that_is_missing(world: Sandbox, tmp_path: Path) -> None:
    """Only where the operator allows it; the role is the one that the finding named."""
    take_from_builder(world.google, PROJECT)
    may_grant(world.google, PROJECT)
    house = started(world, tmp_path, SERVERGEM_REPAIRS="grant-role")
    try:
        work = house.repository(SAMPLE)
        sha = work.push("Say hello")
        run = house.check_run(work.name, sha)
        assert [each["label"] for each in buttons(house, run)] == ["Grant role", "Retry"]
        world.github.press_button(run["id"], "grant-role")
        eventually(
            lambda: any(d["ending"] == "live" for d in house.deployments()), "a live service", house.log_tail
        )
        assert remark(house, work, sha, "granted roles/cloudbuild.builds.builder", PRODUCTION)
    finally:
        house.stop()


def test_without_the_operators_word_there_is_no_such_button(world: Sandbox, tmp_path: Path) -> None:
    """Roles are granted by nobody unless SERVERGEM_REPAIRS says so."""
    take_from_builder(world.google, PROJECT)
    house = started(world, tmp_path)
    try:
        work = house.repository(SAMPLE)
        run = house.check_run(work.name, work.push("Say hello"))
        assert [each["label"] for each in buttons(house, run)] == ["Retry"]
    finally:
        house.stop()


def test_a_reader_repairs_nothing(world: Sandbox, tmp_path: Path) -> None:
    """The press is recorded with its reason, and nothing is enabled."""
    house = started(world, tmp_path, SERVERGEM_ENABLE_APIS="no")
    try:
        work = house.repository(SAMPLE)
        sha = work.push("Say hello")
        run = house.check_run(work.name, sha)
        world.github.press_button(run["id"], "enable-api", sender="eve")
        assert eventually(
            lambda: remark(house, work, sha, "write permission", PRODUCTION), "an answer", house.log_tail
        )
        assert world.google.calls["ServiceUsage.BatchEnableServices"] == 0
    finally:
        house.stop()


def test_what_google_refuses_a_button_says(world: Sandbox, tmp_path: Path) -> None:
    """ServerGem's own account may lack the right, which is said where the button was."""
    world.google.revoke(PROJECT, "serviceusage.services.enable")
    house = started(world, tmp_path, SERVERGEM_ENABLE_APIS="no")
    try:
        work = house.repository(SAMPLE)
        sha = work.push("Say hello")
        world.github.press_button(house.check_run(work.name, sha)["id"], "enable-api")
        assert eventually(
            lambda: remark(house, work, sha, "Google refused", PRODUCTION), "an answer", house.log_tail
        )
    finally:
        house.stop()
