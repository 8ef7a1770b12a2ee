"""Forks: nothing runs until a person says so, and then without anything that is production's."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.world import PROJECT, Sandbox
from tests.conftest import OWNER, House, Work, answer_of, eventually
from tests.kept import check_run_text, conversation_text, insist
from tests.setting_up import set_up
from tests.test_conversation import PRODUCTION, answer, say
from tests.test_previews import CHECK, SAMPLE, buttons, gone, preview, remark, services

STRANGER = "mallory"
RUNTIME, BUILDER = (
    f"{name}@{PROJECT}.iam.gserviceaccount.com" for name in ("servergem-fork", "servergem-fork-build")
)
SETTINGS = {"FORK_SERVICE_ACCOUNT": RUNTIME, "FORK_BUILD_SERVICE_ACCOUNT": BUILDER}


@pytest.fixture
def house(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A ServerGem whose operator has given forks accounts of their own, with a secret of production's."""
    world.google.secrets.put(PROJECT, "db-url", "postgres://prod:hunter22@db/shop")
    set_up(world.google, PROJECT)
    house = House(world, tmp_path, settings=SETTINGS)
    house.start()
    yield house
    house.stop()


@dataclass
class Fork:
    """A stranger's copy of the repository, and the pull request from it."""

    house: House
    home: Work
    path: Path
    who: str = STRANGER
    number: int = 0

    def push(self, message: str = "Mine", **files: str) -> str:
        for path, text in files.items():
            (self.path / path).write_text(text)
        self._git("add", "-A")
        self._git("commit", "-q", "--allow-empty", "-m", message)
        self._git("push", "-q", "origin", "HEAD:idea")
        return self._git("rev-parse", "HEAD")

    def open(self) -> int:
        self.number = self.house.world.github.open_pull_request(
            f"{OWNER}/{self.home.name}",
            "idea",
            author=self.who,
            from_fork=f"{self.who}/{self.home.name}",
        )
        return self.number

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "-c", f"user.name={STRANGER}", "-c", "user.email=m@example.com", *arguments],
            cwd=self.path,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()


def forked(house: House, config: str = "") -> Fork:
    """A repository whose main serves with a secret, public, and a stranger's clone of their fork."""
    work = house.repository(SAMPLE)
    (work.path / "servergem.yml").write_text(config or CONFIG)
    assert house.ended(work.push("Say hello"))["ending"] == "live", house.log_tail()
    return fork_of(work)


def fork_of(work: Work) -> Fork:
    """A stranger's clone of their fork of this repository, which everybody may see from now on."""
    house, github = work.house, work.house.world.github
    github.set_private(f"{OWNER}/{work.name}", False)
    github.fork(f"{OWNER}/{work.name}", STRANGER)
    path = house.folder / "fork"
    subprocess.run(["git", "clone", "-q", github.clone_url(f"{STRANGER}/{work.name}"), str(path)], check=True)
    return Fork(house, work, path)


def fork_of_a_fork(fork: Fork, who: str) -> Fork:
    """Somebody's clone of their fork of that fork."""
    github = fork.house.world.github
    name = github.fork(f"{fork.who}/{fork.home.name}", who)
    path = fork.house.folder / f"fork-of-{who}"
    subprocess.run(["git", "clone", "-q", github.clone_url(name), str(path)], check=True)
    return Fork(fork.house, fork.home, path, who)


def asked(fork: Fork, **files: str) -> str:
    """The stranger's pull request; its head."""
    sha = fork.push(**(files or {"idea.txt": "mine"}))
    fork.open()
    run = preview(fork.house, fork.home, sha)
    assert run["conclusion"] == "action_required", run["output"]
    return sha


def approve(fork: Fork, sha: str, sender: str = "ada") -> None:
    run = preview(fork.house, fork.home, sha)
    fork.house.world.github.press_button(run["id"], "approve", sender=sender)


def approved(fork: Fork, sha: str) -> str:
    """The name of the fork's preview, once it runs."""
    approve(fork, sha)
    name = f"{SAMPLE}-pr-{fork.number}"
    eventually(lambda: name in services(fork.house), "the fork's preview", fork.house.log_tail)
    eventually(lambda: ended_well(fork, sha), "its check run", fork.house.log_tail)
    return name


