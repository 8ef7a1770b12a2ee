"""What a person begins again is decided again: nothing that was taken away since comes back with a press."""

from __future__ import annotations

from app.github import GitHub
from app.model import Repository
from app.retry import Policy
from sandbox.world import APP_ID, PROJECT, SAMPLES, Sandbox
from tests.conftest import OWNER, House, eventually
from tests.test_previews import SAMPLE, preview, remark, services

STAGING = f"ServerGem / {SAMPLE} (staging)"
WRITTEN = f"""services: {{{SAMPLE}: {{public: %s}}}}
environments: {{production: {{branch: main}}%s}}
"""
BOTH = ", staging: {branch: develop}"


def test_a_rerun_gets_what_is_decided_now(house: House) -> None:
    """What main has closed stays closed, and an environment that main has taken away takes nothing any more."""
    work = house.repository(SAMPLE)

    def decided(public: str, environments: str) -> None:
        sha = work.push("Decide", **{"servergem.yml": WRITTEN % (public, environments)})
        assert house.ended(sha)["ending"] == "live", house.log_tail()

    def attempts() -> list[str]:
        runs = house.world.github.check_runs(f"{OWNER}/{work.name}", sha)
        return [str(each["conclusion"]) for each in runs if each["name"] == STAGING]

    decided("true", BOTH)
    work.git("checkout", "-q", "-B", "develop")
    sha = work.push("An idea", branch="develop", **{"idea.txt": "1"})
    run = preview(house, work, sha, STAGING)
    assert run["conclusion"] == "success", run["output"]
    path = f"projects/{PROJECT}/locations/europe-west1/services/{SAMPLE}-staging"
    assert house.world.google.run.services[path].invoker_iam_disabled
    work.git("checkout", "-q", "main")
    decided("false", BOTH)
    house.world.github.rerequest(run["id"])
    eventually(lambda: attempts() == ["success"] * 2, "a second attempt", house.log_tail)
    assert not house.world.google.run.services[path].invoker_iam_disabled
    decided("false", "")
    house.world.github.rerequest(run["id"])
    told = "names no environment staging, so nothing is deployed there"
    eventually(lambda: remark(house, work, sha, told, STAGING), "a refusal", house.log_tail)
    assert len(attempts()) == 2
    assert services(house) == {SAMPLE, f"{SAMPLE}-staging"}


def test_the_branch_that_decides_is_githubs_word(world: Sandbox) -> None:
    """Rows do not keep which branch is the default one: nobody decides by pushing a branch that is called main."""
    number = world.github.create_repository(OWNER, SAMPLE, SAMPLES / SAMPLE)
    installation = world.github.hub.installed(OWNER)
    git = world.github.hub.of(f"{OWNER}/{SAMPLE}").git
    main, who = git.run("rev-parse", "main").decode().strip(), ("Ada", "ada@example.com")
    idea = git.write_commit(git.run("rev-parse", "main^{tree}").decode().strip(), [main], "Idea", who, who)
    git.run("update-ref", "refs/heads/trunk", main)
    git.run("update-ref", "refs/heads/idea", idea)
    git.default_branch = "trunk"
    assert installation is not None
    kept = Repository(number, OWNER, SAMPLE, installation.id)
    github = GitHub(APP_ID, world.private_key, world.github.url, Policy(attempts=2))
    pull = github.pull_request(kept, world.github.open_pull_request(f"{OWNER}/{SAMPLE}", "idea", base="main"))
    github.close()
    assert pull is not None
    assert pull.repository.default_branch == "trunk"
