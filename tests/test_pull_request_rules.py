"""Whether a pull request gets a preview, what its copies look like, and what its merge will change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app import config, previews
from app.config import Previews
from app.merge_plan import Serving, changes
from app.model import PullRequest, Repository, Target
from app.previews import Wishes, decide, leads_to_data
from app.trust.approval import Terms

HOME = Repository(1, "acme", "shop", 7)
PULL = PullRequest(
    HOME, 12, True, False, False, (), "a" * 40, "idea", HOME.id, "main", "b" * 40, "ada", "An idea"
)
FORK = replace(PULL, head_repository=99)
TERMS = Terms("a" * 40, "main", "configured")


@pytest.mark.parametrize(
    ("pull", "settings", "wishes", "deploys", "rule"),
    [
        (PULL, Previews(), Wishes(), True, "Every pull request"),
        (replace(PULL, open=False), Previews(), Wishes(), False, "is closed"),
        (replace(PULL, open=False, merged=True), Previews(), Wishes(), False, "is merged"),
        (replace(PULL, draft=True), Previews(), Wishes(), False, "is a draft"),
        (replace(PULL, draft=True), Previews(drafts=True), Wishes(), True, "Every"),
        (replace(PULL, draft=True), Previews(), Wishes(on_by="ada"), True, "ada asked"),
        (PULL, Previews(enabled=False), Wishes(), False, "previews.enabled"),
        (PULL, Previews(enabled=False), Wishes(on_by="ada"), True, "ada asked"),
        (PULL, Previews(label="preview"), Wishes(), False, "lacks the label preview"),
        (replace(PULL, labels=("preview",)), Previews(label="preview"), Wishes(), True, "Every"),
        (replace(PULL, labels=("no-preview",)), Previews(), Wishes(), False, "has the label no-preview"),
        (PULL, Previews(), Wishes(off_by="ada", on_by="ada"), False, "ada switched"),
        (FORK, Previews(), Wishes(), False, "approves it"),
        (FORK, Previews(), Wishes(on_by="ada"), False, "approves it"),
        (FORK, Previews(), Wishes(approved=replace(TERMS, head="c" * 40)), False, "approves it"),
        (FORK, Previews(), Wishes(approved=TERMS), True, "asked for"),
        (FORK, Previews(), Wishes(approved=replace(TERMS, base="internal")), False, "approves it"),
        (FORK, Previews(), Wishes(approved=replace(TERMS, configuration="new")), False, "approves it"),
        (FORK, Previews(forks="never"), Wishes(approved=TERMS), False, "forks: never"),
        (replace(FORK, head_repository=None), Previews(), Wishes(), False, "approves it"),
    ],
)
def test_one_rule_decides(
    pull: PullRequest, settings: Previews, wishes: Wishes, deploys: bool, rule: str
) -> None:
    """The first rule that fits says yes or no, and names itself."""
    verdict = decide(pull, settings, wishes, forks_possible=True, terms=TERMS if pull.fork else None)
    assert verdict.deploy is deploys
    assert rule in verdict.rule


@pytest.mark.parametrize(
    ("name", "value", "leads"),
    [
        ("LOG_LEVEL", "debug", False),
        ("API_URL", "https://api.example.com", False),
        ("DATABASE_URL", "x", True),
        ("DB_HOST", "10.0.0.3", True),
        ("THING", "postgresql+psycopg://app@db/shop", True),
        ("THING", "https://user:secret@example.com", True),
        ("REDIS", "10.0.0.3", True),
        ("INSTANCE_CONNECTION_NAME", "p:r:i", True),
        ("DEBUG", "1", False),
    ],
)
def test_what_leads_to_data_is_left_out(name: str, value: str, leads: bool) -> None:
    """By its name or by its value."""
    assert leads_to_data(name, value) is leads


def copies(text: str, pull: PullRequest = PULL) -> tuple[Target, ...]:
    read = config.read(text, repository_name="shop")
    homes = config.targets_at_home(read, "main", project="p", region="europe-west1")
    return previews.targets(read, {each.name: each for each in homes}, pull)


def test_names_stay_within_limits_and_apart() -> None:
    """Long names are cut, and two that are cut alike are told apart."""
    long = "a-service-with-a-very-long-name-indeed-"
    first, second = (each.name for each in copies(f"services: {{{long}one: {{}}, {long}two: {{}}}}"))
    assert first != second
    assert max(len(first), len(second)) <= config.LONGEST_NAME
    assert first.endswith("-pr-12")


def test_every_pull_request_has_the_same_check_name() -> None:
    """So that a branch can require it."""
    (target,) = copies("services: {api: {}}")
    assert target.check_name == "ServerGem / api (preview)"
    assert target.environment == "preview/pr-12"


def test_a_copy_is_small_and_takes_no_part_in_traffic() -> None:
    """No instance is kept, few may run, and a rollout is for production."""
    (target,) = copies("services: {api: {instances: {min: 2, max: 50}, rollout: [10, 100]}}")
    assert (target.service.instances.min, target.service.instances.max) == (0, 3)
    assert target.service.rollout == (100,)


NOW = Serving(
    "c" * 40,
    ("LOG_LEVEL", "OLD", "SERVERGEM_COMMIT"),
    {"DATABASE_URL": "db-url:3", "TOKEN": "token:1"},
    {
        "port": "8080",
        "cpu": "1",
        "memory": "512Mi",
        "concurrency": "80",
        "timeout": "300s",
        "instances.min": "0",
        "instances.max": "10",
        "public": "true",
        "service_account": "api@p.iam.gserviceaccount.com",
    },
)


def home(text: str) -> Target:
    read = config.read(text, repository_name="shop")
    return config.targets_at_home(read, "main", project="p", region="europe-west1")[0]


def test_the_merge_plan_says_what_will_be_different() -> None:
    """Names of variables, versions of secrets, resources, who may call it, and how the traffic moves."""
    target = home(
        "services: {api: {memory: 1Gi, public: false, rollout: [10, 100], release: ./migrate, "
        "env: {LOG_LEVEL: info, NEW: x}, secrets: {DATABASE_URL: 'db-url:latest', KEY: key}}}"
    )
    (said,) = changes(target, NOW, service_account="api@p.iam.gserviceaccount.com")
    for words in (
        "`api` in production is deployed from ccccccc",
        "new variables `NEW`",
        "without the variables `OLD`",
        "secret `DATABASE_URL` from db-url:latest instead of db-url:3",
        "new secret `KEY` from key:latest",
        "without the secret `TOKEN`",
        "`memory` 1Gi instead of 512Mi",
        "`public` false instead of true",
        "traffic moves in steps of 10 %, 100 %",
        "`./migrate` runs before traffic moves",
    ):
        assert words in said
    assert "service_account" not in said


def test_a_merge_that_changes_nothing_says_so() -> None:
    """And one into an empty project says that the service is created."""
    target = home(
        "services: {api: {env: {LOG_LEVEL: info, OLD: x}, secrets: {DATABASE_URL: 'db-url:3', TOKEN: 'token:1'}}}"
    )
    assert "nothing but its image" in changes(target, NOW, service_account="")[0]
    assert "is created" in changes(target, None, service_account="")[0]
