"""What the operator lets a repository have: the list as it is written, and what is beyond it, on its line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app import config
from app.model import Repository, Stop, Target
from app.settings import BadSettings, load
from app.trust import allow_file
from app.trust.allowance import Allowance, AllowList, beyond, insist_on_few, own_accounts
from sandbox.world import PROJECT, Sandbox
from tests.conftest import House
from tests.setting_up import builds_anywhere
from tests.test_previews import SAMPLE, opened
from tests.test_settings import GOOD

SHOP = Repository(7, "Acme", "Shop", 42)
FILE = """repositories:
  7: {services: 3}
  acme/shop: {services: 2}
  acme/*:
    projects: [acme-*]
    service_accounts: ["*@acme-web.iam.gserviceaccount.com"]
    memory: 1Gi
  acme/blog:
"""


@pytest.mark.parametrize(
    ("repository", "allowance"),
    [
        (SHOP, Allowance(services=3)),
        (replace(SHOP, id=8), Allowance(services=2)),
        (replace(SHOP, id=8, name="blog"), Allowance()),
        (
            replace(SHOP, id=8, name="other"),
            Allowance(("acme-*",), ("*@acme-web.iam.gserviceaccount.com",), memory="1Gi"),
        ),
        (replace(SHOP, id=8, owner="evil"), None),
    ],
)
def test_the_nearest_entry_counts(repository: Repository, allowance: Allowance | None) -> None:
    """An id before a name, a name before a pattern, and who fits none has nothing."""
    assert allow_file.parsed(FILE, "allow.yml").of(repository) == allowance


def test_without_a_list_everybody_has_the_defaults() -> None:
    """A single team writes none."""
    assert AllowList().of(SHOP) == Allowance()
    assert allow_file.read("") == AllowList()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "repositories:\n  acme/shop:\n    servces: 3\n",
            "allow.yml, line 3: repositories.acme/shop.servces is not",
        ),
        ("repositories:\n  shop: {}\n", "line 2: repositories.shop is neither OWNER/REPOSITORY"),
        (
            "repositories:\n  7: {services: many}\n",
            "line 2: repositories.7.services has to be a whole number",
        ),
        ("repositories:\n  7:\n    memory: much\n", "line 3: repositories.7.memory is not a size"),
        ("repositories:\n  7: {projects: p}\n", "line 2: repositories.7.projects"),
        ("repositories: [\n", "ALLOW_FILE: allow.yml is not YAML"),
        ("repos: {}\n", "line 1: repos is not known"),
        ("{}\n", "line 1: repositories field required"),
    ],
)
def test_a_fault_of_the_list_has_its_line(text: str, fault: str) -> None:
    """A list that is not understood stops the start, and says where."""
    with pytest.raises(BadSettings) as caught:
        allow_file.parsed(text, "allow.yml")
    assert fault in str(caught.value)


def test_a_list_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    """Nothing is allowed by a mistake."""
    with pytest.raises(BadSettings, match="cannot be read"):
        allow_file.read(str(tmp_path / "none.yml"))


WANTED = """services:
  api:
    region: us-east1
    memory: 2Gi
    instances: {max: 50}
    service_account: api@p.iam.gserviceaccount.com
    secrets:
      KEY: key
previews:
  secrets:
    KEY: key
"""


def target(text: str = WANTED) -> Target:
    read = config.read(text, repository_name="shop")
    (found,) = config.targets(read, branch="main", project="p", region="europe-west1", default_branch="main")
    return found


@pytest.mark.parametrize(
    ("allowance", "title", "line"),
    [
        (Allowance(projects=("q",)), "It may not reach the project p", 2),
        (Allowance(regions=("europe-*",)), "It may not run in us-east1", 3),
        (Allowance(memory="1Gi"), "It may have 1Gi of memory, not 2Gi", 4),
        (Allowance(instances=10), "It may have 10 instances, not 50", 5),
        (Allowance(service_accounts=("web@*",)), "It may not run as api@p.iam.gserviceaccount.com", 6),
        (Allowance(secrets=("shop-*",)), "It may not read the secret key", 8),
    ],
)
def test_what_is_beyond_is_told_on_its_line(allowance: Allowance, title: str, line: int) -> None:
    """One finding for each thing that the service wants and may not have."""
    (finding,) = beyond(allowance, target(), frozenset())
    assert (finding.title, finding.place and finding.place.line) == (title, line)


BESIDE = """services:
  api: {instances: {max: 2}}
jobs:
  report: {tasks: 500}
  sums:
    tasks: 500
    parallelism: 40
workers:
  queue:
    instances: 90
"""


def test_what_runs_beside_a_service_is_bounded_too() -> None:
    """A worker's instances and a job's containers count as a service's do, each on its line."""
    found = beyond(Allowance(instances=2), target(BESIDE), frozenset())
    assert [(each.title, each.place and each.place.line) for each in found] == [
        ("It may have 2 instances, not 500", 4),
        ("It may have 2 instances, not 40", 7),
        ("It may have 2 instances, not 90", 10),
    ]
    bounded = BESIDE.replace("{tasks: 500}", "{tasks: 500, parallelism: 100}")
    assert beyond(Allowance(), target(bounded), frozenset()) == ()


def test_what_is_allowed_is_not_told() -> None:
    """The defaults, and patterns that fit."""
    assert beyond(Allowance(), target(), frozenset()) == ()
    assert beyond(Allowance(("p",), ("api@*",), ("k*",), ("us-*",)), target(), frozenset()) == ()


@pytest.mark.parametrize(
    "account",
    [
        "build@p.test",
        "fork@p.test",
        "fork-build@p.test",
        "deployer@p.test",
        "copies@p.test",
        "copies@other.test",
        "7@cloudbuild.gserviceaccount.com",
    ],
)
def test_servergems_own_accounts_run_nothing(account: str) -> None:
    """Not the one that builds, here or in another project, not the forks' ones, not the deployer itself."""
    settings = load(
        GOOD
        | {
            "BUILD_SERVICE_ACCOUNT": "build@p.test",
            "FORK_SERVICE_ACCOUNT": "fork@p.test",
            "FORK_BUILD_SERVICE_ACCOUNT": "fork-build@p.test",
            "PREVIEW_BUILD_SERVICE_ACCOUNT": "copies@{project}.test",
        }
    )
    own = own_accounts(settings, "serviceAccount:deployer@p.test")
    (finding,) = beyond(Allowance(), target(f"services:\n  api:\n    service_account: {account}\n"), own)
    assert finding.title == f"{account} is ServerGem's own"
    assert finding.place and finding.place.line == 3


@pytest.mark.parametrize("named", [{}, {"BUILD_SERVICE_ACCOUNT": "build@p.test"}], ids=["default", "parted"])
def test_the_builder_that_nobody_names_runs_nothing(named: dict[str, str]) -> None:
    """Where the operator names one account that builds, previews are built by one of ServerGem's own making."""
    own = own_accounts(load(GOOD | named), "serviceAccount:Deployer@p.test")
    assert "deployer@p.test" in own
    file = "services:\n  api:\n    service_account: servergem-preview-build@q.iam.gserviceaccount.com\n"
    found = beyond(Allowance(), target(file), own)
    assert [each.code for each in found] == (["account-is-servergems-own"] if named else [])


OTHERWISE = (
    *("BUILD@p.test", "Build@p.test", "build@P.test", "build@p.test?uid=7", "serviceAccount:build@p.test"),
    *(
        "projects/-/serviceAccounts/build@p.test",
        "build@p.test.",
        "b\u0443ild@p.test",
        '"build@p.test\\u200b"',
    ),
)


@pytest.mark.parametrize("account", OTHERWISE, ids=ascii)
def test_an_account_is_written_in_one_way(account: str) -> None:
    """Cases, resource names and signs that nobody sees: ServerGem's own in other letters is no account."""
    for section in ("services", "jobs", "workers"):
        with pytest.raises(Stop, match="not an account such as"):
            config.read(f"{section}:\n  api:\n    service_account: {account}\n", repository_name="shop")


def test_a_file_has_few_services() -> None:
    """Fifteen thousand services are nobody's; nor are more jobs and workers than the operator counts."""
    for what in ("services", "jobs", "workers"):
        names = ", ".join(f"s{number}: {{}}" for number in range(3))
        read = config.read(f"{what}: {{{names}}}\n", repository_name="shop")
        insist_on_few(replace(Allowance(), **{what: 3}), read)  # type: ignore[arg-type] # it is a count
        with pytest.raises(Stop, match=f"has 3 {what}, and this repository may have 2"):
            insist_on_few(replace(Allowance(), **{what: 2}), read)  # type: ignore[arg-type] # as above


# At the wire

BUILDER = f"servergem-build@{PROJECT}.iam.gserviceaccount.com"
MANY = "services: {{{}}}\n".format(", ".join(f"s{number}: {{}}" for number in range(4)))


@pytest.fixture
def listed(world: Sandbox, tmp_path: Path) -> House:
    """A ServerGem whose operator has a list, and an account that builds."""
    allow = tmp_path / "allow.yml"
    allow.write_text("repositories:\n  acme/hello-python: {previews_per_pull_request: 2}\n")
    builds_anywhere(world.google, PROJECT, "servergem-build")
    accounts = {"BUILD_SERVICE_ACCOUNT": BUILDER, "PREVIEW_BUILD_SERVICE_ACCOUNT": BUILDER}
    return House(world, tmp_path, settings=accounts | {"ALLOW_FILE": str(allow)})


def test_a_list_is_obeyed(listed: House) -> None:
    """The build account runs nothing, who is not listed deploys nothing, and previews are counted."""
    house = listed
    house.start()
    try:
        work = house.repository(SAMPLE)
        assert house.ended(work.push("Say hello"))["ending"] == "live", house.log_tail()
        taken = f"services:\n  {SAMPLE}:\n    service_account: {BUILDER}\n"
        run = house.check_run(work.name, work.push("Build as production", **{"servergem.yml": taken}))
        assert run["output"]["title"] == f"{BUILDER} is ServerGem's own"
        other = house.repository(SAMPLE, "stranger")
        run = house.check_run(other.name, other.push("Say hello"))
        assert run["output"]["title"] == "acme/stranger is not on this ServerGem's list"
        assert house.world.google.calls["CloudBuild.CreateBuild"] == 1
        _, sha = opened(house, work, **{"servergem.yml": MANY, "n.txt": "1"})
        for number, conclusion in enumerate(("success", "success", "skipped", "skipped")):
            run = house.check_run(work.name, sha, f"ServerGem / s{number} (preview)")
            assert run["conclusion"] == conclusion, run["output"]
    finally:
        house.stop()