def ended_well(fork: Fork, sha: str) -> bool:
    runs = fork.house.world.github.check_runs(f"{OWNER}/{fork.home.name}", sha)
    return any(run["name"] == CHECK and run["conclusion"] == "success" for run in runs)


def container_of(fork: Fork, name: str) -> dict[str, str]:
    path = f"projects/{PROJECT}/locations/europe-west1/services/{name}"
    service = fork.house.world.google.run.services[path]
    return {each.name: each.value for each in service.template.containers[0].env} | {
        "account": service.template.service_account,
        "image": service.template.containers[0].image,
    }


def test_a_fork_waits_for_a_person(house: House) -> None:
    """Nothing is built or run; one check run waits and has one button."""
    fork = forked(house)
    builds = house.world.google.calls["CloudBuild.CreateBuild"]
    sha = asked(fork)
    run = preview(house, fork.home, sha)
    assert [button["label"] for button in buttons(house, run)] == ["Approve deploy"]
    assert house.world.google.calls["CloudBuild.CreateBuild"] == builds
    assert services(house) == {SAMPLE}
    said = conversation_text(house.world, SAMPLE, fork.number)
    insist("fork-waits", check_run_text(house.world, run), said)
    say(house, fork.home, fork.number, "/preview off")
    eventually(
        lambda: preview(house, fork.home, sha)["conclusion"] == "skipped", "no question", house.log_tail
    )
    say(house, fork.home, fork.number, "/preview on")
    answer(house, fork.home, fork.number, "gets previews")
    asked_again = eventually(
        lambda: preview(house, fork.home, sha)["conclusion"] == "action_required",
        "the question",
        house.log_tail,
    )
    assert asked_again, "GitHub shows the newest check run alone, and that one has to ask"
    assert approved(fork, sha) in services(house)


def test_an_approval_takes_write_permission(house: House) -> None:
    """The stranger presses their own button, and nothing happens but that it is said."""
    fork = forked(house)
    sha = asked(fork)
    approve(fork, sha, sender=STRANGER)
    assert eventually(lambda: remark(house, fork.home, sha, "write permission"), "an answer", house.log_tail)
    assert services(house) == {SAMPLE}


def test_a_fork_of_a_fork_waits_for_who_may_write_here(house: House) -> None:
    """Neither its author nor the owner of the fork between has a say, though each may write to a fork."""
    fork = fork_of_a_fork(forked(house), "eve")
    builds = house.world.google.calls["CloudBuild.CreateBuild"]
    sha = asked(fork)
    approve(fork, sha, sender="eve")
    assert eventually(
        lambda: remark(house, fork.home, sha, "eve pressed"), "an answer to eve", house.log_tail
    )
    approve(fork, sha, sender=STRANGER)
    assert eventually(lambda: remark(house, fork.home, sha, STRANGER), "an answer", house.log_tail)
    assert house.world.google.calls["CloudBuild.CreateBuild"] == builds
    assert services(house) == {SAMPLE}
    assert container_of(fork, approved(fork, sha))["account"] == RUNTIME


def test_an_approved_commit_runs_and_the_next_one_waits_again(house: House) -> None:
    """The approval is for one commit: a push after it has to be approved anew."""
    fork = forked(house)
    sha = asked(fork)
    name = approved(fork, sha)
    assert name in services(house)
    second = fork.push("And now something else", **{"evil.txt": "2"})
    assert preview(house, fork.home, second)["conclusion"] == "action_required"
    gone(house, name)


def test_an_approval_of_an_older_head_is_refused(house: House) -> None:
    """What was looked at is not what would run: the press says so."""
    fork = forked(house)
    sha = asked(fork)
    second = fork.push("Quickly swapped", **{"evil.txt": "2"})
    preview(house, fork.home, second)
    approve(fork, sha)
    assert eventually(
        lambda: remark(house, fork.home, sha, "no longer the head"), "an answer", house.log_tail
    )
    assert services(house) == {SAMPLE}


def test_a_forks_own_configuration_is_not_read(house: House) -> None:
    """Secrets, variables, account and release command that the fork asks for are not what it gets."""
    fork = forked(house)
    sha = asked(fork, **{"servergem.yml": GREEDY})
    own = container_of(fork, approved(fork, sha))
    assert own["account"] == RUNTIME
    assert "STOLEN" not in own
    assert "EVIL" not in own
    assert "DATABASE_URL" not in own


