"""Automatic updates: images that buildpacks make run on Google's base image, at the wire; builds are counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.world import PROJECT, Sandbox
from tests.conftest import OWNER, House, answer_of
from tests.test_without_build import REGION, builds, container, notes

SAMPLE = "hello-python"
BASE = f"{REGION}-docker.pkg.dev/serverless-runtimes/google-24-full/runtimes/python314"
PATCHED = "Google patches what is below it: google-24-full/python314"
ASKS = f"services:\n  {SAMPLE}:\n    build: buildpacks\n"


@pytest.fixture
def house(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A ServerGem whose every service is built."""
    house = House(world, tmp_path)
    house.start()
    yield house
    house.kill()


def arguments(house: House) -> list[str]:
    return list(house.world.google.builds.newest().steps[0].args)


def test_what_buildpacks_build_runs_on_a_base_image(house: House) -> None:
    """The image has no base of its own, Cloud Run lays Google's below it, and the check run says who patches it."""
    work = house.repository(SAMPLE)
    sha = work.push("Say hello", **{"servergem.yml": ASKS})
    live = house.ended(sha)
    assert live["ending"] == "live", house.log_tail()
    assert "Hello from hello-python" in answer_of(live["url"]).text
    assert (builds(house), container(house).base_image_uri) == (1, BASE)
    assert PATCHED in notes(live)
    assert (
        PATCHED in house.check_run(work.name, sha, f"ServerGem / {SAMPLE} (production)")["output"]["summary"]
    )
    words = arguments(house)
    google = f"{REGION}-docker.pkg.dev/serverless-runtimes/google-24-full"
    assert any(word.startswith(f"{google}/builder/python@sha256:") for word in words)
    assert any(word.startswith(f"{google}/scratch/python314@sha256:") for word in words)
    assert {
        "GOOGLE_RUNTIME=python314",
        "X_GOOGLE_SKIP_RUNTIME_LAUNCH=true",
        "GOOGLE_RUNTIME_VERSION=3.14.*",
    } < set(words)
    # The same content once more is the same image, on the same base.
    work.push("Another", **{"main.py": (work.path / "main.py").read_text() + "\n"})
    back = house.ended(
        work.push("Back", **{"main.py": (work.path / "main.py").read_text().removesuffix("\n")})
    )
    assert back["ending"] == "live", house.log_tail()
    assert (builds(house), container(house).base_image_uri) == (2, BASE)


def test_node_runs_on_its_own_base_image(house: House) -> None:
    """The stack is the one that this version of Node is made on."""
    work = house.repository("hello-node")
    live = house.ended(work.push("Say hello", **{"package.json": '{"engines": {"node": "22"}}'}))
    assert live["ending"] == "live", house.log_tail()
    assert "Hello from hello-node" in answer_of(live["url"]).text
    below = f"{REGION}-docker.pkg.dev/serverless-runtimes/google-22-full/runtimes/nodejs22"
    assert (builds(house), container(house, "hello-node").base_image_uri) == (1, below)


def test_servergem_yml_says_no(house: House) -> None:
    """The image brings its own base, though one of the same files without it is there, and back again."""
    work = house.repository(SAMPLE)
    asks, code = f"{ASKS}    path: app\n", (work.path / "main.py").read_text()
    (work.path / "app").mkdir()
    yes = house.ended(
        work.push(
            "Say hello",
            **{"servergem.yml": asks, "app/main.py": code, "app/Procfile": "web: python main.py\n"},
        )
    )
    assert (yes["ending"], container(house).base_image_uri) == ("live", BASE), house.log_tail()
    no = house.ended(work.push("No", **{"servergem.yml": f"{asks}    automatic_updates: false\n"}))
    assert no["ending"] == "live", house.log_tail()
    assert "Hello from hello-python" in answer_of(no["url"]).text
    assert (builds(house), container(house).base_image_uri) == (2, "")
    assert "--run-image" not in arguments(house)
    assert "Google does not patch what is below it, since `automatic_updates` is false" in notes(no)
    again = house.ended(work.push("Yes", **{"servergem.yml": asks}))
    assert (again["ending"], builds(house)) == ("live", 2), house.log_tail()
    assert container(house).base_image_uri == BASE


