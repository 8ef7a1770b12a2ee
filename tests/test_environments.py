"""Environments of servergem.yml: what differs there, who decides it, where it goes; tables, and a story at the wire."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import config
from app.config import Config
from app.config.granting import granted
from app.model import Instances, SecretRef, Stop, Target
from app.trust.allowance import Allowance, beyond, within
from tests.conftest import House
from tests.test_commands import insist, servergem
from tests.test_previews import SAMPLE, services

SERVICE = "services: {api: {cpu: 2, env: {A: one, B: two}, secrets: {KEY: key:1}, labels: {team: shop, tier: web}}}\n"
STAGING = SERVICE + "environments:\n  production: {branch: main}\n  staging: {branch: next, %s}\n"


def read(text: str) -> Config:
    return config.read(text, repository_name="shop", default_branch="main")


def on(branch: str, read: Config) -> tuple[Target, ...]:
    return config.targets(read, branch=branch, project="p", region="europe-west1", default_branch="main")


def staging(written: str) -> Target:
    """The service of a file whose staging says only this."""
    (target,) = on("next", read(STAGING % written))
    return target


USUAL = {
    "cpu": "2",
    "memory": "512Mi",
    "env": {"A": "one", "B": "two"},
    "secrets": {"KEY": SecretRef("key", "1")},
    "labels": {"team": "shop", "tier": "web"},
    "instances": Instances(),
    "rollout": (100,),
}
DIFFERENCES: list[tuple[str, dict[str, Any]]] = [
    ("services: {api: {memory: 1Gi}}", {"memory": "1Gi"}),
    ("services: {api: {cpu: 1, concurrency: 5, rollout: [50, 100]}}", {"cpu": "1", "rollout": (50, 100)}),
    ("services: {api: {env: {B: three, C: four}}}", {"env": {"A": "one", "B": "three", "C": "four"}}),
    ("services: {api: {env: {A: }}}", {"env": {"B": "two"}}),
    ("services: {api: {env: {A: null, B: ''}}}", {"env": {"B": ""}}),
    ("services: {api: {env: }}", {}),
    ("services: {api: }", {}),
    ("services: ", {}),
    ("services: {api: {secrets: {KEY: }}}", {"secrets": {}}),
    (
        "services: {api: {secrets: {OTHER: other}}}",
        {"secrets": {"KEY": SecretRef("key", "1"), "OTHER": SecretRef("other")}},
    ),
    ("services: {api: {labels: {tier: , team: x}}}", {"labels": {"team": "x"}}),
    ("instances: {max: 3}, services: {api: {}}", {"instances": Instances(0, 3)}),
    ("instances: {max: 3}, services: {api: {instances: {min: 1, max: 2}}}", {"instances": Instances(1, 2)}),
    (
        "env: {A: all, C: all}, services: {api: {env: {A: own}}}",
        {"env": {"A": "own", "B": "two", "C": "all"}},
    ),
    ("env: {KEY: value}", {}),
]


@pytest.mark.parametrize(("written", "changed"), DIFFERENCES, ids=[row[0] for row in DIFFERENCES])
def test_an_environment_may_set_whatever_a_service_may(written: str, changed: dict[str, Any]) -> None:
    """What is said replaces; env, secrets and labels merge by name, and nothing takes a name away; home has no part."""
    service = staging(written).service
    found = {key: getattr(service, key) for key in USUAL}
    found |= {key: dict(found[key]) for key in ("env", "secrets", "labels")}
    assert found == USUAL | changed
    (home,) = on("main", read(STAGING % written))
    assert home.service == on("main", read(SERVICE))[0].service


PLACES = [
    ("", "p", "europe-west1"),
    ("region: us-east1", "p", "us-east1"),
    ("region: us-east1, services: {api: {region: us-west1}}", "p", "us-west1"),
    ("project: acme-staging", "acme-staging", "europe-west1"),
]


@pytest.mark.parametrize(("written", "project", "region"), PLACES)
def test_an_environment_has_a_place_of_its_own(written: str, project: str, region: str) -> None:
    """Its project and region are the Target's, and so the lane's."""
    target = staging(written)
    assert (target.project, target.region) == (project, region)
    assert target.lane == f"{project}/{region}/api-staging"


def test_one_name_in_two_projects_is_two_services() -> None:
    """What would be one Cloud Run service in one project is a fault there alone."""
    text = (
        "services: {api: {}, api-next: {}}\nenvironments: {production: {branch: main}, next: {branch: b%s}}\n"
    )
    with pytest.raises(Stop, match="would both be api-next"):
        read(text % "")
    assert read(text % ", project: acme-staging")


ENVIRONMENT = "services:\n  api: {cpu: 2, env: {A: b}}\nenvironments:\n  staging:\n    branch: next\n"
DIFFERENCE = ENVIRONMENT + "    services:\n      api:\n        "
FAULTS = [
    (DIFFERENCE + "memori: 1Gi\n", 8, "unknown-key", "did you mean memory"),
    (DIFFERENCE + "memory: 1GB\n", 8, "bad-configuration", "size"),
    (DIFFERENCE + "memory:\n", 8, "bad-configuration", "size"),
    (DIFFERENCE + "port:\n", 8, "bad-configuration", "whole number"),
    (DIFFERENCE + "cpu: 4\n", 8, "bad-configuration", "4 CPUs need 2048Mi"),
    (DIFFERENCE + "instances: {min: 3, max: 1}\n", 8, "bad-configuration", "above"),
    (DIFFERENCE + "env: {PORT: 1}\n", 8, "bad-configuration", "PORT"),
    (DIFFERENCE + "secrets: {A: db-url}\n", 8, "bad-configuration", "A is in env and in secrets"),
    (DIFFERENCE + "gpu: nvidia-l4\n", 8, "bad-configuration", "16Gi"),
    (DIFFERENCE + "vpc: {egress: all-traffic}\n", 8, "bad-configuration", "network"),
    (ENVIRONMENT + "    services:\n      apo: {}\n", 7, "bad-configuration", "Write `api:`"),
    (ENVIRONMENT + "    services: [api]\n", 6, "bad-configuration", "key: value"),
    (ENVIRONMENT + "    project: Acme\n", 6, "bad-configuration", "project"),
    (ENVIRONMENT + "    previews: {}\n", 6, "unknown-key", "previews"),
]


@pytest.mark.parametrize(("text", "line", "code", "word"), FAULTS)
def test_each_fault_of_an_environment_has_its_line(text: str, line: int, code: str, word: str) -> None:
    """What is wrong only there is told there, once."""
    with pytest.raises(Stop) as caught:
        read(text)
    finding = caught.value.findings[0]
    assert finding.place is not None
    assert (finding.place.line, finding.code) == (line, code)
    assert word in finding.title + finding.fix
    assert len(finding.title) <= 80 and finding.fix


def test_a_fault_of_the_service_is_not_told_for_each_environment() -> None:
    """It is said where it is written."""
    with pytest.raises(Stop) as caught:
        read(ENVIRONMENT.replace("cpu: 2", "cpu: 4") + "    services: {api: {env: {X: y}}}\n")
    assert [finding.place and finding.place.line for finding in caught.value.findings] == [2]


def test_a_service_without_a_section_differs_by_the_repositorys_name() -> None:
    """Where no services are written, the one that there is may differ too."""
    text = "environments: {staging: {branch: next, services: {shop: {memory: 1Gi}}}}"
    (target,) = on("next", read(text))
    assert target.service.memory == "1Gi"


def test_a_difference_is_found_on_its_line() -> None:
    """A Finding about what staging asks for points there, and about the rest at the service."""
    (target,) = on("next", read(DIFFERENCE + "memory: 1Gi\n        secrets:\n          KEY: key\n"))
    asked = {
        key: place.line for key in ("memory", "secrets.KEY", "cpu", "env.A") if (place := target.place(key))
    }
    assert asked == {"memory": 8, "secrets.KEY": 10, "cpu": 2, "env.A": 2}


def test_a_target_carries_no_other_environments_lines() -> None:
    """It is written down at every stage: what others say of it, or it says of others, stays out."""
    text = "services: {api: {}, web: {}}\nenvironments:\n" + "".join(
        f"  e{n}: {{branch: b{n}, services: {{api: {{env: {{A: b}}}}, web: {{env: {{A: b}}}}}}}}\n"
        for n in range(40)
    )
    target = on("b3", read(text))[0]
    assert [key for key, _ in target.lines if ".services." in key] == [
        "environments.e3.services.api",
        "environments.e3.services.api.env",
        "environments.e3.services.api.env.A",
    ]


# Who decides

BASE = "services: {api: {}}\nenvironments: {staging: {branch: next%s}}"
DECIDED = [
    (", project: acme-staging", "environments.staging.project"),
    (", region: us-east1", "environments.staging.region"),
    (", services: {api: {region: us-east1}}", "environments.staging.services.api.region"),
    (", services: {api: {public: false}}", "environments.staging.services.api.public"),
    (", services: {api: {secrets: {KEY: key}}}", "environments.staging.services.api.secrets.KEY"),
    (", services: {api: {secrets: {KEY: }}}", "environments.staging.services.api.secrets.KEY"),
    (", services: {api: {service_account: a@p.x}}", "environments.staging.services.api.service_account"),
    (", services: {api: {release: ./migrate}}", "environments.staging.services.api.release"),
    (", services: {api: {cloudsql: ['p:r:i']}}", "environments.staging.services.api.cloudsql"),
]


@pytest.mark.parametrize(("written", "key"), DECIDED)
def test_the_default_branch_decides_the_rights_of_an_environment(written: str, key: str) -> None:
    """What a branch writes there gives nothing, what main writes is given, and the difference is told."""
    with_it, without = read(BASE % written), read(BASE % "")
    asked, given = granted(with_it, without), granted(without, with_it)
    assert (asked.environments, asked.later) == (without.environments, (key,))
    assert (given.environments, given.later) == (with_it.environments, (key,))
    assert granted(with_it, with_it).later == ()


def test_a_branch_shapes_its_environment() -> None:
    """Size and variables are the commit's own beside the rights that main gives, and nothing is said of them."""
    own = read(BASE % ", services: {api: {memory: 1Gi, env: {A: b, KEY: mine}}}")
    deciding = read(BASE % ", services: {api: {memory: 2Gi, secrets: {KEY: key}}}")
    (target,) = on("next", granted(own, deciding))
    assert target.service.memory == "1Gi"
    assert target.service.env == (("A", "b"),)
    assert dict(target.service.secrets) == {"KEY": SecretRef("key")}


