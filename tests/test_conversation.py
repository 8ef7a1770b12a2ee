"""What people say to ServerGem on GitHub, with buttons and comments, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.github.state import FOUNDER
from sandbox.world import PROJECT, Sandbox
from tests.conftest import OWNER, House, Work, answer_of, eventually
from tests.kept import check_run_text, conversation_text, insist
from tests.test_previews import CHECK, SAMPLE, gone, live, opened, preview, remark, services, told_live

PRODUCTION = f"ServerGem / {SAMPLE} (production)"


def say(house: House, work: Work, number: int, words: str, author: str = FOUNDER) -> int:
    return house.world.github.comment(f"{OWNER}/{work.name}", number, author, words)


def answer(house: House, work: Work, number: int, words: str) -> str:
    """ServerGem's answer, once it has these words."""

    def look() -> str:
        said = house.world.github.comments_on(f"{OWNER}/{work.name}", number)
        texts = [each["body"] for each in said if "<!-- servergem:answer-" in each["body"]]
        return next((text for text in texts if words in text), "")

    found: str = eventually(
        look,
        f"an answer with {words!r}",
        lambda: f"{house.world.github.comments_on(f'{OWNER}/{work.name}', number)}\n{house.log_tail()}",
    )
    return found


def test_help_lists_every_command(house: House) -> None:
    """A face comes at once, the list in one comment."""
    work = live(house)
    number, _ = opened(house, work)
    asked = say(house, work, number, "/help")
    assert f"@{FOUNDER}" in answer(house, work, number, "/rollback")
    comment = house.world.github.hub.comments[asked]
    assert [face.content for face in comment.reactions] == ["eyes"]


def test_in_a_locked_conversation_what_was_asked_is_done(house: House) -> None:
    """GitHub takes no comment of an App there: the preview comes, a command acts, and check runs say the rest."""
    work = live(house)
    work.git("checkout", "-q", "-B", "idea")
    sha = work.push("An idea", branch="idea", **{"idea.txt": "1"})
    repo = f"{OWNER}/{work.name}"
    house.world.github.deliveries.hold()
    number = house.world.github.open_pull_request(repo, "idea")
    house.world.github.lock_conversation(repo, number)
    house.world.github.deliveries.release()
    assert preview(house, work, sha)["conclusion"] == "success"
    say(house, work, number, "/preview off")
    gone(house, f"{SAMPLE}-pr-{number}")
    assert all(each["user"]["type"] == "User" for each in house.world.github.comments_on(repo, number))


def test_a_flood_of_a_readers_comments_is_answered_once(house: House) -> None:
    """Anybody may ask, in one comment an hour; each costs two calls at most, and writers are answered as ever."""
    work = live(house)
    number, sha = opened(house, work)
    assert preview(house, work, sha)["conclusion"] == "success"
    told_live(house, work, number)
    house.world.github.set_permission(f"{OWNER}/{work.name}", "eve", "read")
    before = house.world.github.calls.total()
    said = [say(house, work, number, "/status\n/explain\n/preview off", author="eve")]
    told = answer(house, work, number, "@eve")
    assert "[production](" in told and f"At {sha[:7]}" in told
    assert "<code>/preview off</code> takes write permission" in told
    said += [say(house, work, number, "/status", author="eve") for _ in range(5)]
    eventually(lambda: house.log_tail().count("comment.unanswered") == 5, "their end", house.log_tail)
    assert house.world.github.calls.total() - before <= 2 * len(said)
    say(house, work, number, "/help")
    answer(house, work, number, f"@{FOUNDER}")
    answers = [
        each["body"]
        for each in house.world.github.comments_on(f"{OWNER}/{work.name}", number)
        if "<!-- servergem:answer-" in each["body"]
    ]
    assert [("@eve" in text) for text in answers] == [True, False]


def test_a_reader_runs_nothing_again(house: House) -> None:
    """Re-run asks for write permission at that moment, of one check run and of all of a commit."""
    work = live(house)
    house.world.github.set_permission(f"{OWNER}/{work.name}", "eve", "read")
    sha = work.git("rev-parse", "HEAD")
    run = house.check_run(work.name, sha)
    house.world.github.rerequest_check_suite(run["check_suite"]["id"], sender="eve")
    house.world.github.rerequest(run["id"], sender="eve")
    assert eventually(
        lambda: remark(house, work, sha, "eve pressed Re-run, which takes write permission", PRODUCTION),
        "a refusal",
        house.log_tail,
    )
    eventually(lambda: house.log_tail().count("button.pressed") == 2, "both presses", house.log_tail)
    assert len(house.world.github.check_runs(f"{OWNER}/{work.name}", sha)) == 1


