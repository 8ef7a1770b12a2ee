"""Attacks on an adopted service: what closes it stays, whatever a branch that does not decide writes of it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from google.api_core.exceptions import FailedPrecondition
from google.cloud import run_v2

from app import config
from app.cli.commands import main
from app.config.granting import granted
from gcp.cloud import Google
from sandbox.world import PROJECT, Sandbox
from tests.conftest import OWNER, House
from tests.setting_up import builds_anywhere
from tests.test_adopted import PARENT, adopt
from tests.test_previews import SAMPLE

THERE = f"{SAMPLE}-staging"
DECIDED = (
    "services: {%s: {build: buildpacks%s}}\n"
    "environments: {production: {branch: main}, staging: {branch: next%s}}\n"
)
# What somebody else had closed, opened or taken away where the branch only has to write the key, whatever it says.
WRITTEN = ", public: false, ingress: all, service_account: b@p.iam.gserviceaccount.com, memory: 1Gi"


def read(text: str) -> config.Config:
    return config.read(text, repository_name=SAMPLE, default_branch="main")


def named(own: str, deciding: str) -> set[str]:
    """The keys that count as written in staging."""
    found = config.targets(
        granted(read(own), read(deciding)), branch="next", project="p", region="r", default_branch="main"
    )
    return set(found[0].named)


def test_a_key_is_named_by_whoever_decides_it() -> None:
    """A branch names what it shapes, the default branch what it decides, each also for one environment."""
    bare, closed = DECIDED % (SAMPLE, "", ""), DECIDED % (SAMPLE, ", public: false, cpu: 2", "")
    written = DECIDED % (SAMPLE, WRITTEN, "")
    assert named(written, bare) == {"build", "memory"}
    assert named(bare, closed) == {"build", "public"}
    there = f", instances: {{min: 1}}, services: {{{SAMPLE}: {{ingress: internal, timeout: 9s}}}}"
    assert named(DECIDED % (SAMPLE, "", there), bare) == {"build", "instances", "instances.min", "timeout"}
    assert named(bare, DECIDED % (SAMPLE, "", there)) == {"build", "ingress"}
    dotted = [text.replace("staging:", "v1.2:") for text in (bare, DECIDED % (SAMPLE, "", there))]
    assert named(dotted[1], dotted[0]) == {"build", "instances", "instances.min", "timeout"}
    assert named(*dotted) == {"build", "ingress"}


@pytest.mark.usefixtures("world")
def test_no_branch_opens_an_adopted_service(house: House, tmp_path: Path) -> None:
    """Neither by the word for what it is nor by its contrary: its file is not the one that decides."""
    google = Google(house.world.google.grpc_address)
    project = house.world.google.projects.find(PROJECT)
    assert project is not None
    house.world.google.projects.enable(project, ["run.googleapis.com"])
    hand = run_v2.Service(
        ingress=run_v2.IngressTraffic.INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER,
        template=run_v2.RevisionTemplate(
            containers=[run_v2.Container(image="us-docker.pkg.dev/cloudrun/container/hello")],
            vpc_access=run_v2.VpcAccess(
                network_interfaces=[run_v2.VpcAccess.NetworkInterface(network="default")],
                egress=run_v2.VpcAccess.VpcEgress.ALL_TRAFFIC,
            ),
        ),
    )
    with suppress(FailedPrecondition):  # its image is nowhere here; the service is there all the same
        begun: Any = google.services.create_service(parent=PARENT, service_id=THERE, service=hand)
        begun.result()
    work = house.repository(SAMPLE)
    words = ["adopt", THERE, "--repository", f"{OWNER}/{SAMPLE}", "--project", PROJECT]
    done = CliRunner().invoke(main, words, env=house.world.settings(tmp_path / "adopting"))
    assert done.exit_code == 0, done.output
    assert (
        house.ended(work.push("Decide", **{"servergem.yml": DECIDED % (SAMPLE, "", "")}))["ending"] == "live"
    )
    opening = DECIDED % (SAMPLE, f"{WRITTEN}, vpc: {{network: other}}", "")
    sha = work.push("Open", branch="next", **{"servergem.yml": opening})
    check = f"ServerGem / {SAMPLE} (staging)"
    run = house.check_run(work.name, sha, check)
    assert run["conclusion"] == "success", (run["output"], house.log_tail())
    found = google.services.get_service(name=f"{PARENT}/services/{THERE}")
    assert found.template.containers[0].resources.limits["memory"] == "1Gi"
    assert not found.invoker_iam_disabled
    assert found.ingress == run_v2.IngressTraffic.INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER
    assert found.template.vpc_access.egress == run_v2.VpcAccess.VpcEgress.ALL_TRAFFIC


def test_an_adopted_service_does_not_stay_servergems_own(world: Sandbox, tmp_path: Path) -> None:
    """Whoever made it let it run as what builds; a push would bring that account to a repository's code."""
    builder = f"servergem-build@{PROJECT}.iam.gserviceaccount.com"
    house = House(world, tmp_path, settings={"BUILD_SERVICE_ACCOUNT": builder})
    house.start()
    try:
        google = Google(world.google.grpc_address)
        project = world.google.projects.find(PROJECT)
        assert project is not None
        world.google.projects.enable(project, ["run.googleapis.com"])
        builds_anywhere(world.google, PROJECT, "servergem-build")
        hand = run_v2.Service(
            template=run_v2.RevisionTemplate(
                service_account=builder,
                containers=[run_v2.Container(image="us-docker.pkg.dev/cloudrun/container/hello")],
            )
        )
        with suppress(FailedPrecondition):
            begun: Any = google.services.create_service(parent=PARENT, service_id=SAMPLE, service=hand)
            begun.result()
        work = house.repository(SAMPLE)
        adopt(house, tmp_path / "adopting")
        run = house.check_run(work.name, work.push("Mine"))
        assert run["output"]["title"] == f"{builder} is ServerGem's own", run["output"]
    finally:
        house.stop()