def test_an_environment_that_the_commit_lacks_is_as_decided() -> None:
    """Who leaves staging out of their file gets main's staging."""
    deciding = read(BASE % ", services: {api: {memory: 2Gi, public: false}}")
    (target,) = on("next", granted(read("services: {api: {}}"), deciding))
    assert (target.service.memory, target.service.public) == ("2Gi", False)


NEWCOMER = "services: {api: {}, new: {}}\nenvironments: {staging: {branch: next%s}}"


@pytest.mark.parametrize(
    ("decided", "public"),
    [
        ("", True),
        (", services: {api: {public: false}}", False),
        (", services: {api: {memory: 1Gi}}", True),
    ],
)
def test_a_new_name_opens_no_closed_environment(decided: str, public: bool) -> None:
    """A service that main lacks is closed where main's services are, whatever it says of itself there."""
    own = read(NEWCOMER % ", services: {new: {public: true, memory: 1Gi, secrets: {K: k}}}")
    new = on("next", granted(own, read(BASE % decided)))[1]
    assert (new.service.public, new.service.memory, new.service.secrets) == (public, "1Gi", ())


# What the operator lets it have


@pytest.mark.parametrize(
    ("projects", "allowed"), [((), False), (("acme-*",), True), (("*",), True), (("p",), False)]
)
def test_the_operator_says_which_projects_an_environment_reaches(
    projects: tuple[str, ...], allowed: bool
) -> None:
    """The repository reaches the project that it was given, and beside it those that ALLOW_FILE names."""
    text = ENVIRONMENT + "    project: acme-staging\n"
    (target,) = on("next", read(text))
    found = beyond(within(Allowance(projects=projects), "p"), target, frozenset())
    told = [(finding.title, finding.place and finding.place.line) for finding in found]
    assert told == ([] if allowed else [("It may not reach the project acme-staging", 6)])
    assert not beyond(within(Allowance(projects=projects), "p"), replace(target, project="p"), frozenset())


