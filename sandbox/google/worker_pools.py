"""Cloud Run worker pools: made, changed with their etags and removed; an instance of each really runs."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from google.cloud import run_v2

from sandbox.google import run_rules
from sandbox.google.address import Address
from sandbox.google.cloud_logging import CloudLogging
from sandbox.google.conditions import good
from sandbox.google.errors import Code, Refusal, not_found
from sandbox.google.operations import Operations
from sandbox.google.ports import Runner
from sandbox.google.revisions import Revisions
from sandbox.google.state import Project, Projects, now, segments

API = "run.googleapis.com"
_LOG = "run.googleapis.com%2Fstdout"
# The longest that the sandbox lets one run, in seconds: as long as anybody tries it.
_ALWAYS = 1e9


@dataclass
class Pool:
    """A worker pool, and what ends the instance that stands for all of its."""

    pool: run_v2.WorkerPool
    project: Project
    region: str
    ended: threading.Event = field(default_factory=threading.Event)


class WorkerPools:
    """The worker pools of every project and region."""

    def __init__(
        self,
        projects: Projects,
        operations: Operations,
        logging: CloudLogging,
        revisions: Revisions,
        runner: Runner,
    ) -> None:
        self._projects, self._operations, self._logging = projects, operations, logging
        self._revisions, self._runner = revisions, runner
        self._pools: dict[str, Pool] = {}
        self._threads = ThreadPoolExecutor(16, "workers")

    def methods(self) -> dict[str, Any]:
        return {
            "WorkerPools.CreateWorkerPool": self.create,
            "WorkerPools.GetWorkerPool": self.get,
            "WorkerPools.ListWorkerPools": self.list,
            "WorkerPools.UpdateWorkerPool": self.update,
            "WorkerPools.DeleteWorkerPool": self.delete,
        }

    def names(self) -> list[str]:
        """The worker pools that are there, for who looks on from outside."""
        with self._projects.lock:
            return sorted(self._pools)

    def stop(self) -> None:
        for each in list(self._pools.values()):
            each.ended.set()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _admit(self, name: str, permission: str) -> Project:
        return self._projects.admit(
            segments(name).get("projects", ""), API, f"run.workerpools.{permission}", name
        )

    def _known(self, name: str) -> Pool:
        if name not in self._pools:
            raise not_found(f"Resource '{name.rpartition('/')[2]}' of kind 'WORKERPOOL' does not exist.")
        return self._pools[name]

    def create(self, request: Any) -> Any:
        project = self._admit(request.parent, "create")
        run_rules.check_worker_pool(request.worker_pool_id, request.worker_pool)
        self._revisions.admit_container(project, request.worker_pool.template)
        name = f"{request.parent}/workerPools/{request.worker_pool_id}"
        with self._projects.lock:
            if name in self._pools:
                raise Refusal(Code.ALREADY_EXISTS, f"Resource '{request.worker_pool_id}' already exists.")
            made = run_v2.WorkerPool(request.worker_pool)
            made.name, made.uid, made.generation = name, str(uuid.uuid4()), 1
            made.creator, made.create_time = self._projects.caller_address, now()
            self._pools[name] = Pool(made, project, segments(request.parent)["locations"])
        return self._begun(self._pools[name])

    def get(self, request: Any) -> run_v2.WorkerPool:
        self._admit(request.name, "get")
        with self._projects.lock:
            return run_v2.WorkerPool(self._known(request.name).pool)

    def list(self, request: Any) -> run_v2.ListWorkerPoolsResponse:
        self._admit(request.parent, "list")
        with self._projects.lock:
            found = [each.pool for name, each in self._pools.items() if name.startswith(f"{request.parent}/")]
        return run_v2.ListWorkerPoolsResponse(worker_pools=found)

    def update(self, request: Any) -> Any:
        """The whole pool in place of the one that was read with this etag."""
        wish = request.worker_pool
        project, short = self._admit(wish.name, "update"), wish.name.rpartition("/")[2]
        run_rules.check_worker_pool(short, wish)
        self._revisions.admit_container(project, wish.template)
        with self._projects.lock:
            known = self._known(wish.name)
            before = known.pool
            if wish.etag and wish.etag != before.etag:
                raise run_rules.conflict(short, wish.etag, before.etag)
            known.pool = run_v2.WorkerPool(wish)
            known.pool.uid, known.pool.generation = before.uid, before.generation + 1
            known.pool.creator, known.pool.create_time = before.creator, before.create_time
            known.pool.last_modifier, known.pool.update_time = self._projects.caller_address, now()
            known.ended.set()
            known.ended = threading.Event()
        return self._begun(known)

    def delete(self, request: Any) -> Any:
        self._admit(request.name, "delete")
        with self._projects.lock:
            known = self._known(request.name)
            known.ended.set()
            del self._pools[request.name]
        return self._done(known)

    def _begun(self, known: Pool) -> Any:
        """Ready with its new instances; one stands for all. An image or a secret that is not there is said at once."""
        made = known.pool
        made.etag, made.terminal_condition = f'"{uuid.uuid4().hex}"', good("Ready")
        address = Address(known.project, known.region, made.name.rpartition("/")[2])
        env, digest = self._revisions.environment_of(address, address.service, made.template)
        if isinstance(env, str) or digest is None:
            said = env if isinstance(env, str) else f"Image '{made.template.containers[0].image}' not found."
            operation = self._operations.of_run(known.project, known.region, made)
            operation.fail(Refusal(Code.FAILED_PRECONDITION, said))
            return operation.message()
        if made.scaling.manual_instance_count:
            self._threads.submit(self._run, known, known.ended, address, env, digest)
        return self._done(known)

    def _run(
        self, known: Pool, ended: threading.Event, address: Address, env: dict[str, str], digest: str
    ) -> None:
        """An instance after the other: one that ends is started anew."""
        container = known.pool.template.containers[0]
        while not ended.is_set():
            self._runner.run_to_the_end(
                image_digest=digest,
                command=(*container.command, *container.args),
                env=env | {"CLOUD_RUN_WORKER_POOL": address.service},
                timeout=_ALWAYS,
                cancelled=ended.is_set,
                log=self._log(address),
            )
            ended.wait(1.0)

    def _done(self, known: Pool) -> Any:
        operation = self._operations.of_run(known.project, known.region, known.pool)
        operation.succeed(known.pool)
        return operation.message()

    def _log(self, address: Address) -> Callable[[str, str], None]:
        labels = {
            "project_id": address.project.id,
            "location": address.region,
            "worker_pool_name": address.service,
        }

        def write(stream: str, text: str) -> None:
            severity = "ERROR" if stream == "system" else "DEFAULT"
            self._logging.write(
                address.project.id, _LOG, "cloud_run_worker_pool", labels, text, severity=severity
            )

        return write