def test_an_unknown_command_gets_its_nearest(house: House) -> None:
    """A slip of the fingers is answered with what was meant, and nothing is done."""
    work = live(house)
    number, _ = opened(house, work)
    say(house, work, number, "/rolback")
    assert answer(house, work, number, "There is no `/rolback`; did you mean `/rollback`?")


def test_what_changes_something_takes_write_permission(house: House) -> None:
    """A reader's command is answered and not obeyed."""
    work = live(house)
    house.world.github.set_permission(f"{OWNER}/{work.name}", "eve", "read")
    number, sha = opened(house, work)
    assert preview(house, work, sha)["conclusion"] == "success"
    say(house, work, number, "/preview off", author="eve")
    assert answer(house, work, number, "takes write permission")
    assert f"{SAMPLE}-pr-{number}" in services(house)


def test_a_preview_goes_and_comes_by_command(house: House) -> None:
    """`/preview off` removes it, `/preview on` brings it back, `/explain` knows why."""
    work = live(house)
    number, sha = opened(house, work)
    assert preview(house, work, sha)["conclusion"] == "success"
    say(house, work, number, "/preview off")
    gone(house, f"{SAMPLE}-pr-{number}")
    say(house, work, number, "/explain")
    assert answer(house, work, number, f"{FOUNDER} switched the previews of this pull request off")
    say(house, work, number, "/preview on")
    eventually(lambda: f"{SAMPLE}-pr-{number}" in services(house), "its return", house.log_tail)


def test_deploy_is_an_answer_that_stays_current(house: House) -> None:
    """`/deploy` on a draft makes a preview after all, and the answer ends with its address."""
    work = live(house)
    work.git("checkout", "-q", "-B", "idea")
    sha = work.push("An idea", branch="idea", **{"idea.txt": "1"})
    number = house.world.github.open_pull_request(f"{OWNER}/{work.name}", "idea", draft=True)
    assert preview(house, work, sha)["conclusion"] == "skipped"
    say(house, work, number, "/deploy")
    assert sha[:7] in answer(house, work, number, "live at http://")


def test_a_command_is_for_the_head_that_its_author_saw(house: House) -> None:
    """A head that came after the comment is not deployed by it, and the answer says so."""
    work = live(house)
    number, sha = opened(house, work)
    assert preview(house, work, sha)["conclusion"] == "success"
    for suite in house.world.github.hub.suites.values():
        suite.created_at = "2099-01-01T00:00:00Z"
    runs = len(house.deployments())
    say(house, work, number, "/deploy")
    assert answer(house, work, number, f"The head became {sha[:7]} after this comment")
    assert len(house.deployments()) == runs


