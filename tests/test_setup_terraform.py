"""`servergem setup google --terraform`: the same as the commands of gcloud, whole, and nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli.commands import main
from app.setup.google_steps import APIS, PERMISSIONS, REPAIRS, steps
from app.setup.step import Step
from app.setup.terraform import NUMBERED, Untold, terraform
from tests.test_commands import insist

PROJECT, REGION = "my-shop", "europe-west1"
STEPS = steps(PROJECT, REGION)


@pytest.fixture(scope="module")
def resources() -> dict[str, dict[str, dict[str, Any]]]:
    told = CliRunner().invoke(main, ["setup", "google", "--project", PROJECT, "--terraform"])
    assert told.exit_code == 0, told.output
    insist("setup-terraform", told.output)
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(told.output)["resource"]
    return found


Resources = dict[str, dict[str, dict[str, Any]]]


def test_each_binding_of_the_commands_is_one_resource(resources: Resources) -> None:
    """The same role for the same member on the same thing, as often."""
    commands = [step.command for step in STEPS if "add-iam-policy-binding" in step.command]
    typed = sorted(
        (
            next(w for w in words if w.startswith("--role="))[7:],
            next(w for w in words if w.startswith("--member="))[9:],
        )
        for words in commands
    )
    members = [
        each for kind, named in resources.items() if kind.endswith("_member") for each in named.values()
    ]
    assert sorted((each["role"], each["member"]) for each in members) == typed
    assert len(typed) > 15


def test_apis_accounts_roles_buckets_and_repositories_are_all_there(resources: Resources) -> None:
    """As many as the commands make, with what they say."""
    made = [" ".join(step.command[1:4]) for step in STEPS]
    assert {each["service"] for each in resources["google_project_service"].values()} == set(APIS)
    for kind, command in (
        ("google_service_account", "iam service-accounts create"),
        ("google_project_iam_custom_role", "iam roles create"),
        ("google_storage_bucket", "storage buckets create"),
        ("google_artifact_registry_repository", "artifacts repositories create"),
    ):
        assert len(resources[kind]) == made.count(command) > 0, kind
    roles = resources["google_project_iam_custom_role"]
    assert roles["servergemDeployer"]["permissions"] == list(PERMISSIONS)
    assert roles["servergemRepair"]["permissions"] == list(REPAIRS)
    for bucket in resources["google_storage_bucket"].values():
        assert NUMBERED in bucket["name"] and bucket["lifecycle_rule"]


def test_what_one_resource_needs_is_one_too(resources: Resources) -> None:
    """Every `depends_on` names a resource of the same file."""
    needed = {
        each
        for named in resources.values()
        for words in named.values()
        for each in words.get("depends_on", ())
    }
    assert needed and not [
        each for each in needed if each.partition(".")[2] not in resources[each.partition(".")[0]]
    ]
    assert not [
        name for named in resources.values() for name in named if not re.fullmatch(r"[A-Za-z_]\w*", name)
    ]


def test_a_command_that_nobody_translated_is_no_silence() -> None:
    """A new step of the set-up is told here too, or this breaks."""
    with pytest.raises(Untold, match="gcloud dns zones"):
        terraform(PROJECT, REGION, [Step("", ("gcloud", "dns", "zones", "create"))])