def test_jobs_get_an_image_that_runs_by_itself(house: House) -> None:
    """Where something else runs the image it is built as ever; the job runs, and the row says why."""
    work = house.repository(SAMPLE)
    jobs = "jobs:\n  tidy:\n    command: [python, -c, print(1)]\n"
    live = house.ended(work.push("Say hello", **{"servergem.yml": ASKS + jobs}))
    assert live["ending"] == "live", house.log_tail()
    assert (builds(house), container(house).base_image_uri) == (1, "")
    assert "Google does not patch what is below it, since its jobs take an image" in notes(live)


def test_what_cloud_run_refuses_gets_a_base_of_its_own(house: House) -> None:
    """Cloud Run is asked before the build, so that one build is enough."""
    work = house.repository(SAMPLE)
    # The first look is preflight's, without a base image; the second is at the base image.
    house.world.faults.add("Services.UpdateService", kind="delay")
    house.world.faults.add(
        "Services.UpdateService", status="INVALID_ARGUMENT", message="no such base image here"
    )
    live = house.ended(work.push("Say hello", **{"servergem.yml": ASKS}))
    assert live["ending"] == "live", house.log_tail()
    assert (builds(house), container(house).base_image_uri) == (1, "")
    assert any("Cloud Run refuses google-24-full/python314" in note for note in notes(live))


def test_a_runtime_without_an_empty_image_is_built_as_ever(house: House) -> None:
    """What Google's registry does not have is not asked of a build."""
    house.world.google.registry.without.add("scratch/python314")
    work = house.repository(SAMPLE)
    live = house.ended(work.push("Say hello", **{"servergem.yml": ASKS}))
    assert live["ending"] == "live", house.log_tail()
    assert (builds(house), container(house).base_image_uri) == (1, "")
    assert any(
        "Google has nothing to build for google-24-full/python314 with" in note for note in notes(live)
    )


def test_a_first_build_that_fails_for_no_fault_of_the_source_is_tried_with_a_base_of_its_own(
    house: House,
) -> None:
    """What worked yesterday goes on; a fault of the source's own is built once, and named."""
    work = house.repository(SAMPLE)
    house.world.builder.unpulled.add("scratch/python314")
    live = house.ended(work.push("Say hello", **{"servergem.yml": ASKS}))
    assert live["ending"] == "live", house.log_tail()
    assert (builds(house), container(house).base_image_uri) == (2, "")
    assert any("built once more, with a base of its own" in note for note in notes(live))
    house.world.builder.unpulled.clear()
    bad = house.ended(work.push("Break it", **{"requirements.txt": "no-such-package-of-anybody==1\n"}))
    assert (bad["ending"], builds(house)) == ("failed", 3), house.log_tail()
    well = house.ended(work.push("Mend it", **{"requirements.txt": "# nothing\n"}))
    assert (well["ending"], builds(house), container(house).base_image_uri) == ("live", 4, BASE)


def test_a_merge_takes_the_image_and_its_base(house: House) -> None:
    """A pull request's image serves production without a build, on the base image that it was built for."""
    work = house.repository(SAMPLE)
    yes = ASKS + "previews:\n  enabled: true\n"
    house.ended(work.push("Say hello", **{"servergem.yml": yes}))
    work.git("checkout", "-q", "-B", "idea")
    sha = work.push("An idea", branch="idea", **{"n.txt": "1"})
    number = house.world.github.open_pull_request(f"{OWNER}/{work.name}", "idea")
    assert house.check_run(work.name, sha, f"ServerGem / {SAMPLE} (preview)")["conclusion"] == "success"
    assert container(house, f"{SAMPLE}-pr-{number}").base_image_uri == BASE
    before = builds(house)
    merged = house.ended(house.world.github.merge_pull_request(f"{OWNER}/{work.name}", number))
    assert merged["ending"] == "live", house.log_tail()
    assert (builds(house), container(house).base_image_uri) == (before, BASE)


def test_each_region_has_its_own_base_image(house: House) -> None:
    """One build serves all regions; what is laid below it is taken from where it runs."""
    work = house.repository(SAMPLE)
    two = f"{ASKS}    regions: [{REGION}, us-central1]\n"
    sha = work.push("One", **{"servergem.yml": two})
    for where in ("production", "production, us-central1"):
        run = house.check_run(work.name, sha, f"ServerGem / {SAMPLE} ({where})")
        assert run["conclusion"] == "success", house.log_tail()
    assert builds(house) == 1
    services = house.world.google.run.services
    found = {
        each: services[f"projects/{PROJECT}/locations/{each}/services/{SAMPLE}"]
        .template.containers[0]
        .base_image_uri
        for each in (REGION, "us-central1")
    }
    assert found == {each: BASE.replace(REGION, each) for each in found}