# By hand

MANUAL = "environments: {production: {branch: main}, demo: {branch: none}, show: {branch: none}}"


@pytest.mark.parametrize("branch", ["none", "demo", "next"])
def test_no_push_deploys_where_no_branch_does(branch: str) -> None:
    """`branch: none` is nobody's branch, also of one that is called so, and several environments may have it."""
    assert on(branch, read(MANUAL)) == ()
    assert [target.environment for target in on("main", read(MANUAL))] == ["production"]


# As it comes out

WHOLE = """services:
  api:
    path: services/api
    env: {A: one, B: 1.10}
    secrets: {KEY: key:1}
    vpc: {network: default}
environments:
  production: {branch: main, region: us-east1}
  staging:
    branch: next
    project: acme-staging
    services: {api: {memory: 1Gi, timeout: 5m, env: {A: , E: ''}, instances: {max: 1}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "servergem.yml").write_text(WHOLE)
    return tmp_path


def test_what_comes_of_it_is_printed(folder: Path) -> None:
    """Each service in each environment, in the file's own words, to the letter; --json says the same."""
    said = servergem("config", str(folder))
    assert said.returncode == 0
    insist("config", said.stdout)
    only = servergem("config", str(folder), "--environment", "staging", "--json")
    whole = yaml.safe_load(said.stdout)["environments"]
    assert json.loads(only.stdout) == {"environments": {"staging": whole["staging"]}}


