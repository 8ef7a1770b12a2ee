"""What a commit's servergem.yml may shape, and what only the default branch's decides: tables, and a day of attacks."""

from __future__ import annotations

from dataclasses import fields

import pytest

from app import config
from app.config import Config
from app.config.environment_shape import EnvironmentFile
from app.config.environments import Environment
from app.config.file import File, PreviewsFile
from app.config.granting import granted
from app.config.job_shape import JobFile
from app.config.part import Part
from app.config.shape import ServiceFile
from app.config.sides import ENVIRONMENT, JOB, PREVIEWS, SERVICE, WORKER, Sides
from app.config.targets import Previews
from app.config.worker_shape import WorkerFile
from app.model import JobConfig, ServiceConfig, Target, WorkerConfig
from sandbox.world import PROJECT
from tests.conftest import OWNER, House, answer_of
from tests.test_previews import HELLO, SAMPLE, live, opened, preview, services


def read(text: str) -> Config:
    return config.read(text, repository_name="shop", default_branch="main")


def on(branch: str, own: str, deciding: str = "") -> tuple[Target, ...]:
    """What a push of `own` to this branch deploys."""
    counts = granted(read(own), read(deciding))
    return config.targets(counts, branch=branch, project="p", region="europe-west1", default_branch="main")


@pytest.mark.parametrize(
    ("model", "words", "sides"),
    [
        (ServiceFile, ServiceConfig, SERVICE),
        (EnvironmentFile, Environment, ENVIRONMENT),
        (PreviewsFile, Previews, PREVIEWS),
        (JobFile, JobConfig, JOB),
        (WorkerFile, WorkerConfig, WORKER),
    ],
)
def test_each_key_is_on_one_side(model: type[Part], words: type, sides: Sides) -> None:
    """A new key of the file has to be put where everybody who pushes has it, or where the default branch decides."""
    assert sides.shaping | sides.deciding | sides.parted == set(model.model_fields)
    assert not (sides.shaping | sides.parted) & sides.deciding and not sides.shaping & sides.parted
    assert set(model.model_fields) <= {each.name for each in fields(words)}, (
        "and it is taken by the same name"
    )


def test_each_section_has_its_sides() -> None:
    """A new section of the file is looked at too."""
    assert set(File.model_fields) == {"services", "environments", "previews", "jobs", "workers", "notify"}


API = "services: {{api: {{{}}}}}"
KEYS = {
    "region: us-east1": "services.api.region",
    "public: false": "services.api.public",
    "service_account: a@p.iam.gserviceaccount.com": "services.api.service_account",
    "secrets: {DATABASE_URL: db-url}": "services.api.secrets.DATABASE_URL",
    "release: ./migrate": "services.api.release",
}


@pytest.mark.parametrize(("written", "key"), KEYS.items())
def test_the_default_branch_decides(written: str, key: str) -> None:
    """What is written on a branch gives nothing, what is written on main is given, and the difference is told."""
    with_it, without = API.format(written), API.format("")
    asked = granted(read(with_it), read(without))
    assert asked.services == read(without).services
    assert asked.later == (key,)
    kept = granted(read(without), read(with_it))
    assert kept.services == read(with_it).services
    assert kept.later == (key,)
    assert granted(read(with_it), read(with_it)).later == ()


@pytest.mark.parametrize(
    "written",
    [
        "path: src",
        "watch: [libs/**]",
        "build: dockerfile",
        "port: 3000",
        "cpu: 2",
        "memory: 1Gi",
        "concurrency: 10",
        "timeout: 60",
        "instances: {min: 1, max: 3}",
        "env: {LOG_LEVEL: debug}",
        "health: /up",
        "rollout: [10, 100]",
    ],
)
def test_a_branch_shapes_its_service(written: str) -> None:
    """How it is built and shaped counts at once, and nothing is said of it."""
    counts = granted(read(API.format(written)), read(API.format("")))
    assert counts.services == read(API.format(written)).services
    assert counts.later == ()


@pytest.mark.parametrize(
    ("own", "deciding", "public"),
    [
        (API.format(""), "services: {web: {public: false}}", False),
        (API.format("public: false"), "services: {web: {}}", False),
        (API.format(""), "services: {web: {}}", True),
        (API.format(""), "", True),
    ],
)
def test_a_new_name_opens_nothing(own: str, deciding: str, public: bool) -> None:
    """A service that main does not have is no way around a door that is closed there."""
    assert granted(read(own), read(deciding)).services[0].public is public


@pytest.mark.parametrize(
    ("own", "deciding", "later"),
    [
        ("environments: {production: {branch: mine}}", "", ["environments.production"]),
        (
            "environments: {production: {branch: mine}}",
            "environments: {production: {branch: main}}",
            ["environments.production.branch"],
        ),
        ("environments: {x: {branch: mine}}", "", ["environments.x"]),
        ("", "environments: {staging: {branch: develop}}", ["environments.staging"]),
    ],
)
def test_no_branch_makes_itself_an_environment(own: str, deciding: str, later: list[str]) -> None:
    """Which branch is which environment is the default branch's word, also where it says nothing."""
    assert on("mine", own, deciding) == ()
    assert list(granted(read(own), read(deciding)).later) == later


def test_an_environment_is_shaped_on_its_branch() -> None:
    """Its variables and instances come from the commit, its branch and region from the default branch."""
    deciding = "environments: {production: {branch: main}, staging: {branch: develop, region: us-east1}}"
    own = "environments: {staging: {branch: other, region: us-west1, env: {A: b}, instances: {max: 2}}}"
    (target,) = on("develop", own, deciding)
    assert (target.environment, target.region, target.name) == ("staging", "us-east1", "shop-staging")
    assert target.service.env == (("A", "b"),)
    assert target.service.instances.max == 2
    assert target.later == (
        "environments.staging.branch",
        "environments.staging.region",
        "environments.production",
    )


