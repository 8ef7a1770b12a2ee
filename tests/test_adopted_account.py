"""The account of an adopted service: it is kept, preflight asks as it, and what belongs to the service runs as it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import FailedPrecondition
from google.cloud import run_v2

from app.stages.checks.accounts import ACT_AS
from gcp.cloud import Google
from sandbox.world import PROJECT, Sandbox
from tests.conftest import House
from tests.setting_up import builds_anywhere, runs_as
from tests.test_adopted import NAME, PARENT, adopt
from tests.test_previews import SAMPLE

READS = "roles/secretmanager.secretAccessor"
ASKS = f"services: {{{SAMPLE}: {{build: buildpacks, secrets: {{DB: db-url}}%s}}}}\n"
KEPT = f"shop@{PROJECT}.iam.gserviceaccount.com"
GENERAL = f"general@{PROJECT}.iam.gserviceaccount.com"


@pytest.fixture
def house(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """Every service that names no account runs as `general@`; this one was made by hand to run as `shop@`."""
    google = world.google
    google.provisioned_project(PROJECT)
    builder = builds_anywhere(google, PROJECT, "builder")
    resource = f"projects/{PROJECT}/serviceAccounts/{builder}"
    google.projects.access.bind(resource, "roles/iam.serviceAccountUser", google.projects.caller)
    assert runs_as(google, PROJECT, "shop") == KEPT and runs_as(google, PROJECT, "general") == GENERAL
    google.projects.known(PROJECT).apis["secretmanager.googleapis.com"] = 0.0
    google.secrets.put(PROJECT, "db-url", "postgres://db")
    house = House(
        world, tmp_path, settings={"BUILD_SERVICE_ACCOUNT": builder, "RUNTIME_SERVICE_ACCOUNT": GENERAL}
    )
    house.start()
    yield house
    house.stop()


def made_by_hand(house: House, account: str = KEPT) -> None:
    """With the secret as a variable already."""
    reads = run_v2.SecretKeySelector(secret="db-url", version="latest")
    container = run_v2.Container(
        image="us-docker.pkg.dev/cloudrun/container/hello",
        env=[run_v2.EnvVar(name="DB", value_source=run_v2.EnvVarSource(secret_key_ref=reads))],
    )
    template = run_v2.RevisionTemplate(service_account=account, containers=[container])
    with suppress(FailedPrecondition):  # its image is nowhere here; the service is there all the same
        begun: Any = Google(house.world.google.grpc_address).services.create_service(
            parent=PARENT, service_id=SAMPLE, service=run_v2.Service(template=template)
        )
        begun.result()


def closed(world: Sandbox, account: str) -> None:
    """The deployer may not act as it, and it may read nothing."""
    access, project = world.google.projects.access, world.google.projects.known(PROJECT)
    access.deny(f"{project.name}/serviceAccounts/{account}", ACT_AS, member=world.google.projects.caller)
    access.unbind(project.name, READS, f"serviceAccount:{account}")


def test_it_is_not_asked_as_an_account_that_it_never_has(house: House, tmp_path: Path) -> None:
    """The operator's account for all others is closed: neither the service nor its release command nor its job needs
    it.
    """
    made_by_hand(house)
    house.world.google.projects.known(PROJECT).parent = ""
    closed(house.world, GENERAL)
    work = house.repository(SAMPLE)
    adopt(house, tmp_path / "adopting")
    beside = f"jobs: {{sums: {{from: {SAMPLE}, command: ['true']}}}}\n"
    text = ASKS % ', release: "true"' + beside
    sha = work.push("Mine", **{"servergem.yml": text})
    assert house.ended(sha)["ending"] == "live", (house.log_tail(), house.check_run(work.name, sha)["output"])
    found = Google(house.world.google.grpc_address).services.get_service(name=NAME)
    assert found.template.service_account == KEPT
    assert "no role to read" not in house.check_run(work.name, sha)["output"]["summary"]


def test_it_is_asked_as_the_account_that_it_keeps(house: House, tmp_path: Path) -> None:
    """That one is closed, and the operator's opens all: it is said before a build is paid for, with its name."""
    made_by_hand(house)
    house.world.google.projects.known(PROJECT).parent = ""
    work = house.repository(SAMPLE)
    adopt(house, tmp_path / "adopting")
    closed(house.world, KEPT)
    sha = work.push("Mine", **{"servergem.yml": ASKS % ""})
    assert house.ended(sha)["ending"] == "failed", house.log_tail()
    summary = unescape(house.check_run(work.name, sha)["output"]["summary"])
    assert f"ServerGem may not act as {KEPT}" in summary, summary
    assert f"--member=serviceAccount:{KEPT} --role={READS}" in summary and GENERAL not in summary
    assert house.world.google.calls["CloudBuild.CreateBuild"] == 0


def test_a_secret_that_it_reads_already_is_not_remarked(house: House, tmp_path: Path) -> None:
    """Its role comes from a folder, where nobody can look: what serves has the secret, and that proves it."""
    made_by_hand(house)
    google = house.world.google
    google.projects.access.unbind(f"projects/{PROJECT}", READS, f"serviceAccount:{KEPT}")
    google.projects.access.bind(google.projects.known(PROJECT).parent, READS, f"serviceAccount:{KEPT}")
    work = house.repository(SAMPLE)
    adopt(house, tmp_path / "adopting")
    first = f"services: {{{SAMPLE}: {{build: buildpacks}}}}\n"
    assert house.ended(work.push("Mine", **{"servergem.yml": first}))["ending"] == "live", house.log_tail()
    sha = work.push("Name it", **{"servergem.yml": ASKS % ""})
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    assert "no role to read" not in house.check_run(work.name, sha)["output"]["summary"]