def test_what_is_printed_is_what_is_deployed() -> None:
    """Written into a file of its own, the service that is printed is the one that would be deployed."""
    for branch, printed in (("main", "production"), ("next", "staging")):
        (target,) = on(branch, read(WHOLE))
        found = config.resolved(WHOLE, repository_name="shop")["environments"][printed]["services"]
        again = read(yaml.safe_dump({"services": found})).services[0]
        assert again == replace(target.service, name="api")


def test_what_cannot_be_printed_is_told(folder: Path) -> None:
    """A fault goes to standard error with its line, and an environment that is not there names those that are."""
    unknown = servergem("config", str(folder), "--environment", "demo")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "has no environment demo; it has production, staging." in unknown.stderr
    (folder / "servergem.yml").write_text("services:\n  api:\n    prot: 1\n")
    faulty = servergem("config", str(folder))
    assert (faulty.returncode, faulty.stdout) == (1, "")
    assert "servergem.yml:3" in faulty.stderr


# At the wire

TWO = """services: {{{name}: {{env: {{WHERE: production, BOTH: x}}}}}}
environments:
  production: {{branch: main}}
  staging: {{branch: next, services: {{{name}: {{memory: 1Gi, env: {{WHERE: staging, BOTH: }}}}}}}}
"""


def test_two_environments_differ_at_cloud_run(house: House) -> None:
    """One file, two branches: staging has more memory and its own variables, and production has none of that."""
    work = house.repository(SAMPLE)
    sha = work.push("Two environments", **{"servergem.yml": TWO.format(name=SAMPLE)})
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    work.git("checkout", "-q", "-B", "next")
    sha = work.push("Staging", branch="next", **{"n.txt": "1"})
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    assert services(house) == {SAMPLE, f"{SAMPLE}-staging"}
    found = {}
    for path, service in house.world.google.run.services.items():
        container = service.template.containers[0]
        env = {each.name: each.value for each in container.env}
        found[path.rpartition("/")[2]] = (
            container.resources.limits["memory"],
            env["WHERE"],
            env.get("BOTH"),
        )
    assert found == {SAMPLE: ("512Mi", "production", "x"), f"{SAMPLE}-staging": ("1Gi", "staging", None)}
