"""`servergem serve` as a team runs it, on SQLite: two processes that may be killed, and one that watches."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.model import Button, PressButton, Repository
from app.process.hatch import Away, Hatch
from app.telemetry.counted import together
from sandbox.ports import free_port
from sandbox.world import Sandbox
from tests.bench.intake import children
from tests.conftest import OWNER, PATIENCE, QUICK, House, eventually, web

SAMPLE = "hello-python"
ROOT = Path(__file__).parent.parent


@dataclass
class Serve:
    """A `servergem serve`, and its halves by the order in which they were started."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def halves(self) -> list[int]:
        return children(self.process.pid)

    def other_than(self, *known: int) -> int | None:
        """A half that was started later; none also when all of it has ended."""
        try:
            return next((pid for pid in self.halves() if pid not in known), None)
        except FileNotFoundError:
            return None

    def told(self) -> str:
        return self.log.read_text()[-9000:]

    def opened(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(self.told())
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(self.address.rpartition(":")[2]))) == 0


@contextmanager
def serve(world: Sandbox, folder: Path, *words: str, **settings: str) -> Iterator[Serve]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    wanted = world.settings(folder / "data") | QUICK | {"SERVERGEM_PUBLIC_URL": address} | settings
    log = folder / "servergem.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve", "--host", "127.0.0.1", "--port", str(port), *words],
            cwd=ROOT,
            env=os.environ | wanted,
            stdout=output,
            stderr=output,
        )
    started = Serve(address, process, log)
    try:
        eventually(started.opened, "an open door", started.told)
        yield started
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def running(world: Sandbox, tmp_path: Path) -> Iterator[Serve]:
    with serve(world, tmp_path) as started:
        world.github.webhook_url = f"{started.address}/webhook"
        eventually(lambda: web.get(f"{started.address}/readyz").json()["ready"], "readiness", started.told)
        yield started


@pytest.mark.wire
def test_a_killed_worker_loses_nothing(world: Sandbox, tmp_path: Path, running: Serve) -> None:
    """kill -9 in the middle of a deployment: the door answers on, the next worker goes on, and the push is live."""
    house = House(world, tmp_path, running.address)
    door, worker = running.halves()
    world.google.behaviour.queue_time = 3.0
    sha = house.repository(SAMPLE).push("Say hello")
    eventually(lambda: world.google.calls["CloudBuild.CreateBuild"], "a build", running.told)
    os.kill(worker, signal.SIGKILL)
    assert web.get(f"{running.address}/health").text == "ok\n"
    assert house.ended(sha)["ending"] == "live", running.told()
    assert running.halves()[0] == door and worker not in running.halves()
    assert "ServerGem's worker was ended by SIGKILL; it is started anew" in running.told()
    assert world.google.calls["CloudBuild.CreateBuild"] == 1
    assert house.check_run(SAMPLE, sha)["conclusion"] == "success"


@pytest.mark.wire
def test_a_killed_door_loses_nothing(world: Sandbox, tmp_path: Path, running: Serve) -> None:
    """kill -9 of the door: who comes at that moment waits for the next one, and every push is deployed."""
    house = House(world, tmp_path, running.address)
    door, worker = running.halves()
    work = house.repository(SAMPLE)
    work.push("Say hello")
    world.github.deliveries.settle()
    os.kill(door, signal.SIGKILL)
    sha = work.push("Say it again", **{"n.txt": "1"})
    assert house.ended(sha)["ending"] == "live", running.told()
    assert worker in running.halves() and running.other_than(door, worker)
    world.github.deliveries.settle()
    assert {attempt.status_code for attempt in world.github.deliveries.attempts()} == {202}


@pytest.mark.wire
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_one_signal_ends_both(running: Serve, sign: signal.Signals) -> None:
    """They end by themselves, the watcher with 0, and leave nobody behind."""
    halves = running.halves()
    running.process.send_signal(sign)
    assert running.process.wait(PATIENCE) == 0, running.told()
    assert not [pid for pid in halves if Path(f"/proc/{pid}").exists()]
    assert "Traceback" not in running.told(), running.told()


@pytest.mark.wire
def test_the_halves_end_with_who_watches_them(running: Serve) -> None:
    """kill -9 of the watcher leaves no process that holds the port or the journal."""
    halves = running.halves()
    running.process.kill()
    eventually(lambda: not [pid for pid in halves if alive(pid)], "the end of both", running.told)