@pytest.mark.parametrize(
    "written",
    [
        "enabled: false",
        "drafts: true",
        "label: preview",
        "skip_label: no",
        "ttl: 1h",
        "secrets: {KEY: key}",
        "service_account: a@p.iam.gserviceaccount.com",
        "release: true",
        "comment: false",
        "forks: never",
    ],
)
def test_previews_get_what_the_default_branch_gives(written: str) -> None:
    """A head cannot give its own preview a right, and not take a rule away."""
    text = f"previews: {{{written}}}"
    key = "previews." + written.partition(":")[0] + (".KEY" if "KEY" in written else "")
    counts = granted(read(text), read(""))
    assert counts.previews == Previews()
    assert counts.later == (key,)
    assert granted(read(""), read(text)).previews == read(text).previews


def test_a_secret_is_not_overwritten_by_a_value() -> None:
    """A variable that main makes a secret stays one, and Cloud Run gets its name once."""
    own, deciding = API.format("env: {KEY: x, A: b}"), API.format("secrets: {KEY: key}")
    (service,) = granted(read(own), read(deciding)).services
    assert service.env == (("A", "b"),)
    assert [name for name, _ in service.secrets] == ["KEY"]


def test_what_waits_for_the_merge_is_told_on_its_line() -> None:
    """A warning on the line of the key, in the file of the commit."""
    own = "services:\n  api:\n    port: 1\n    secrets:\n      KEY: key\n"
    (target,) = on("main", own, API.format(""))
    (finding,) = config.counts_later(target, "main")
    assert finding.title == "Counts only after the merge to main: services.api.secrets.KEY"
    assert finding.place is not None
    assert (finding.place.path, finding.place.line) == ("servergem.yml", 5)


# At the wire

TAKE_OVER = """services: {{{name}: {{secrets: {{LEAK: db-url}}}}}}
environments: {{production: {{branch: my-holiday-photos}}}}
"""


def test_a_branch_does_not_become_production(house: House) -> None:
    """It names itself production with production's secret: nothing is deployed, and its check run says why."""
    house.world.google.secrets.put(PROJECT, "db-url", "postgres://prod:hunter22@db/shop")
    work = live(house)
    before = house.deployments()[0]
    work.git("checkout", "-q", "-B", "my-holiday-photos")
    taken = TAKE_OVER.format(name=SAMPLE)
    sha = work.push("Holiday", branch="my-holiday-photos", **{"servergem.yml": taken})
    run = house.check_run(work.name, sha, "ServerGem / configuration")
    assert run["conclusion"] == "skipped"
    assert run["output"]["title"].startswith("Not deployed: servergem.yml on main names no environment")
    assert "Counts only after the merge to main: environments.production" in run["output"]["summary"]
    assert [each["id"] for each in house.deployments() if each["ending"] == "live"] == [before["id"]]
    assert house.world.google.calls["CloudBuild.CreateBuild"] == 1


GREEDY = """services: {{{name}: {{secrets: {{LEAK: db-url}}}}}}
previews: {{secrets: {{LEAK: db-url}}, service_account: prod-api@{project}.iam.gserviceaccount.com}}
"""


def test_a_head_gives_its_preview_no_right(house: House) -> None:
    """Secrets and an account that only the head names are not given, and the check run says when they count."""
    house.world.google.secrets.put(PROJECT, "db-url", "postgres://prod:hunter22@db/shop")
    work = live(house)
    greedy = GREEDY.format(name=SAMPLE, project=PROJECT)
    number, sha = opened(house, work, **{"servergem.yml": greedy})
    run = preview(house, work, sha)
    assert run["conclusion"] == "success", run["output"]
    assert "Counts only after the merge to main: previews.secrets.LEAK" in run["output"]["summary"]
    path = f"projects/{PROJECT}/locations/europe-west1/services/{SAMPLE}-pr-{number}"
    template = house.world.google.run.services[path].template
    assert "LEAK" not in {each.name for each in template.containers[0].env}
    assert template.service_account.startswith("servergem-preview@")


def test_a_bots_pull_request_waits_like_a_strangers(house: House) -> None:
    """Dependabot's branch is in the repository, and what it brings is nobody's word: it takes an approval."""
    work = live(house)
    work.git("checkout", "-q", "-B", "bump")
    sha = work.push("Bump", branch="bump", **{"n.txt": "1"})
    house.world.github.open_pull_request(f"{OWNER}/{work.name}", "bump", author="dependabot[bot]")
    run = preview(house, work, sha)
    assert run["conclusion"] in ("action_required", "skipped"), run["output"]
    assert services(house) == {SAMPLE}


BESIDE = """services: {toy-staging: {}}
environments: {production: {branch: main}, staging: {branch: develop}}
"""


def test_no_name_of_a_branch_is_one_of_production(house: House) -> None:
    """A branch that leaves production's service out cannot give its own the name that production has."""
    work = house.repository(SAMPLE, "toy")
    deployed = house.ended(work.push("Production", **{"servergem.yml": BESIDE}), "toy")
    assert services(house) == {"toy-staging"}
    before = answer_of(deployed["url"]).text
    work.git("checkout", "-q", "-B", "develop")
    taken = BESIDE.replace("toy-staging", "toy")
    sha = work.push(
        "Taken", branch="develop", **{"servergem.yml": taken, "main.py": HELLO.format(words="taken over")}
    )
    run = house.check_run("toy", sha, "ServerGem / configuration")
    assert run["conclusion"] == "failure", run["output"]
    assert answer_of(deployed["url"]).text == before
    assert services(house) == {"toy-staging"}
