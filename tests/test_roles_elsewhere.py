"""Roles that are bound elsewhere than `setup google` binds them: in a group, on a folder, at the legacy account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.google.server import GoogleSandbox
from sandbox.world import PROJECT, Sandbox
from tests.conftest import House, answer_of

GROUP, FOLDER = "deployers@acme.example", "folders/12"


def bound_to(google: GoogleSandbox, member: str) -> Iterator[tuple[str, str]]:
    """What this member is bound to: each thing with its role."""
    home = google.projects.known(PROJECT)
    for name in (home.name, *(f"{home.name}/serviceAccounts/{each}" for each in home.service_accounts)):
        for binding in google.projects.access.policy(name).bindings:
            if member in binding.members:
                yield name, binding.role


def in_a_group(google: GoogleSandbox) -> None:
    """All that the deployer has is its group's."""
    access, deployer = google.projects.access, google.projects.caller
    for name, role in list(bound_to(google, deployer)):
        access.unbind(name, role, deployer)
        access.bind(name, role, f"group:{GROUP}")
    access.groups = {GROUP: {deployer}}


def from_a_folder(google: GoogleSandbox) -> None:
    """The deployer has nothing on the project, and owns the folder that it is in, which opens no bucket's objects."""
    access, deployer = google.projects.access, google.projects.caller
    for name, role in list(bound_to(google, deployer)):
        access.unbind(name, role, deployer)
    google.projects.known(PROJECT).parent = FOLDER
    for role in ("roles/owner", "roles/storage.admin"):
        access.bind(FOLDER, role, deployer)


def by_the_legacy_account(google: GoogleSandbox) -> None:
    """The organisation keeps the account of old for builds, and the default one may do nothing."""
    project, access = google.projects.known(PROJECT), google.projects.access
    project.builder = project.legacy_builder
    builder = "roles/cloudbuild.builds.builder"
    access.unbind(project.name, builder, f"serviceAccount:{project.compute_account}")
    access.bind(project.name, builder, f"serviceAccount:{project.legacy_builder}")


@pytest.mark.parametrize("arranged", [in_a_group, from_a_folder, by_the_legacy_account])
def test_a_push_goes_live_wherever_the_roles_are_bound(
    world: Sandbox, tmp_path: Path, arranged: Callable[[GoogleSandbox], None]
) -> None:
    """From an empty project, with nothing told to ServerGem about it; and no check says that a role is missing."""
    google = world.google
    arranged(google)
    house = House(world, tmp_path)
    house.start()
    try:
        sha = house.repository("hello-python").push("Say hello")
        deployment = house.ended(sha)
        assert deployment["ending"] == "live", house.log_tail()
        assert answer_of(deployment["url"]).status_code == 200
        assert "has no role" not in house.check_run("hello-python", sha)["output"]["summary"]
    finally:
        house.kill()


@pytest.mark.parametrize("arranged", [in_a_group, from_a_folder, by_the_legacy_account])
def test_without_that_binding_nothing_goes(
    world: Sandbox, tmp_path: Path, arranged: Callable[[GoogleSandbox], None]
) -> None:
    """The group without its member, the folder without its owner, the account without its role: the push fails."""
    google = world.google
    project, access = google.projects.known(PROJECT), google.projects.access
    arranged(google)
    access.groups = {}
    access.unbind(FOLDER, "roles/owner", google.projects.caller)
    access.unbind(project.name, "roles/cloudbuild.builds.builder", f"serviceAccount:{project.legacy_builder}")
    house = House(world, tmp_path)
    house.start()
    try:
        sha = house.repository("hello-python").push("Say hello")
        assert house.ended(sha)["ending"] == "failed", house.log_tail()
    finally:
        house.kill()
