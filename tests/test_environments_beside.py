"""Jobs and workers that differ by environment: what is said there, who decides it, what is refused, and at the wire."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from app import config
from app.config import Config
from app.config.granting import granted
from app.model import SecretRef, Stop, Target
from app.trust.allowance import Allowance, beyond
from gcp.cloud import Google
from sandbox.world import PROJECT
from tests.conftest import House
from tests.test_previews import SAMPLE

USUAL = """services: {api: {env: {A: service}}, web: {}}
jobs: {nightly: {from: api, schedule: 0 3 * * *, env: {B: one, C: two}, secrets: {KEY: "key:1"}, memory: 1Gi}}
workers: {mailer: {from: api, env: {B: one}, instances: 2}}
environments:
  production: {branch: main}
  staging: {branch: next%s}
"""


def read(text: str) -> Config:
    return config.read(text, repository_name="shop", default_branch="main")


def on(branch: str, read: Config) -> tuple[Target, ...]:
    return config.targets(read, branch=branch, project="p", region="europe-west1", default_branch="main")


JOBS: list[tuple[str, dict[str, Any]]] = [
    ("jobs: {nightly: {schedule: 0 5 * * 1}}", {"schedule": "0 5 * * 1"}),
    ("jobs: {nightly: {schedule: ''}}", {"schedule": ""}),
    ("jobs: {nightly: {memory: 2Gi, tasks: 3}}", {"memory": "2Gi", "tasks": 3}),
    ("jobs: {nightly: {env: {B: , D: three}}}", {"env": (("C", "two"), ("D", "three"))}),
    ("jobs: {nightly: {secrets: {KEY: }}}", {"secrets": ()}),
    (
        "jobs: {nightly: {env: {B: }, secrets: {B: other}}}",
        {"env": (("C", "two"),), "secrets": (("KEY", SecretRef("key", "1")), ("B", SecretRef("other")))},
    ),
    ("jobs: {nightly: }", {}),
    ("jobs: ", {}),
]


@pytest.mark.parametrize(("written", "changed"), JOBS, ids=[row[0] for row in JOBS])
def test_an_environment_may_set_whatever_a_job_may(written: str, changed: dict[str, Any]) -> None:
    """What is said replaces; env and secrets merge by name, nothing takes a name away; home has no part in it."""
    api, web = on("next", read(USUAL % f", {written}"))
    (job,), (home,) = api.jobs, on("main", read(USUAL % f", {written}"))[0].jobs
    assert {key: getattr(job.config, key) for key in changed} == changed
    assert (job.id, web.jobs) == ("nightly-staging", ())
    assert home.config == on("main", read(USUAL % ""))[0].jobs[0].config


def test_an_environment_may_set_whatever_a_worker_may() -> None:
    """Its instances and variables there, and the service whose image it has."""
    api, web = on("next", read(USUAL % ", workers: {mailer: {from: web, instances: 1, env: {B: there}}}"))
    (worker,) = web.workers
    assert (api.workers, worker.config.instances, worker.config.env) == ((), 1, (("B", "there"),))


def test_an_environment_does_without_a_job_or_a_worker() -> None:
    """`enabled: false` takes it away there; one that is usually off may be on in one environment alone."""
    off = USUAL % ", jobs: {nightly: {enabled: false}}, workers: {mailer: {enabled: false}}"
    assert [(each.jobs, each.workers) for each in on("next", read(off))] == [((), ())] * 2
    assert len(on("main", read(off))[0].beside) == 2
    usually_off = (
        "jobs: {x: {enabled: false}}\nenvironments: {production: {branch: main}, staging: {branch: next%s}}"
    )
    assert on("main", read(usually_off % ""))[0].jobs == ()
    assert len(on("next", read(usually_off % ", jobs: {x: {enabled: true}}"))[0].jobs) == 1


LINES = """services: {api: {}}
jobs: {nightly: {cpu: 2, env: {A: b}}}
workers: {mailer: {}}
environments:
  staging:
    branch: next
