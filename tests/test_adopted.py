"""An adopted service: a push sets what servergem.yml names of it, and leaves the rest as whoever made it left it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from google.api_core.exceptions import FailedPrecondition
from google.cloud import run_v2

from app.cli.commands import main
from app.config.shape import ServiceFile
from app.trust.ownership import ADOPTED
from gcp.cloud import Google
from gcp.service_specification import LIMITS, OF_CONTAINER, OF_SERVICE
from gcp.sidecars import main_of
from sandbox.world import PROJECT
from tests.conftest import OWNER, House, answer_of
from tests.test_previews import SAMPLE, opened, preview

REGION = "europe-west1"
PARENT = f"projects/{PROJECT}/locations/{REGION}"
NAME = f"{PARENT}/services/{SAMPLE}"
# What a Cloud Run service is not given from these, and why.
ELSEWHERE = {
    *("path", "watch", "build", "image", "automatic_updates"),  # how its image is made
    *("health", "rollout", "release", "region", "regions", "domain"),  # how it is deployed, and where
    *("env", "secrets", "labels"),  # one by one, always
    *("cloudsql", "volumes", "containers"),  # lists of parts
}


def by_hand(house: House) -> Google:
    """A private service of somebody's own, with a network, files, variables and sizes of its own."""
    google = Google(house.world.google.grpc_address)
    project = house.world.google.projects.find(PROJECT)
    assert project is not None
    house.world.google.projects.enable(project, ["run.googleapis.com"])
    parts = [
        run_v2.Volume(name="scratch", empty_dir=run_v2.EmptyDirVolumeSource(size_limit="64Mi")),
        run_v2.Volume(
            name="cloudsql", cloud_sql_instance=run_v2.CloudSqlInstance(instances=[f"{PROJECT}:{REGION}:db"])
        ),
    ]
    container = run_v2.Container(
        image="us-docker.pkg.dev/cloudrun/container/hello",
        env=[run_v2.EnvVar(name="MODE", value="old"), run_v2.EnvVar(name="KEPT", value="yes")],
        resources=run_v2.ResourceRequirements(limits={"cpu": "2", "memory": "2Gi"}),
        volume_mounts=[
            run_v2.VolumeMount(name="scratch", mount_path="/scratch"),
            run_v2.VolumeMount(name="cloudsql", mount_path="/cloudsql"),
        ],
    )
    begun: Any = google.services.create_service(
        parent=PARENT,
        service_id=SAMPLE,
        service=run_v2.Service(
            labels={"team": "shop"},
            description="made by hand",
            template=run_v2.RevisionTemplate(
                containers=[container],
                volumes=parts,
                timeout={"seconds": 77},
                max_instance_request_concurrency=11,
                scaling=run_v2.RevisionScaling(max_instance_count=4),
                labels={"team": "shop"},
            ),
        ),
    )
    with suppress(FailedPrecondition):  # its image is nowhere here; the service is there all the same
        begun.result()
    return google


def adopt(house: House, folder: Path) -> str:
    words = ["adopt", SAMPLE, "--repository", f"{OWNER}/{SAMPLE}", "--project", PROJECT]
    done = CliRunner().invoke(main, words, env=house.world.settings(folder))
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.usefixtures("world")
def test_what_servergem_yml_does_not_name_is_kept(house: House, tmp_path: Path) -> None:
    """Neither opened nor stripped, at the first push and the second; a variable and a size that are named are set."""
    google = by_hand(house)
    work = house.repository(SAMPLE)
    refused = house.check_run(work.name, work.push("Mine?"))
    assert refused["output"]["title"] == f"The service {SAMPLE} is not this repository's"
    adopt(house, tmp_path / "adopting")
    named = (
        f"services: {{{SAMPLE}: {{build: buildpacks, cpu: 1, env: {{MODE: new}}, instances: {{min: 1}}}}}}\n"
    )
    for number in (1, 2):
        sha = work.push(f"Mine {number}", **{"servergem.yml": named, "n.txt": str(number)})
        assert house.ended(sha)["ending"] == "live", house.log_tail()
        found = google.services.get_service(name=NAME)
        made, template = main_of(found.template), found.template
        assert (found.invoker_iam_disabled, found.description) == (False, "made by hand")
        assert dict(made.resources.limits) == {"cpu": "1", "memory": "2Gi"}
        assert (template.timeout.total_seconds(), template.max_instance_request_concurrency) == (77, 11)
        assert (found.scaling.min_instance_count, template.scaling.max_instance_count) == (1, 4)
        assert {each.name for each in template.volumes} == {"scratch", "cloudsql"}
        assert {each.mount_path for each in made.volume_mounts} == {"/scratch", "/cloudsql"}
        values = {each.name: each.value for each in made.env}
        assert (values["MODE"], values["KEPT"], values["SERVERGEM_COMMIT"]) == ("new", "yes", sha)
        assert found.labels["team"] == template.labels["team"] == "shop" and found.labels[ADOPTED] == "yes"
        assert made.image.startswith(f"{REGION}-docker.pkg.dev/{PROJECT}/servergem/")
    assert answer_of(house.deployments()[0]["url"]).status_code == 403, "it is private, as it was"
    summary = house.check_run(work.name, sha)["output"]["summary"]
    assert "what servergem.yml does not name stays" in summary and "gone with this deployment" not in summary


def test_the_plan_of_a_merge_names_what_is_named(house: House, tmp_path: Path) -> None:
    """What stays is no change, and what is written is one."""
    by_hand(house)
    work = house.repository(SAMPLE)
    house.check_run(work.name, work.push("Mine?"))
    adopt(house, tmp_path / "adopting")
    assert house.ended(work.push("Mine", **{"n.txt": "1"}))["ending"] == "live", house.log_tail()
    _, head = opened(house, work, **{"servergem.yml": f"services: {{{SAMPLE}: {{memory: 1Gi}}}}\n"})
    summary = preview(house, work, head)["output"]["summary"]
    assert "`memory` 1Gi instead of 2Gi" in summary, summary
    assert "`concurrency`" not in summary and "without the variables" not in summary


def test_a_service_that_servergem_made_is_ruled_as_before(house: House, tmp_path: Path) -> None:
    """Handed over from another repository it keeps nothing of it: neither variables nor sizes."""
    work = house.repository(SAMPLE, "other")
    old = f"services: {{{SAMPLE}: {{memory: 1Gi, env: {{SECRET_OF_OTHERS: x}}}}}}\n"
    assert house.ended(work.push("Theirs", **{"servergem.yml": old}))["ending"] == "live", house.log_tail()
    heir = house.repository(SAMPLE)
    assert house.check_run(heir.name, heir.push("Mine?"))["conclusion"] == "failure"
    adopt(house, tmp_path / "adopting")
    assert house.ended(heir.push("Mine", **{"n.txt": "1"}))["ending"] == "live", house.log_tail()
    found = Google(house.world.google.grpc_address).services.get_service(name=NAME)
    assert ADOPTED not in found.labels
    made = main_of(found.template)
    assert made.resources.limits["memory"] == "512Mi"
    assert "SECRET_OF_OTHERS" not in {each.name for each in made.env}


def test_each_key_of_a_service_has_its_place() -> None:
    """A key that is new is red here until it is known where an adopted service has it."""
    known = {key.partition(".")[0] for key in (*OF_SERVICE, *OF_CONTAINER, *LIMITS)}
    assert known | ELSEWHERE == set(ServiceFile.model_fields) and not known & ELSEWHERE
