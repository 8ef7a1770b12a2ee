"""Workers of servergem.yml: Cloud Run worker pools with the image that serves, and what is refused of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from google.cloud import run_v2

from app import config
from app.config import granted
from app.model import SecretRef, ServiceConfig, Stop, Target, TargetWorker, WorkerConfig
from app.trust.allowance import Allowance, beyond
from app.trust.rights import When, used_by
from gcp.cloud import Google
from gcp.wanted_service import WantedService
from gcp.worker_pools import WantedWorker, specification
from sandbox.google.errors import Refusal
from sandbox.google.run_rules import check_worker_pool
from sandbox.world import PROJECT
from tests.conftest import House, eventually
from tests.test_previews import CHECK, SAMPLE, opened, preview
from tests.test_run_keys import fields_set, fields_there

PARENT = f"projects/{PROJECT}/locations/europe-west1"
MAILER = f"{PARENT}/workerPools/mailer"
WORK = "import os, time\nprint('mails to', os.environ['TO'], flush=True)\ntime.sleep(600)\n"
SERVICE = f"services:\n  {SAMPLE}:\n    env: {{TO: nobody}}\n"
WORKERS = f"{SERVICE}workers:\n  mailer: {{command: [python, work.py], env: {{TO: ada}}, instances: 2}}\n"
# What Google tells of a worker pool, and what else its API has, with the reason why servergem.yml has no key for it.
TOLD = (
    "name uid generation create_time update_time delete_time expire_time creator last_modifier observed_generation "
    "terminal_condition conditions latest_ready_revision latest_created_revision instance_split_statuses "
    "threat_detection_enabled satisfies_pzs reconciling etag"
)
LEFT_OUT = {
    "WorkerPool.description": "nobody reads it but in the console, which shows the labels too",
    "WorkerPool.annotations": "free text for tools; labels are what a worker is found by",
    "WorkerPool.client": "a note about who calls, not about the worker",
    "WorkerPool.client_version": "a note about who calls, not about the worker",
    "WorkerPool.binary_authorization": "said of the service whose image it has, which was judged there",
    "WorkerPool.instance_splits": "all instances are of the image that serves",
    "WorkerPool.custom_audiences": "nobody calls it",
    "WorkerPoolRevisionTemplate.revision": "Cloud Run names it",
    "WorkerPoolRevisionTemplate.labels": "the pool has them",
    "WorkerPoolRevisionTemplate.annotations": "free text for tools",
    "WorkerPoolRevisionTemplate.service_mesh": "a preview of Google's",
    "WorkerPoolRevisionTemplate.encryption_key_revocation_action": "as for services",
    "WorkerPoolRevisionTemplate.encryption_key_shutdown_duration": "as for services",
    "WorkerPoolRevisionTemplate.node_selector": "a GPU is a service's",
    "WorkerPoolRevisionTemplate.gpu_zonal_redundancy_disabled": "a GPU is a service's",
}
WHOLE = """\
    vpc: {network: n}
    volumes: {a: {path: /a, memory: 128Mi}}
    encryption_key: projects/p/locations/r/keyRings/k/cryptoKeys/c
