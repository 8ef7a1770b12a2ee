"""Tags that deploy, and environments that come after another: tables, and two stories at the wire."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app import config
from app.config import Config
from app.config.granting import granted
from app.conversation.gate import Gate, refusal
from app.model import Commit, Repository, Stop, Target
from sandbox.github.state import FOUNDER
from tests.conftest import OWNER, House, Work, eventually
from tests.test_previews import SAMPLE, remark, services

FILE = "services: {api: {}}\nenvironments:\n  staging: {branch: main}\n  production: {branch: none%s}\n"


def read(text: str) -> Config:
    return config.read(text, repository_name="shop", default_branch="main")


def tagged(tag: str, read: Config) -> tuple[Target, ...]:
    return config.targets(
        read, branch="main", tag=tag, project="p", region="europe-west1", default_branch="main"
    )


@pytest.mark.parametrize(
    ("tags", "tag", "fits"),
    [
        ("v*", "v1.2.0", True),
        ("v*", "v1/x", False),
        ("'v[0-9]*.[0-9]*'", "v1.2", True),
        ("'{v*,r*}'", "r7", True),
        ("v*", "latest", False),
        ("", "v1", False),
        ("main", "main", True),
    ],
)
def test_a_tag_goes_where_its_pattern_is(tags: str, tag: str, fits: bool) -> None:
    """Patterns are those of branches, and the branch of the same environment has no say in it."""
    found = tagged(tag, read(FILE % (tags and f", tags: {tags}")))
    assert [target.environment for target in found] == (["production"] if fits else [])


def test_the_default_branch_decides_tags_and_chains() -> None:
    """What a commit writes there counts only after the merge, and is told."""
    own, decided = read(FILE % ", tags: v*"), read(FILE % ", after: staging")
    given = granted(own, decided)
    assert given.environments == decided.environments
    assert given.later == ("environments.production.tags", "environments.production.after")


CHAINS = [
    (", after: stagin", 4, "stagin, which is no environment", "after: staging"),
    (", after: production", 4, "production is after itself", "after: staging"),
    (", after: staging, tags: v*", 4, "pushes would deploy it too", "Remove `tags`"),
    (", after: staging}\n  demo: {branch: demo, after: production", 5, "pushes would", "branch: none"),
    (
        ", after: staging}\n  demo: {branch: none, after: staging",
        5,
        "both after staging",
        "after: production",
    ),
    (", after: demo}\n  demo: {branch: none, after: production", 4, "after itself", "no `after`"),
    (", tags: v*}\n  demo: {branch: none, tags: v*", 5, "both deploy the tags v*", "tags of its own"),
    (", tags: refs/tags/v1", 4, "write v1", "Write `tags: v1`"),
    (", tags: 'v\\1'", 4, "has a backslash", "Change `tags`"),
]


@pytest.mark.parametrize(("written", "line", "title", "fix"), CHAINS)
def test_each_fault_of_tags_and_chains_has_its_line(written: str, line: int, title: str, fix: str) -> None:
    """What could never be deployed, or by two ways, is said before anything is."""
    with pytest.raises(Stop) as caught:
        read(FILE % written)
    finding = caught.value.findings[0]
    assert finding.place is not None and finding.place.line == line
    assert title in finding.title and fix in finding.fix


@pytest.mark.parametrize(
    ("written", "name", "onward"),
    [
        ("", "production", "staging"),
        ("", "staging", ""),
        (", after: staging", "staging", "production"),
        (", after: staging}\n  demo: {branch: none, after: production", "production", "demo"),
        (", after: staging}\n  demo: {branch: none, after: production", "demo", "staging"),
    ],
)
def test_promote_leads_along_the_chain(written: str, name: str, onward: str) -> None:
    """What comes after is where it leads; without a chain it leads home, as ever."""
    assert config.onward(read(FILE % written), name, "main") == onward


COMMIT = Commit(Repository(7, "acme", "shop", 42), "b2c3d4e" + "0" * 33, "main")
AFTER = Gate("production", "none", after="staging", serving=("api",))


@pytest.mark.parametrize(
    ("gate", "services", "operator", "refused"),
    [
        (AFTER, ("api",), False, ""),
        (AFTER, ("api", "web"), False, "b2c3d4e of `web` does not serve there"),
        (AFTER, ("web",), True, ""),
        (replace(AFTER, serving=()), ("api",), False, "production takes what serves in staging"),
    ],
)
def test_only_what_serves_before_goes_on(
    gate: Gate, services: tuple[str, ...], operator: bool, refused: str
) -> None:
    """Whoever asks, by a press or by a comment; an operator may."""
    told = refusal(gate, COMMIT, services, operator=operator)
    assert refused in told if refused else told == ""


# At the wire

WRITTEN = f"services: {{{SAMPLE}: {{}}}}\nenvironments: {{staging: {{branch: main}}, production: {{%s}}}}\n"
STAGING, PRODUCTION = (f"ServerGem / {SAMPLE} ({name})" for name in ("staging", "production"))


def served(house: House) -> str:
    """The commit that has all of production's traffic."""
    traffic = house.world.runner.traffic(f"{SAMPLE}-production")
    live = [d for d in house.deployments() if d["ending"] == "live" and d["name"] == PRODUCTION]
    return next((d["sha"] for d in live if traffic.get(d["revision"]) == 100), "")


