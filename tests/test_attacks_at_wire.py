"""Attacks at the wire: what is not theirs to take, swapped at the last moment, or printed to be obeyed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.model import ImageName
from sandbox.world import PROJECT, Sandbox
from tests.conftest import OWNER, House, Work, answer_of, eventually
from tests.setting_up import set_up
from tests.test_attacks import settled
from tests.test_attacks_by_text import CONTROL
from tests.test_brought_images import image_of
from tests.test_conversation import STAGING, answer, say
from tests.test_forks import SETTINGS, approve, asked, forked
from tests.test_previews import SAMPLE, live, opened, preview, services

LEAD = "lead"
TOY = "toy"


@pytest.fixture
def operated(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A ServerGem with an operator, that takes forks."""
    world.google.secrets.put(PROJECT, "db-url", "postgres://prod:hunter22@db/shop")
    set_up(world.google, PROJECT)
    house = House(world, tmp_path, settings=SETTINGS | {"OPERATORS": LEAD})
    house.start()
    yield house
    house.stop()


def test_another_repositorys_image_is_not_taken(house: House) -> None:
    """Who deploys reads every image of the project; what was built for one repository serves for no other.

    Neither by its digest, nor by a tag, nor by another way to write the registry, nor by a dispatch.
    """
    live(house)
    taken = ImageName.parse(image_of(house))
    assert taken is not None and taken.shelf is not None
    toy = house.repository("hello-python", TOY)
    before, port = services(house), f"{taken.path.partition('/')[0]}:443/{taken.path.partition('/')[2]}"
    previews = taken.path.replace("/servergem/", "/servergem-previews/")
    for path in (taken.path, port, previews):
        image = f"{path}@{taken.digest}"
        sha = toy.push("Mine now", **{"servergem.yml": f"services: {{{TOY}: {{image: '{image}'}}}}\n"})
        run = house.check_run(TOY, sha)
        assert run["conclusion"] == "failure", run["output"]
        assert "is not this repository's to deploy" in json.dumps(run["output"]), run["output"]
        house.world.github.dispatch(f"{OWNER}/{TOY}", "deploy", {"service": TOY, "image": image})
        settled(house)
        assert services(house) == before, path


def swapped(house: House, work: Work) -> tuple[int, str, str]:
    """A pull request whose branch had something evil on it for long, and shows something harmless now."""
    number, evil = opened(house, work, **{"evil.txt": "1"})
    assert preview(house, work, evil)["conclusion"] == "success", house.log_tail()
    work.git("reset", "-q", "--hard", "HEAD~1")
    (work.path / "harmless.txt").write_text("1")
    work.git("add", "-A")
    work.git("commit", "-q", "-m", "Harmless")
    work.git("push", "-q", "-f", "origin", "HEAD:idea")
    return number, evil, work.git("rev-parse", "HEAD")


def test_an_operators_word_is_for_one_commit(operated: House) -> None:
    """An operator looks at one head and lets it past the branch; back goes the branch to what GitHub has long known."""
    house, github = operated, operated.world.github
    work = house.repository(SAMPLE)
    (work.path / "servergem.yml").write_text(STAGING.format(name=SAMPLE))
    assert house.ended(work.push("Say hello"))["ending"] == "live", house.log_tail()
    github.set_permission(f"{OWNER}/{work.name}", LEAD, "write")
    number, evil, harmless = swapped(house, work)
    assert preview(house, work, harmless)["conclusion"] == "success", house.log_tail()
    house.world.faults.add(
        "POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", 1, kind="delay", seconds=2.0
    )
    say(house, work, number, "/deploy staging", author=LEAD)
    work.git("push", "-q", "-f", "origin", f"{evil}:idea")
    assert f"/deploy staging {evil}" in answer(house, work, number, "Only an operator may deploy")
    settled(house)
    assert f"{SAMPLE}-staging" not in services(house)
    say(house, work, number, f"/deploy staging {harmless}", author=LEAD)
    assert answer(house, work, number, f"The head is not {harmless}")
    assert f"{SAMPLE}-staging" not in services(house)