def test_a_fork_is_built_by_a_powerless_account_without_a_cache(house: House) -> None:
    """Its build has its own account, its own bucket and registry, and no cache to read or to poison."""
    fork = forked(house)
    approved(fork, asked(fork))
    build = house.world.google.builds.newest()
    assert build.service_account.endswith(BUILDER)
    words = " ".join(argument for step in build.steps for argument in step.args)
    assert "cache" not in words
    assert "/servergem-forks/" in words
    assert build.source.storage_source.bucket.endswith("-forks")


def test_what_a_fork_built_is_never_deployed_to_production(house: House) -> None:
    """The merge of the fork's very tree is built anew, by the account that builds for production."""
    fork = forked(house)
    name = approved(fork, asked(fork))
    image = container_of(fork, name)["image"]
    builds = house.world.google.calls["CloudBuild.CreateBuild"]
    merged = house.world.github.merge_pull_request(f"{OWNER}/{fork.home.name}", fork.number)
    run = preview(house, fork.home, merged, PRODUCTION)
    assert run["conclusion"] == "success", run["output"]
    assert house.world.google.calls["CloudBuild.CreateBuild"] == builds + 1
    assert container_of(fork, SAMPLE)["image"] != image


def test_a_strangers_commands_are_not_obeyed(house: House) -> None:
    """`/deploy` by the author of the fork approves nothing."""
    fork = forked(house)
    sha = asked(fork)
    say(house, fork.home, fork.number, "/deploy", author=STRANGER)
    assert answer(house, fork.home, fork.number, "takes write permission")
    say(house, fork.home, fork.number, "/deploy production")
    assert answer(house, fork.home, fork.number, "fork is deployed as a preview")
    assert preview(house, fork.home, sha)["conclusion"] == "action_required"
    assert services(house) == {SAMPLE}


def test_a_deleted_fork_is_still_a_fork(house: House) -> None:
    """With its repository gone a pull request is not trusted for that."""
    fork = forked(house)
    sha = asked(fork)
    house.world.github.delete_repository(f"{STRANGER}/{fork.home.name}")
    house.world.github.label(f"{OWNER}/{fork.home.name}", fork.number, "look")
    assert preview(house, fork.home, sha)["conclusion"] == "action_required"
    assert services(house) == {SAMPLE}
    house.kill()  # nothing is asked, and recorded, any more
    without_its_repository(house.folder / "github.jsonl")


def without_its_repository(record: Path) -> None:
    """Leave out of the record what has `head.repo: null`: GitHub answers so, and its own description forbids it."""
    lines = record.read_text().splitlines(keepends=True)
    kept = [line for line in lines if '"repo": null' not in line]
    assert 0 < len(kept) < len(lines)
    record.write_text("".join(kept))


def test_without_accounts_for_forks_none_is_deployed(world: Sandbox, tmp_path: Path) -> None:
    """An operator who has named no accounts for forks runs no stranger's code, whoever approves."""
    house = House(world, tmp_path)
    house.start()
    try:
        world.google.secrets.put(PROJECT, "db-url", "postgres://prod:hunter22@db/shop")
        fork = forked(house)
        sha = fork.push(**{"idea.txt": "mine"})
        fork.open()
        run = preview(house, fork.home, sha)
        assert run["conclusion"] == "skipped"
        assert "no accounts for forks" in run["output"]["title"]
        assert services(house) == {SAMPLE}
    finally:
        house.stop()


def waits(fork: Fork, sha: str, what: str) -> None:
    """The check run of this head that waits for a person, whatever ran before."""

    def look() -> bool:
        runs = fork.house.world.github.check_runs(f"{OWNER}/{fork.home.name}", sha)
        named = [run for run in runs if run["name"] == CHECK]
        return bool(named) and max(named, key=lambda run: run["id"])["conclusion"] == "action_required"

    eventually(look, what, fork.house.log_tail)