"""
FAULTS = [
    ("    jobs: {nightly: {memori: 1Gi}}\n", "unknown-key", "did you mean memory"),
    ("    jobs: {nightly: {memory: 1GB}}\n", "bad-configuration", "size"),
    ("    jobs: {nightly: {cpu: 4}}\n", "bad-configuration", "4 CPUs need 2048Mi"),
    ("    jobs: {nightly: {secrets: {A: a}}}\n", "bad-configuration", "A is in env and in secrets"),
    ("    jobs: {nightly: {from: apo}}\n", "bad-configuration", "Write `from: api`"),
    ("    jobs: {nightly: {schedule: hourly}}\n", "bad-configuration", "five fields"),
    ("    jobs: {nightly: {parallelism: 2}}\n", "bad-configuration", "1 tasks in all"),
    ("    jobs: {nightli: {}}\n", "bad-configuration", "Write `nightly:`"),
    ("    workers: {mailer: {instances: 1001}}\n", "bad-configuration", "1000"),
    ("    workers: {maler: {}}\n", "bad-configuration", "staging names maler, which is no worker"),
]


@pytest.mark.parametrize(("written", "code", "word"), FAULTS)
def test_each_fault_of_a_difference_has_its_line(written: str, code: str, word: str) -> None:
    """What is wrong only there is told there, once."""
    with pytest.raises(Stop) as caught:
        read(LINES + written)
    (finding,) = caught.value.findings
    assert finding.place is not None
    assert (finding.place.line, finding.code) == (7, code)
    assert word in finding.title + finding.fix


def test_what_is_wrong_with_a_job_anyway_is_told_once() -> None:
    """At the job, and not once more for an environment that says something else of it."""
    with pytest.raises(Stop) as caught:
        read(LINES.replace("cpu: 2", "cpu: 4") + "    jobs: {nightly: {env: {X: y}}}\n")
    assert [finding.place and finding.place.line for finding in caught.value.findings] == [2]


def test_a_difference_of_a_job_is_found_on_its_line() -> None:
    """A Finding points at the environment where that says it, and at the job for all else; other places stay out."""
    more = "    jobs:\n      nightly:\n        secrets:\n          KEY: key\n"
    more += "    workers: {mailer: {service_account: b@c.d}}\n"
    (target,) = on("next", read(LINES + more + "  other: {branch: o, jobs: {nightly: {cpu: 1}}}\n"))
    keys = (
        "jobs.nightly.secrets.KEY",
        "jobs.nightly.cpu",
        "workers.mailer.service_account",
        "workers.mailer",
    )
    assert [place.line for key in keys if (place := target.place(key))] == [10, 2, 11, 3]
    assert not [key for key, _ in target.lines if key.startswith("environments.other.jobs")]
    found = beyond(Allowance(service_accounts=("a@*",), secrets=("own-*",)), target, frozenset())
    assert sorted(each.place.line for each in found if each.place) == [10, 11]


def test_one_job_in_two_places_is_two_jobs() -> None:
    """What would be one Cloud Run job is a fault only where both are, and where both are on."""
    text = "jobs: {{x: , x-next: {{{0}}}}}\nenvironments: {{production: {{branch: main}}, next: {{branch: b{1}}}}}\n"
    with pytest.raises(Stop, match="would both be x-next"):
        read(text.format("", ""))
    assert read(text.format("", ", project: acme-staging")) and read(text.format("enabled: false", ""))
    assert read(text.format("", ", region: us-east1"))


# Who decides

BASE = "services: {api: {}}\njobs: {x: }\nworkers: {w: }\nenvironments: {staging: {branch: next%s}}"
DECIDED = [
    (", jobs: {x: {secrets: {KEY: key}}}", "environments.staging.jobs.x.secrets.KEY"),
    (
        ", jobs: {x: {service_account: a@p.iam.gserviceaccount.com}}",
        "environments.staging.jobs.x.service_account",
    ),
    (", jobs: {x: {enabled: false}}", "environments.staging.jobs.x.enabled"),
    (", workers: {w: {secrets: {KEY: key}}}", "environments.staging.workers.w.secrets.KEY"),
    (", workers: {w: {enabled: false}}", "environments.staging.workers.w.enabled"),
]


@pytest.mark.parametrize(("written", "key"), DECIDED)
def test_the_default_branch_decides_the_rights_of_a_job_there(written: str, key: str) -> None:
    """What a branch writes there gives nothing, what main writes is given, and the difference is told."""
    with_it, without = read(BASE % written), read(BASE % "")
    asked, given = granted(with_it, without), granted(without, with_it)
    assert (asked.environments, asked.later) == (without.environments, (key,))
    assert (given.environments, given.later) == (with_it.environments, (key,))
    assert granted(with_it, with_it).later == ()


def test_a_branch_shapes_the_jobs_of_its_environment() -> None:
    """Command, schedule and size are the commit's own, beside the secrets that main gives there."""
    own = read(BASE % ", jobs: {x: {command: [new], schedule: 0 1 * * *, env: {KEY: mine, A: b}}}")
    (target,) = on("next", granted(own, read(BASE % ", jobs: {x: {secrets: {KEY: key}}}")))
    (job,) = target.jobs
    assert (job.config.command, job.config.schedule) == (("new",), "0 1 * * *")
    assert (job.config.env, job.config.secrets) == ((("A", "b"),), (("KEY", SecretRef("key")),))