"""


def read(text: str) -> config.Config:
    return config.read(text, repository_name="shop")


def specified(**said: Any) -> run_v2.WorkerPool:
    service = read(f"services:\n  api:\n{WHOLE}").services[0]
    wanted = WantedService("p", "r", "api", "image", "", "", service, "a@b", (("commit", "1"),))
    return specification(WantedWorker(wanted, "mailer", ("a",), **said))


def test_workers_come_and_change_and_go_with_the_service(house: House) -> None:
    """They run the image that serves with their own variables, get each new one, and go once they are not named."""
    work = house.repository(SAMPLE)
    sha = work.push("Mail", **{"servergem.yml": WORKERS, "work.py": WORK})
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    asked = Google(house.world.google.grpc_address)
    pool = asked.worker_pools.get_worker_pool(name=MAILER)
    serving = asked.services.get_service(name=f"{PARENT}/services/{SAMPLE}")
    assert pool.template.containers[0].image == serving.template.containers[0].image
    assert (pool.scaling.manual_instance_count, pool.labels["commit"]) == (2, sha)
    rows = {row["title"]: row for row in house.ended(sha)["rows"]}
    (part,) = rows["Update workers"]["parts"]
    assert (part["title"], part["notes"]) == ("Worker mailer", ["2 instances"])
    written = house.world.google.logging._visible
    eventually(lambda: any("mails to ada" in each.text for each in written(PROJECT)), "a worker at work")

    number, head = opened(house, work)
    assert number and preview(house, work, head, CHECK)["conclusion"] == "success"
    assert house.world.google.workers.names() == [MAILER]
    work.git("checkout", "-q", "main")
    again = work.push("Mail less", **{"servergem.yml": WORKERS.replace("instances: 2", "instances: 0")})
    assert house.ended(again)["ending"] == "live", house.log_tail()
    changed = asked.worker_pools.get_worker_pool(name=MAILER)
    assert (changed.generation, changed.scaling.manual_instance_count) == (2, 0)
    bare = work.push("Mail no more", **{"servergem.yml": SERVICE})
    assert house.ended(bare)["ending"] == "live", house.log_tail()
    assert house.world.google.workers.names() == []


def test_all_of_a_worker_pool_is_reached_or_left_out_for_a_reason() -> None:
    """A field that a newer library has is red here until it has a key or a reason; a reason that is stale is too."""
    said = {name for name in fields_set(run_v2.WorkerPool.pb(specified(instances=2))) if "Pool" in name}
    kind = run_v2.WorkerPool.pb(run_v2.WorkerPool()).DESCRIPTOR
    there = {name for name in fields_there(kind, set()) if "Pool" in name}
    assert there - said - {f"WorkerPool.{name}" for name in TOLD.split()} == LEFT_OUT.keys()


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("workers:\n  mailer:\n    from: web\n", 5, "Write `from: api`"),
        ("workers:\n  Mailer: {}\n", 4, "cannot be a worker's name"),
        ("workers:\n  mailer:\n    cpu: 0.5\n", 5, "1 or more"),
        ("workers:\n  mailer:\n    memory: 256Mi\n", 5, "512Mi or more"),
        ("workers:\n  mailer:\n    cpu: 4\n", 5, "2048Mi"),
        ("workers:\n  mailer:\n    instances: 1001\n", 5, "1000"),
        ("workers:\n  mailer:\n    port: 80\n", 5, "Unknown key port"),
        ("workers:\n  mailer:\n    env: {A: b}\n    secrets: {A: c}\n", 6, "in env and in secrets"),
    ],
)
def test_each_fault_of_a_worker_has_its_line(text: str, line: int, word: str) -> None:
    """Before anything is built."""
    with pytest.raises(Stop) as caught:
        read(f"services:\n  api: {{}}\n{text}")
    finding = caught.value.findings[0]
    assert finding.place is not None and finding.place.line == line
    assert word in finding.title + finding.message + finding.fix


def test_a_worker_is_decided_where_services_are() -> None:
    """Secrets and accounts are the default branch's word, an operator's allowance holds, and rights are asked for."""
    own = read(
        "workers: {mailer: {command: [a], secrets: {A: b}, service_account: a@p.iam.gserviceaccount.com}}"
    )
    result = granted(own, read("services: {}"))
    assert result.workers == (WorkerConfig("mailer", "shop", ("a",)),)
    assert {"workers.mailer.secrets.A", "workers.mailer.service_account"} <= set(result.later)
    target = Target("p", "r", "production", ServiceConfig("shop"))
    mailer = WorkerConfig("mailer", "shop", memory="16Gi", secrets=(("A", SecretRef("s")),))
    with_worker = replace(target, workers=(TargetWorker("mailer", mailer),))
    assert ("workers.mailer.secrets.A", SecretRef("s")) in with_worker.secrets_read
    assert beyond(Allowance(memory="1Gi"), with_worker, frozenset())
    assert {each.when for each in used_by(with_worker)} - {each.when for each in used_by(target)} == {
        When.WORKERS
    }


def test_the_sandbox_refuses_what_a_worker_pool_cannot_have() -> None:
    """Ports are a service's, and less than a CPU is too."""
    made = specified()
    check_worker_pool("mailer", made)
    made.template.containers[0].ports = [run_v2.ContainerPort(container_port=80)]
    with pytest.raises(Refusal, match="only supported for services"):
        check_worker_pool("mailer", made)
    small = specified()
    small.template.containers[0].resources.limits["cpu"] = "0.5"
    with pytest.raises(Refusal, match="at least 1 CPU"):
        check_worker_pool("mailer", small)