def alive(pid: int) -> bool:
    """Whether it runs; what has ended and that nobody has buried is a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.wire
def test_a_half_that_cannot_live_ends_both(running: Serve) -> None:
    """Killed as soon as it is started, three times: the exit status is 1, and the reason the last line."""
    known = set(running.halves())
    victim: int | None = running.halves()[1]
    while victim is not None:
        os.kill(victim, signal.SIGKILL)
        known.add(victim)
        eventually(
            lambda: running.process.poll() is not None or running.other_than(*known), "another", running.told
        )
        victim = running.other_than(*known)
    assert running.process.wait(PATIENCE) == 1
    assert "ServerGem's worker was ended by SIGKILL, 3 times in a row within 10 s" in running.told()


@pytest.mark.wire
def test_no_folder_for_what_is_temporary_is_too_long(world: Sandbox, tmp_path: Path) -> None:
    """A socket's address has room for a hundred letters; where the machine's folder has more of them, both come up."""
    deep = tmp_path / ("long" * 20)
    deep.mkdir()
    with serve(world, tmp_path, TMPDIR=str(deep)) as started:
        eventually(lambda: web.get(f"{started.address}/readyz").json()["ready"], "readiness", started.told)


@pytest.mark.wire
def test_both_halves_are_counted(world: Sandbox, tmp_path: Path, running: Serve) -> None:
    """At the door's /metrics stand what it received and what the worker made of it."""
    house = House(world, tmp_path, running.address)
    house.ended(house.repository(SAMPLE).push("Say hello"))
    counted = {
        'servergem_deliveries_total{event="push",outcome="accepted"} 1.0',
        'servergem_deployments_total{ending="live"} 1.0',
    }
    eventually(
        lambda: counted <= set(web.get(f"{running.address}/metrics").text.splitlines()), "both", running.told
    )


def test_two_counts_are_one() -> None:
    """Counts and buckets are added, of limits the lower is told, of what stands the higher, and nothing twice."""
    one = (
        '# TYPE a counter\na_total{x="1"} 2.0\n# TYPE servergem_github_rate_limit_remaining gauge\n'
        'servergem_github_rate_limit_remaining{installation="3"} 40.0\n# TYPE age gauge\nage 0.0\n'
    )
    other = (
        '# TYPE a counter\na_total{x="1"} 3.0\na_total{x="2"} 1.0\n'
        "# TYPE servergem_github_rate_limit_remaining gauge\n"
        'servergem_github_rate_limit_remaining{installation="3"} 41.0\n# TYPE age gauge\nage 7.0\n'
    )
    lines = [line for line in together(one, other).splitlines() if not line.startswith("#")]
    assert lines == [
        'a_total{x="1"} 5.0',
        'a_total{x="2"} 1.0',
        'servergem_github_rate_limit_remaining{installation="3"} 40.0',
        "age 7.0",
    ]


@pytest.mark.wire
def test_what_a_page_begins_the_worker_runs(world: Sandbox, tmp_path: Path, running: Serve) -> None:
    """A rollback that is asked of the door's API is begun, told and done, as in one process."""
    house = House(world, tmp_path, running.address)
    work = house.repository(SAMPLE)
    house.ended(work.push("Say hello"))
    newer = house.ended(work.push("Say it again", **{"n.txt": "1"}))
    world.github.set_permission(f"{OWNER}/{SAMPLE}", "ada", "write")
    token = {"authorization": f"Bearer {world.github.personal_token('ada', 'repo')}"}
    path = f"{running.address}/api/v1/deployments/{newer['id']}/rollback"
    pressed = web.post(path, headers=token)
    assert pressed.status_code == 202, pressed.text

    def outcome() -> dict[str, str]:
        told: dict[str, str] = web.get(f"{path}s/{pressed.json()['id']}", headers=token).json()
        return told

    told = eventually(lambda: (now := outcome())["rollback"] and now, "what came of it", running.told)
    done = {each["id"]: each["ending"] for each in house.deployments()}
    assert told["rollback"] in done, (told, done)


def test_without_a_worker_nothing_is_begun(tmp_path: Path) -> None:
    """Whoever presses is told to press again, and nothing has ended."""
    hatch = Hatch(tmp_path / "nobody", None, None)  # type: ignore[arg-type]  # neither is asked
    press = PressButton(
        Repository(1, "acme", "shop", 2), "a" * 40, "main", Button.ROLL_BACK, "ada", "page-1", "", "run"
    )
    with pytest.raises(Away, match="Press again in a moment"):
        hatch.start(press, "page-1")
    assert not hatch.finished("page-1")