def test_a_new_job_gets_no_right_in_an_environment() -> None:
    """One that main lacks may be switched off there by the commit, and reads nothing."""
    new = BASE.replace("x: }", "x: , y: , z: }") % ", jobs: {y: {secrets: {K: k}}, z: {enabled: false}}"
    (target,) = on("next", granted(read(new), read(BASE % "")))
    assert [(each.config.name, each.config.secrets) for each in target.jobs] == [("x", ()), ("y", ())]


def test_what_is_printed_of_jobs_is_what_is_deployed() -> None:
    """`servergem config` shows each job and worker as its environment has it, also what is off there."""
    text = USUAL % ", jobs: {nightly: {schedule: 0 5 * * 1, env: {B: }}}, workers: {mailer: {enabled: false}}"
    found = config.resolved(text, repository_name="shop")["environments"]
    staging = found["staging"]
    assert (staging["jobs"]["nightly"]["schedule"], staging["jobs"]["nightly"]["env"]) == (
        "0 5 * * 1",
        {"C": "two"},
    )
    assert staging["workers"]["mailer"]["enabled"] is False
    assert found["production"]["jobs"]["nightly"]["env"] == {"B": "one", "C": "two"}
    alone = yaml.safe_dump({key: staging[key] for key in ("services", "jobs", "workers")})
    assert [each.config for each in on("main", read(alone))[0].jobs] == [
        each.config for each in on("next", read(text))[0].jobs
    ]


# At the wire

TWO = """services: {{{name}: {{}}}}
jobs: {{nightly: {{command: [python, --version], schedule: 0 3 * * *}}}}
workers: {{mailer: {{command: [python, main.py], instances: 1}}}}
environments:
  production: {{branch: main}}
  staging: {{branch: next, jobs: {{nightly: {{schedule: "", memory: 1Gi}}}}, workers: {{mailer: {{enabled: false}}}}}}
"""


def test_jobs_and_workers_differ_by_environment_at_cloud_run(house: House) -> None:
    """One file, two branches: staging's job has more memory and no schedule, and there is no worker of staging."""
    work = house.repository(SAMPLE)
    sha = work.push("Beside", **{"servergem.yml": TWO.format(name=SAMPLE)})
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    work.git("checkout", "-q", "-B", "next")
    sha = work.push("Staging", branch="next", **{"n.txt": "1"})
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    google, parent = house.world.google, f"projects/{PROJECT}/locations/europe-west1"
    assert google.workers.names() == [f"{parent}/workerPools/mailer"]
    asked = Google(google.grpc_address)
    made = {name.rpartition("/")[2]: asked.jobs.get_job(name=name) for name in google.jobs.names()}
    sizes = {
        name: job.template.template.containers[0].resources.limits["memory"] for name, job in made.items()
    }
    assert sizes == {"nightly": "512Mi", "nightly-staging": "1Gi"}
    assert [name.rpartition("/")[2] for name in google.schedules.names()] == ["nightly"]