@pytest.fixture
def operated(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A ServerGem with an operator, who may write to the repository like others."""
    house = House(world, tmp_path, settings={"OPERATORS": "lead"})
    house.start()
    yield house
    house.stop()


def test_deploy_to_an_environment_of_its_own(operated: House) -> None:
    """`/deploy staging` brings a head to staging that is not on its branch only by an operator's word."""
    house = operated
    work = house.repository(SAMPLE)
    (work.path / "servergem.yml").write_text(STAGING.format(name=SAMPLE))
    assert house.ended(work.push("Say hello"))["ending"] == "live", house.log_tail()
    house.world.github.set_permission(f"{OWNER}/{work.name}", "lead", "write")
    number, sha = opened(house, work)
    say(house, work, number, "/deploy staging")
    assert answer(house, work, number, f"staging takes what is on develop, and {sha[:7]} is not there")
    assert f"{SAMPLE}-staging" not in services(house)
    say(house, work, number, f"/deploy staging {sha}", author="lead")
    run = preview(house, work, sha, f"ServerGem / {SAMPLE} (staging)")
    assert run["conclusion"] == "success", run["output"]
    assert f"{SAMPLE}-staging" in services(house)
    assert house.world.runner.traffic(SAMPLE)


def test_a_rollback_restores_what_served_before(house: House) -> None:
    """The traffic goes back in one call without a build, and the next push deploys again."""
    work = live(house)
    first = dict(house.world.runner.traffic(SAMPLE))
    bad = work.push("Worse", **{"n.txt": "2"})
    assert house.ended(bad)["ending"] == "live", house.log_tail()
    number, head = opened(house, work)
    assert preview(house, work, head)["conclusion"] == "success"
    told_live(house, work, number)
    builds = house.world.google.calls["CloudBuild.CreateBuild"]
    say(house, work, number, "/rollback")
    eventually(lambda: house.world.runner.traffic(SAMPLE) == first, "the old traffic", house.log_tail)
    assert "serves again" in answer(house, work, number, "rolled back")
    assert eventually(
        lambda: remark(house, work, bad, "not deployed here again by itself", PRODUCTION), "a record"
    )
    run = house.check_run(SAMPLE, bad, PRODUCTION)
    insist("rolled-back", check_run_text(house.world, run), conversation_text(house.world, SAMPLE, number))
    assert house.world.google.calls["CloudBuild.CreateBuild"] == builds
    work.git("checkout", "-q", "main")
    newer = work.push("Better", **{"n.txt": "3"})
    assert house.ended(newer)["ending"] == "live", house.log_tail()


def test_the_roll_back_button_does_the_same(house: House) -> None:
    """It stands on the newest production run, and says what serves again."""
    work = live(house)
    first = dict(house.world.runner.traffic(SAMPLE))
    bad = work.push("Worse", **{"n.txt": "2"})
    run = house.check_run(work.name, bad)
    house.world.github.press_button(run["id"], "roll-back")
    eventually(lambda: house.world.runner.traffic(SAMPLE) == first, "the old traffic", house.log_tail)
    assert eventually(
        lambda: remark(house, work, bad, f"{FOUNDER} pressed Roll back", PRODUCTION), "its record"
    )


def test_a_lock_lets_deployments_wait(house: House) -> None:
    """During a lock the newest push waits and says so; `/unlock` lets it go, and no other."""
    work = live(house)
    number, head = opened(house, work)
    assert preview(house, work, head)["conclusion"] == "success"
    told_live(house, work, number)
    say(house, work, number, "/lock database migration")
    answer(house, work, number, "Locked")
    work.git("checkout", "-q", "main")
    first = work.push("Wait", **{"n.txt": "1"})
    waiting = eventually(
        lambda: remark(house, work, first, "database migration", PRODUCTION), "a waiting run", house.log_tail
    )
    assert "Locked by" in waiting
    (run,) = house.world.github.check_runs(f"{OWNER}/{SAMPLE}", first)
    insist("locked", check_run_text(house.world, run), conversation_text(house.world, SAMPLE, number))
    second = work.push("Wait more", **{"n.txt": "2"})
    assert house.check_run(work.name, first, PRODUCTION)["conclusion"] == "neutral"
    say(house, work, number, "/unlock")
    assert house.ended(second)["ending"] == "live", house.log_tail()


def test_status_and_logs_tell_what_runs(house: House) -> None:
    """`/status` names commit and address, `/logs` shows what the container wrote."""
    work = live(house)
    number, sha = opened(house, work)
    assert preview(house, work, sha)["conclusion"] == "success"
    say(house, work, number, "/status")
    told = answer(house, work, number, "| Service |")
    assert "production" in told
    assert sha[:7] in told
    say(house, work, number, "/logs")
    assert "listening on port" in answer(house, work, number, "The last lines")


def test_rerun_is_a_new_attempt_that_builds_nothing_twice(house: House) -> None:
    """A re-run of a preview and of production is a new check run with the image that is there."""
    work = live(house)
    _, sha = opened(house, work)
    run = preview(house, work, sha)
    builds = house.world.google.calls["CloudBuild.CreateBuild"]
    house.world.github.rerequest(run["id"])

    def attempts() -> bool:
        runs = house.world.github.check_runs(f"{OWNER}/{work.name}", sha)
        ours = [each for each in runs if each["name"] == CHECK]
        return len(ours) == 2 and all(each["conclusion"] == "success" for each in ours)

    eventually(attempts, "a second attempt", house.log_tail)
    assert house.world.google.calls["CloudBuild.CreateBuild"] == builds


def test_a_press_is_of_its_own_repository(house: House) -> None:
    """A check run that names another repository's deployment runs nothing there, and nothing is said there."""
    theirs, ours = live(house), live(house, "hello-node")
    sha = theirs.git("rev-parse", "HEAD")
    victim = house.check_run(theirs.name, sha)
    runs = house.world.github.hub.runs
    run = house.check_run(ours.name, ours.git("rev-parse", "HEAD"))
    runs[run["id"]].external_id = runs[victim["id"]].external_id
    house.world.github.rerequest(run["id"])
    eventually(lambda: "pressed rerun, which ServerGem does not know" in house.log_tail(), "a refusal")
    assert len(house.world.github.check_runs(f"{OWNER}/{theirs.name}", sha)) == 1
    assert "pressed" not in house.check_run(theirs.name, sha)["output"]["summary"]


def test_rerun_of_all_runs_each_again(house: House) -> None:
    """ "Re-run all checks" makes a new attempt of every check run of the commit."""
    work = live(house, "shop")
    sha = work.git("rev-parse", "HEAD")

    def succeeded(number: int) -> bool:
        runs = house.world.github.check_runs(f"{OWNER}/{work.name}", sha)
        return [each["conclusion"] for each in runs] == ["success"] * number

    eventually(lambda: succeeded(2), "both services", house.log_tail)
    run = house.check_run(work.name, sha)
    house.world.github.rerequest_check_suite(run["check_suite"]["id"])
    eventually(lambda: succeeded(4), "two more attempts", house.log_tail)


def test_promote_brings_the_same_image_to_production(operated: House) -> None:
    """The button on staging takes main's commit or an operator, and deploys what was tested there without a build."""
    house = operated
    work = house.repository(SAMPLE)
    (work.path / "servergem.yml").write_text(STAGING.format(name=SAMPLE))
    assert house.ended(work.push("Say hello"))["ending"] == "live", house.log_tail()
    sha = work.push("An idea", branch="develop", **{"idea.txt": "1"})
    run = preview(house, work, sha, f"ServerGem / {SAMPLE} (staging)")
    builds = house.world.google.calls["CloudBuild.CreateBuild"]
    house.world.github.set_permission(f"{OWNER}/{work.name}", "lead", "write")
    house.world.github.press_button(run["id"], "promote")
    refused = "production takes what is on main"
    eventually(
        lambda: remark(house, work, sha, refused, f"ServerGem / {SAMPLE} (staging)"),
        "an answer",
        house.log_tail,
    )
    house.world.github.press_button(run["id"], "promote", sender="lead")
    promoted = preview(house, work, sha, PRODUCTION)
    assert promoted["conclusion"] == "success", promoted["output"]
    assert "reused from" in promoted["output"]["summary"]
    assert house.world.google.calls["CloudBuild.CreateBuild"] == builds


def test_the_retry_button_runs_what_failed_again(house: House) -> None:
    """It stands on a failed run, takes write permission, and makes a new attempt, which goes live when all is well."""
    house.world.google.provisioned_project(PROJECT)
    house.world.google.set_billing(PROJECT, False)
    work = house.repository(SAMPLE)
    house.world.github.set_permission(f"{OWNER}/{work.name}", "eve", "read")
    sha = work.push("Say hello")
    run = house.check_run(work.name, sha)
    assert [action["label"] for action in house.world.github.hub.runs[run["id"]].actions] == ["Retry"]
    house.world.google.set_billing(PROJECT, True)
    house.world.github.press_button(run["id"], "retry", sender="eve")
    eventually(lambda: remark(house, work, sha, "write permission", PRODUCTION), "an answer", house.log_tail)
    assert len(house.world.github.check_runs(f"{OWNER}/{work.name}", sha)) == 1
    house.world.github.press_button(run["id"], "retry")
    eventually(
        lambda: [d["ending"] for d in house.deployments()] == ["live", "failed"], "a live one", house.log_tail
    )
    assert remark(house, work, sha, f"{FOUNDER} pressed Retry", PRODUCTION)


@pytest.mark.parametrize("event", ["uninstall", "remove", "archive", "delete"])
def test_a_repository_out_of_reach_keeps_no_preview(house: House, event: str) -> None:
    """Whatever takes the repository away takes its previews with it."""
    work = live(house)
    number, sha = opened(house, work)
    assert preview(house, work, sha)["conclusion"] == "success"
    name, github = f"{OWNER}/{work.name}", house.world.github
    {
        "uninstall": lambda: github.uninstall(OWNER),
        "remove": lambda: github.remove_from_installation(name),
        "archive": lambda: github.archive_repository(name),
        "delete": lambda: github.delete_repository(name),
    }[event]()
    gone(house, f"{SAMPLE}-pr-{number}")
    assert answer_of(house.world.runner.url("demo-project", "europe-west1", SAMPLE)).status_code == 200


def test_an_added_repository_gets_a_first_look(house: House) -> None:
    """One check run on its head says that a push would deploy it; nothing is made."""
    work = house.repository(SAMPLE)
    name, github = f"{OWNER}/{work.name}", house.world.github
    github.remove_from_installation(name)
    sha = work.push("Say hello")
    github.add_to_installation(name)
    run = house.check_run(work.name, sha, "ServerGem / first look")
    assert run["conclusion"] == "success", run["output"]
    assert run["output"]["title"] == f"The next push to main deploys {SAMPLE}"
    assert services(house) == set()


def test_a_merge_queue_gets_the_names_that_it_waits_for(house: House) -> None:
    """The check of a pull request is reported on the group's own commit too."""
    work = live(house)
    number, sha = opened(house, work)
    assert preview(house, work, sha)["conclusion"] == "success"
    group = house.world.github.queue_to_merge(f"{OWNER}/{work.name}", number)
    assert preview(house, work, group)["conclusion"] == "skipped"


STAGING = """
services:
  {name}: {{}}
environments:
  production: {{branch: main}}
  staging: {{branch: develop}}
"""
