"""What Cloud Build is told to do, at the wire: a Dockerfile and buildpacks, with what the last build left behind."""

from __future__ import annotations

from app.settings import rows
from gcp.build_watcher import LOG_LOOKS
from tests.conftest import OWNER, House, answer_of
from tests.test_conversation import PRODUCTION
from tests.test_previews import live, preview

# A line of the build's log is shown within this many seconds of the look that could have seen it.
LATE = 2.0


def test_a_dockerfile_and_a_node_program_go_live_with_a_cache(house: House) -> None:
    """BuildKit keeps its layers in the registry, buildpacks theirs in a cache image; both services answer."""
    docker, node = house.repository("hello-docker"), house.repository("hello-node")
    shas = {name.name: name.push("Say hello") for name in (docker, node)}
    for name, words in (("hello-docker", "HELLO"), ("hello-node", "Hello from hello-node-")):
        deployment = house.ended(shas[name])
        assert deployment["ending"] == "live", house.log_tail()
        assert words in answer_of(deployment["url"]).text
        text = house.check_run(name, shas[name])["output"]["text"]
        assert "DONE" in text.split("\n"), text[-500:]
    found = {name.name: house.world.github.hub.find(OWNER, name.name) for name in (docker, node)}
    ids = {name: repo.id for name, repo in found.items() if repo}
    registry = "europe-west1-docker.pkg.dev/demo-project/servergem"
    steps = [step for build in house.world.google.builds.all() for step in build.steps if step.id == "build"]
    told = {step.name.rpartition("/")[2].partition(":")[0]: list(step.args) for step in steps}
    cache = f"type=registry,ref={registry}/{ids['hello-docker']}/hello-docker:cache"
    assert {f"--cache-from={cache}", f"--cache-to={cache},mode=max"} <= set(told["docker"])
    at = told["pack"].index("--cache-image")
    assert told["pack"][at + 1] == f"{registry}/{ids['hello-node']}/hello-node:cache-nodejs24"
    assert "--publish" in told["pack"]


def test_a_revert_builds_nothing(house: House) -> None:
    """A commit whose files were built before takes that image, whatever came between."""
    work = live(house)
    worse = work.push("Worse", **{"main.py": (work.path / "main.py").read_text() + "\n# worse\n"})
    assert house.ended(worse)["ending"] == "live", house.log_tail()
    builds = house.world.google.calls["CloudBuild.CreateBuild"]
    work.git("revert", "--no-edit", "HEAD")
    reverted = work.push("Better again")
    run = preview(house, work, reverted, PRODUCTION)
    assert run["conclusion"] == "success", run["output"]
    assert "reused from" in run["output"]["summary"]
    assert house.world.google.calls["CloudBuild.CreateBuild"] == builds


def test_a_long_log_costs_github_nothing_more(house: House) -> None:
    """A build that prints six thousand lines is told in as many calls as any other: fifteen at most."""
    house.settings["CHECK_RUN_SECONDS"] = "2"
    house.stop()
    house.start()
    house.ready()
    work = house.repository("hello-docker")
    dockerfile = (work.path / "Dockerfile").read_text()
    before = told_github(house)
    sha = work.push(
        "Print much", Dockerfile=dockerfile.replace("WORKDIR /app\n", "RUN seq 1 6000\nWORKDIR /app\n")
    )
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    house.check_run(work.name, sha)
    assert told_github(house) - before <= 15 + waited(house, sha)


def told_github(house: House) -> int:
    """How many calls ServerGem made; git's own and the archive's host are not the API."""
    return sum(
        count for name, count in house.world.github.calls.items() if "/repos/" in name or "/app/" in name
    )


def waited(house: House, sha: str) -> int:
    """The updates that a slow machine adds: at most one in two seconds."""
    rows = house.ended(sha)["rows"]
    return int((max(row["ended"] for row in rows) - min(row["started"] for row in rows)) / 2)


def test_a_builds_log_is_followed_closely() -> None:
    """With the settings as they are by default the log is read often enough for a line to be shown in two seconds."""
    [poll] = [float(default) for name, default, _ in rows() if name == "BUILD_POLL_SECONDS"]
    assert poll * LOG_LOOKS <= LATE
