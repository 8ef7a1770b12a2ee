"""Stories at the wire: a real push, the real clients, and what a person then sees."""

from __future__ import annotations

from tests.conftest import House, answer_of, eventually


def test_a_first_push_into_an_empty_project_goes_live(house: House) -> None:
    """APIs, repository and bucket are missing; one push later the service answers and the check run says so."""
    work = house.repository("hello-python")
    sha = work.push("Say hello")
    deployment = house.ended(sha)
    assert deployment["ending"] == "live", house.log_tail()
    assert answer_of(deployment["url"]).status_code == 200
    run = house.check_run("hello-python", sha)
    assert run["name"] == "ServerGem / hello-python (production)"
    assert run["conclusion"] == "success"
    assert "created Artifact Registry repository servergem in europe-west1" in run["output"]["summary"]
    assert "enabled the Cloud Run API" in run["output"]["summary"]


def test_a_second_push_replaces_the_first(house: House) -> None:
    """The second commit serves, and the first one's check run stays as it ended."""
    work = house.repository("hello-python")
    first = work.push("Say hello")
    assert house.ended(first)["ending"] == "live", house.log_tail()
    second = work.push("Say it again", **{"note.txt": "again"})
    deployment = house.ended(second)
    assert deployment["ending"] == "live", house.log_tail()
    assert second[:7] in deployment["revision"]
    assert house.check_run("hello-python", first)["conclusion"] == "success"


def test_a_container_that_never_listens_leaves_production_alone(house: House) -> None:
    """The new revision fails the way Cloud Run says it, and what served before keeps serving."""
    good = house.repository("hello-python")
    assert house.ended(good.push("Say hello"))["ending"] == "live", house.log_tail()
    url = house.deployments()[0]["url"]
    before = answer_of(url).text
    sha = good.push("Break it", **{"main.py": "raise RuntimeError('no database')\n"})
    assert house.ended(sha)["ending"] == "failed"
    assert house.check_run("hello-python", sha)["conclusion"] == "failure"
    assert answer_of(url).text == before


def test_a_build_that_fails_shows_its_log(house: House) -> None:
    """The check run of a failing build is red and holds the end of the build's own log."""
    work = house.repository("missing-package")
    sha = work.push("Want what does not exist")
    assert house.ended(sha)["ending"] == "failed"
    run = house.check_run("missing-package", sha)
    assert run["conclusion"] == "failure"
    assert "No matching distribution found" in run["output"]["summary"] + (run["output"]["text"] or "")


def test_a_broken_configuration_is_an_annotation_on_its_line(house: House) -> None:
    """An unknown key in servergem.yml fails a check run of its own, on the line that has it."""
    work = house.repository("hello-python")
    sha = work.push("Misspell", **{"servergem.yml": "services:\n  hello:\n    prot: 8080\n"})
    run = house.check_run("hello-python", sha)
    assert run["name"] == "ServerGem / configuration"
    assert run["conclusion"] == "failure"
    assert "port" in run["output"]["summary"]
    assert run["output"]["annotations_count"] == 1


def test_a_branch_of_no_environment_starts_nothing(house: House) -> None:
    """A push to another branch is received and leaves no check run."""
    work = house.repository("hello-python")
    first = work.push("Say hello")
    assert house.ended(first)["ending"] == "live", house.log_tail()
    work.push("An idea", branch="idea")
    second = work.push("Say it again")
    assert house.ended(second)["ending"] == "live", house.log_tail()
    assert {d["sha"] for d in house.deployments()} == {first, second}


ILL = """
import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Ill(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(500, "the database is away")


HTTPServer(("0.0.0.0", int(os.environ["PORT"])), Ill).serve_forever()
"""


def test_a_revision_that_answers_badly_never_serves(house: House) -> None:
    """The new revision starts and answers 500: it gets no traffic, and the check run says what it answered."""
    house.settings["VERIFY_DEADLINE"] = "5"
    house.stop()
    house.start()
    work = house.repository("hello-python")
    good = house.ended(work.push("Say hello"))
    assert good["ending"] == "live", house.log_tail()
    sha = work.push("Lose the database", **{"main.py": ILL})
    bad = house.ended(sha)
    assert bad["ending"] == "failed"
    assert house.world.runner.traffic("hello-python") == {good["revision"]: 100}
    run = house.check_run("hello-python", sha)
    assert "HTTP 500" in run["output"]["title"]
    assert "what served before keeps serving" in run["output"]["summary"]


def test_a_rollout_goes_step_by_step(house: House) -> None:
    """`rollout: [10, 50, 100]` gives the new revision its share in three steps, each named."""
    work = house.repository("hello-python")
    steps = "services:\n  hello-python:\n    rollout: [10, 50, 100]\n"
    assert house.ended(work.push("Say hello", **{"servergem.yml": steps}))["ending"] == "live"
    sha = work.push("Say more", **{"n.txt": "1"})
    deployment = house.ended(sha)
    assert deployment["ending"] == "live", house.log_tail()
    notes = [note for row in deployment["rows"] for note in row["notes"]]
    assert "10 % of the traffic" in notes and "50 % of the traffic" in notes
    assert house.world.runner.traffic("hello-python") == {deployment["revision"]: 100}


def test_a_private_service_is_asked_with_a_token(house: House) -> None:
    """`public: false`: nobody may call it without a token, and it goes live all the same."""
    work = house.repository("hello-python")
    closed = "services:\n  hello-python:\n    public: false\n"
    deployment = house.ended(work.push("Say hello", **{"servergem.yml": closed}))
    assert deployment["ending"] == "live", house.log_tail()
    assert answer_of(deployment["url"]).status_code == 403


def test_a_rerun_is_a_new_attempt(house: House) -> None:
    """ "Re-run" deploys the commit's service again under a new check run, also after what was wrong is mended."""
    world = house.world
    world.google.provisioned_project("demo-project")
    world.google.set_billing("demo-project", False)
    work = house.repository("hello-python")
    sha = work.push("Say hello")
    assert house.ended(sha)["ending"] == "failed"
    first = house.check_run("hello-python", sha)
    world.google.set_billing("demo-project", True)
    world.github.rerequest(first["id"])
    eventually(
        lambda: any(d["ending"] == "live" for d in house.deployments()), "the second attempt", house.log_tail
    )
    eventually(
        lambda: (
            [r["conclusion"] for r in world.github.check_runs("acme/hello-python", sha)]
            == ["success", "failure"]
        ),
        "two check runs",
        house.log_tail,
    )
