"""The release command: once, with the new image, before traffic moves; its failure changes nothing that serves."""

from __future__ import annotations

from sandbox.world import PROJECT
from tests.conftest import House, Work, answer_of
from tests.test_previews import CHECK, SAMPLE, opened, preview

MIGRATE = "import os\nprint('migrating as', os.environ['SERVERGEM_COMMIT'][:7])\n"
BROKEN = "import sys\nprint('no such table: shop', file=sys.stderr)\nsys.exit(3)\n"


def released(house: House, command: str, **files: str) -> tuple[Work, str]:
    """A repository with a release command, pushed."""
    work = house.repository(SAMPLE)
    (work.path / "servergem.yml").write_text(CONFIG.format(name=SAMPLE, command=command))
    return work, work.push("Migrate", **files)


def test_the_command_runs_before_traffic_moves(house: House) -> None:
    """Its log is in the check run, its row before the release, and nothing of the job stays."""
    work, sha = released(house, "python migrate.py", **{"migrate.py": MIGRATE})
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    run = house.check_run(work.name, sha)
    assert f"migrating as {sha[:7]}" in run["output"]["text"]
    rows = [row["title"] for row in house.ended(sha)["rows"]]
    assert rows.index("Run release command") < rows.index("Release without traffic")
    assert house.world.google.jobs.names() == []
    assert house.world.google.calls["Jobs.RunJob"] == 1


def test_its_failure_leaves_production_alone(house: House) -> None:
    """The check run is named after what the command printed, and names it; the old revision serves on."""
    work, sha = released(house, "python migrate.py", **{"migrate.py": MIGRATE})
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    url = house.deployments()[0]["url"]
    before = answer_of(url).text
    bad = work.push("Break it", **{"migrate.py": BROKEN})
    assert house.ended(bad)["ending"] == "failed"
    run = house.check_run(work.name, bad)
    assert run["output"]["title"].startswith("Release command: ")
    assert "has no table shop" in run["output"]["title"]
    assert "python migrate.py" in run["output"]["summary"]
    assert answer_of(url).text == before
    assert house.world.google.jobs.names() == []


def test_a_lost_answer_does_not_run_it_twice(house: House) -> None:
    """RunJob is no call to repeat: after a lost answer the execution that began is looked for."""
    house.world.faults.add("Jobs.RunJob", 1, kind="drop_after")
    count = "import pathlib, os\nprint('migrating once')\n"
    work, sha = released(house, "python migrate.py", **{"migrate.py": count})
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    assert house.world.faults.used("Jobs.RunJob") == 1
    assert house.check_run(work.name, sha)["output"]["text"].count("migrating once") == 1


def test_a_command_that_takes_too_long_is_ended(house: House) -> None:
    """The time is the operator's setting, and Cloud Run's own words say so."""
    house.stop()
    house.settings["RELEASE_TIMEOUT"] = "1"
    house.start()
    work, sha = released(house, "sleep 60")
    assert house.ended(sha)["ending"] == "failed"
    assert "timeout" in house.check_run(work.name, sha)["output"]["summary"]


def test_a_missing_right_is_named(house: House) -> None:
    """Without run.jobs.create the check run says which role is missing, before a build is paid for."""
    house.world.google.revoke(PROJECT, "run.jobs.create")
    work, sha = released(house, "true")
    assert house.ended(sha)["ending"] == "failed"
    assert "run.jobs.create" in house.check_run(work.name, sha)["output"]["summary"]
    assert house.world.google.calls["CloudBuild.CreateBuild"] == 0


def test_a_preview_runs_it_only_when_asked_for(house: House) -> None:
    """`previews.release` is off unless somebody writes it: a preview has no database of its own."""
    work, sha = released(house, "python migrate.py", **{"migrate.py": MIGRATE})
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    _, head = opened(house, work)
    assert preview(house, work, head, CHECK)["conclusion"] == "success"
    assert house.world.google.calls["Jobs.RunJob"] == 1


CONFIG = """
services:
  {name}:
    release: {command}
"""