def test_a_fork_that_pushes_while_it_builds_runs_nothing_newer(operated: House) -> None:
    """The approval is for the head that builds; what is pushed meanwhile waits, and never answers anywhere."""
    house = operated
    fork = forked(house)
    sha = asked(fork)
    built = house.world.google.calls["CloudBuild.CreateBuild"]
    house.world.faults.add("CloudBuild.GetBuild", 1, kind="delay", seconds=2.0)
    approve(fork, sha)
    eventually(
        lambda: house.world.google.calls["CloudBuild.CreateBuild"] > built, "the build", house.log_tail
    )
    evil = fork.push("While it builds", **{"evil.txt": "1"})
    assert preview(house, fork.home, evil)["conclusion"] == "action_required"
    settled(house)
    assert house.world.google.calls["CloudBuild.CreateBuild"] == built + 1
    running = house.world.google.run.services.values()
    assert evil not in {each.template.labels.get("commit") for each in running}


HOSTILE = (
    "::add-mask::hunter22xyz",
    "::error file=main.py::owned",
    "##[error]owned",
    "```",
    "</details><h1>owned</h1> [free](https://evil.example) @everyone #1",
    "\x1b]0;owned\x07\x1b[2J\u202eowned",
    "\x1b[36mDB_PASSWORD\x1b[0m=\x1b[35mhunter22xyz\x1b[0m",
    '{"name": "DB_PASSWORD", "value": "hunter22xyz"}',
)


def test_what_a_release_command_prints_is_only_shown(house: House) -> None:
    """Workflow commands, markup, colours and direction: shown in a block that it cannot close, without its secrets."""
    work = house.repository(SAMPLE)
    (work.path / "migrate.py").write_text(
        f"import sys\nfor line in {HOSTILE[1:]!r}:\n    print(line, flush=True)\nsys.exit(3)\n"
    )
    sha = work.push(
        "Migrate", **{"servergem.yml": f"services: {{{SAMPLE}: {{release: python migrate.py}}}}\n"}
    )
    run = house.check_run(work.name, sha)
    assert run["conclusion"] == "failure", run["output"]
    page = answer_of(f"{house.address}/deployments/{house.ended(sha)['id']}").text
    for shown in (run["output"]["title"], run["output"]["summary"], run["output"]["text"]):
        assert not CONTROL.search(shown) and "hunter22xyz" not in shown, shown
        without = re.sub(r"(?ms)^(`{3,})text\n.*?^\1$", "", shown)
        assert "https://evil.example" not in without and "<h1>" not in without, without
        assert not re.search(r"(?m)^(::|##\[)|@everyone", without), without
    assert "````text" in run["output"]["text"], run["output"]["text"]
    assert "<h1>owned" not in page and "hunter22xyz" not in page and "\u202e" not in page
    assert "owned" in run["output"]["text"]


def test_names_that_fold_to_one_are_two_repositories(house: House) -> None:
    """`Hello.Python` wants what `hello-python` has, for production and for its first pull request; it gets neither."""
    first = live(house)
    number, sha = opened(house, first)
    assert preview(house, first, sha)["conclusion"] == "success", house.log_tail()
    url = house.deployments()[-1]["url"]
    before, said = services(house), answer_of(url).text
    traffic = house.world.runner.traffic(SAMPLE)
    second = house.repository("hello-python", "Hello.Python")
    theirs = second.push("Mine", **{"mine.txt": "1"})
    run = house.check_run("Hello.Python", theirs)
    assert run["conclusion"] == "failure" and "is not this repository's" in json.dumps(run["output"])
    theirs_number, head = opened(house, second)
    run = preview(house, second, head)
    assert theirs_number == number
    assert run["conclusion"] == "failure" and "is not this repository's" in json.dumps(run["output"])
    house.world.github.close_pull_request(f"{OWNER}/Hello.Python", theirs_number)
    settled(house)
    assert services(house) == before and house.world.runner.traffic(SAMPLE) == traffic
    assert answer_of(url).text == said