def test_a_fork_gets_what_the_button_says(house: House) -> None:
    """Neither the previews' own secrets, account and release command nor production's variables."""
    house.world.google.secrets.put(PROJECT, "staging-key", "sk_staging_12345")
    fork = forked(house, GENEROUS)
    released = house.world.google.calls["Jobs.CreateJob"]
    own = container_of(fork, approved(fork, asked(fork)))
    assert own["account"] == RUNTIME
    assert own["SHOWN"] == "yes"
    assert not {"STAGING_KEY", "LOG_LEVEL", "DATABASE_URL"} & set(own)
    assert house.world.google.calls["Jobs.CreateJob"] == released


def test_an_approval_ends_with_another_base_branch(house: House) -> None:
    """The author of the fork points it at a branch with a configuration of its own: somebody has to say yes again."""
    fork = forked(house)
    fork.home.push("Inside", branch="internal", **{"servergem.yml": GENEROUS})
    sha = asked(fork)
    name = approved(fork, sha)
    house.world.github.change_base(f"{OWNER}/{fork.home.name}", fork.number, "internal", sender=STRANGER)
    gone(house, name)
    waits(fork, sha, "another question")


def test_a_bare_deploy_approves_nothing_that_came_after_it(house: House) -> None:
    """A maintainer looks at one head and says /deploy; the author pushes another at once: it waits, and is named."""
    fork = forked(house)
    sha = asked(fork)
    house.world.faults.add(
        "POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", 1, kind="delay", seconds=3.0
    )
    say(house, fork.home, fork.number, "/deploy")
    evil = fork.push("Quickly swapped", **{"evil.txt": "2"})
    assert f"/deploy {evil}" in answer(house, fork.home, fork.number, "had not yet seen")
    assert preview(house, fork.home, evil)["conclusion"] == "action_required"
    assert services(house) == {SAMPLE}
    assert sha != evil


def test_a_head_that_was_never_looked_at_is_not_deployed(house: House) -> None:
    """No webhook told of the head: a bare /deploy cannot mean it, and the whole name of the commit can."""
    fork = forked(house)
    asked(fork)
    address, house.world.github.webhook_url = house.world.github.webhook_url, ""
    unseen = fork.push("Unseen", **{"evil.txt": "2"})
    house.world.github.webhook_url = address
    say(house, fork.home, fork.number, "/deploy")
    assert f"/deploy {unseen}" in answer(house, fork.home, fork.number, "had not yet seen")
    assert services(house) == {SAMPLE}
    say(house, fork.home, fork.number, f"/deploy {unseen}")
    eventually(lambda: f"{SAMPLE}-pr-{fork.number}" in services(house), "the fork's preview", house.log_tail)


def test_a_bare_deploy_approves_what_was_looked_at(house: House) -> None:
    """The head that waits is the one that the comment is about, and it runs."""
    fork = forked(house)
    sha = asked(fork)
    say(house, fork.home, fork.number, "/deploy")
    eventually(lambda: ended_well(fork, sha), "its check run", house.log_tail)


def test_production_serves_on_whatever_a_fork_does(house: House) -> None:
    """An approved fork whose program crashes changes nothing but its own check run."""
    fork = forked(house)
    url = house.deployments()[-1]["url"]
    before = answer_of(url).text
    sha = asked(fork, **{"main.py": "raise RuntimeError('mine')\n"})
    approve(fork, sha)

    def failed() -> bool:
        runs = house.world.github.check_runs(f"{OWNER}/{fork.home.name}", sha)
        return any(run["name"] == CHECK and run["conclusion"] == "failure" for run in runs)

    eventually(failed, "its failure", house.log_tail)
    assert answer_of(url).text == before


CONFIG = f"""
services:
  {SAMPLE}:
    env: {{LOG_LEVEL: info}}
    secrets: {{DATABASE_URL: db-url}}
"""
GREEDY = f"""
services:
  {SAMPLE}:
    service_account: {PROJECT}@appspot.gserviceaccount.com
    release: curl http://evil.example
    env: {{EVIL: "1"}}
    secrets: {{DATABASE_URL: db-url}}
previews:
  forks: approve
  release: true
  env: {{EVIL: "1"}}
  secrets: {{STOLEN: db-url}}
"""
GENEROUS = f"""
services:
  {SAMPLE}:
    release: python -c pass
    env: {{LOG_LEVEL: info}}
    secrets: {{DATABASE_URL: db-url}}
previews:
  release: true
  env: {{SHOWN: "yes"}}
  secrets: {{STAGING_KEY: staging-key}}
"""