def production(house: House, work: Work, sha: str) -> list[str]:
    runs = house.world.github.check_runs(f"{OWNER}/{work.name}", sha)
    return [str(run["conclusion"]) for run in runs if run["name"] == PRODUCTION]


def test_a_tag_deploys_the_commit_that_it_names(house: House) -> None:
    """One with a release, one with a message, one that was moved, a silent one, and those that deploy nothing."""
    work = house.repository(SAMPLE)
    first = work.push("One", **{"servergem.yml": WRITTEN % "branch: none, tags: v*"})
    assert house.ended(first, "staging")["ending"] == "live", house.log_tail()
    assert services(house) == {SAMPLE}
    work.git("tag", "nightly")
    work.git("tag", "v1.0")
    work.git("push", "-q", "origin", "nightly", "v1.0")
    run = house.check_run(work.name, first, PRODUCTION)
    assert run["conclusion"] == "success", run["output"]
    assert "Deployed for the tag v1.0." in run["output"]["summary"]
    eventually(lambda: "No environment deploys the tag nightly." in house.log_tail(), "a reason")
    house.world.github.publish_release(f"{OWNER}/{work.name}", "v1.0")
    second = work.push("Two", **{"n.txt": "2"})
    work.git("tag", "-a", "-m", "Two", "v2.0")
    work.git("push", "-q", "origin", "v2.0")
    eventually(lambda: served(house) == second, "the annotated tag", house.log_tail)
    work.git("tag", "-f", "v2.0", first)
    work.git("push", "-q", "--force", "origin", "v2.0")
    eventually(lambda: served(house) == first, "the moved tag", house.log_tail)
    assert production(house, work, first) == ["success"] * 2
    many = [f"v2.{n}" for n in range(1, 5)]
    for tag in many:
        work.git("tag", tag, second)
    work.git("push", "-q", "origin", *many)
    house.world.github.publish_release(f"{OWNER}/{work.name}", "v2.4")
    eventually(lambda: served(house) == second, "the release of a silent tag", house.log_tail)
    work.git("checkout", "-q", "-B", "idea")
    third = work.push("Three", branch="idea", **{"n.txt": "3"})
    work.git("tag", "v3.0")
    work.git("push", "-q", "origin", "v3.0")
    refused = house.check_run(work.name, third)
    assert refused["output"]["title"] == "Not deployed: main does not have what v3.0 names"
    assert served(house) == second
    assert production(house, work, third) == []


def test_promote_leads_from_staging_to_what_comes_after_it(house: House) -> None:
    """What serves in staging goes on to production without another build; what no longer does stays."""
    work = house.repository(SAMPLE)
    first = work.push("One", **{"servergem.yml": WRITTEN % "branch: none, after: staging"})
    old = house.check_run(work.name, first, STAGING)
    builds = house.world.google.calls["CloudBuild.CreateBuild"]
    house.world.github.press_button(old["id"], "promote")
    eventually(lambda: served(house) == first, "production", house.log_tail)
    assert house.world.google.calls["CloudBuild.CreateBuild"] == builds
    second = work.push("Two", **{"n.txt": "2"})
    assert house.check_run(work.name, second, STAGING)["conclusion"] == "success"
    house.world.github.press_button(old["id"], "promote")
    told = f"{FOUNDER} pressed Promote. production takes what serves in staging"
    eventually(lambda: remark(house, work, first, told, STAGING), "a refusal", house.log_tail)
    assert served(house) == first
