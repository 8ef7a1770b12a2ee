"""The demo: a sandbox, a ServerGem and a real `git push`, shown stage by stage until the service answers."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.live import Live
from rich.table import Table

from sandbox.world import PROJECT, SAMPLES, Options, Sandbox

OWNER, NAME = "acme", "hello-python"
# The first deployment into an empty project, on a slow machine.
DEADLINE_SECONDS = 120.0
LOOK_SECONDS = 0.1
TRY_NEXT = """Try next, in another terminal:
  git clone {clone} && cd {name}
  sed -i 's/Hello/Good morning/' main.py && git commit -am 'Greet earlier' && git push
  echo 'def' >> main.py && git commit -am 'Break it' && git push
  git switch -c idea && git commit --allow-empty -m 'An idea' && git push -u origin idea"""
MARKS = {"done": "✓", "failed": "✗", "running": "…", "skipped": "–", "waiting": " "}


def run(*, once: bool) -> int:
    """Show one push going live; then keep everything up until Ctrl-C, unless `once`. The exit status."""
    console = Console(highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="servergem-demo-") as folder, Sandbox(Path(folder)) as world:
        world.google.project(PROJECT)
        with servergem(world, Path(folder)) as started:
            address = started.address
            world.github.webhook_url = f"{address}/webhook"
            work = _push(world, Path(folder))
            console.print(f"Pushed [bold]{OWNER}/{NAME}[/] to {world.github.url}/{OWNER}/{NAME}")
            deployment = _follow(console, address)
            if not deployment or deployment["ending"] != "live" or not _answers(deployment["url"]):
                console.print(f"The deployment did not become live: {deployment and deployment['title']}")
                return 1
            _what_next(console, world, address, deployment, work)
            if not once:
                _until_interrupted(console)
    return 0


@dataclass(frozen=True)
class Process:
    """A running ServerGem and where its door is."""

    address: str
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid

    def kill(self) -> None:
        """As a machine that loses its power: nothing is finished, nothing is said."""
        self.process.kill()
        self.process.wait()


@contextmanager
def servergem(world: Sandbox, folder: Path, **settings: str) -> Iterator[Process]:
    """ServerGem as a process of its own, as `Procfile` runs it."""
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | world.settings(folder / "servergem") | settings
    environment |= {"SERVERGEM_PUBLIC_URL": address}
    log = (folder / "servergem.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve", "--port", str(port)],
        env=environment,
        stdout=log,
        stderr=log,
    )
    try:
        _wait_until_open(process, port, folder / "servergem.log")
        yield Process(address, process)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()


def _push(world: Sandbox, folder: Path) -> Path:
    """A real repository, a real commit and a real push of the sample."""
    world.github.create_repository(OWNER, NAME, None)
    work = folder / NAME
    shutil.copytree(SAMPLES / NAME, work)
    _git(work, "init", "-q", "-b", "main")
    _git(work, "remote", "add", "origin", world.github.clone_url(f"{OWNER}/{NAME}"))
    _git(work, "add", "-A")
    _git(work, "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "-qm", "Say hello")
    _git(work, "push", "-q", "origin", "main")
    return work


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, env=os.environ | {"GIT_TERMINAL_PROMPT": "0"})


def _follow(console: Console, address: str) -> dict[str, Any] | None:
    """One line for each stage as it ends; on a terminal a table that is redrawn. The deployment when it ended."""
    until = time.monotonic() + DEADLINE_SECONDS
    told: set[str] = set()
    deployment: dict[str, Any] | None = None
    live = Live(console=console, refresh_per_second=10) if console.is_terminal else None
    with httpx.Client(timeout=5) as client:
        if live:
            live.start()
        while time.monotonic() < until and not (deployment and deployment["ending"]):
            found = client.get(f"{address}/deployments.json").json()
            deployment = found[0] if found else None
            if deployment and live:
                live.update(_table(deployment))
            elif deployment:
                _tell(console, deployment, told)
            time.sleep(LOOK_SECONDS)
        if live:
            live.stop()
    return deployment


def _table(deployment: dict[str, Any]) -> Table:
    table = Table(box=None, show_header=False)
    for row in deployment["rows"]:
        table.add_row(MARKS[row["state"]], row["title"], _seconds(row), "\n".join(row["notes"]))
    return table


def _tell(console: Console, deployment: dict[str, Any], told: set[str]) -> None:
    for row in deployment["rows"]:
        if row["ended"] and row["title"] not in told:
            told.add(row["title"])
            console.print(f"{MARKS[row['state']]} {row['title']:<24} {_seconds(row):>7}", markup=False)
            for note in row["notes"]:
                console.print(f"    {note}", markup=False)


def _seconds(row: dict[str, Any]) -> str:
    return f"{row['ended'] - row['started']:.1f} s" if row["ended"] else ""


def _answers(url: str) -> bool:
    """The service at its own address, by host name, as a browser asks for it."""
    address = httpx.URL(url)
    answer = httpx.get(address.copy_with(host="127.0.0.1"), headers={"host": address.netloc.decode()})
    return answer.status_code == 200


def _what_next(
    console: Console, world: Sandbox, address: str, deployment: dict[str, Any], work: Path
) -> None:
    page = f"{world.github.url}/{OWNER}/{NAME}/commit/{deployment['sha']}/checks"
    console.print(f"\nLive:       {deployment['url']}", markup=False)
    console.print(f"Check run:  {page}", markup=False)
    console.print(f"ServerGem:  {address}\n", markup=False)
    clone = world.github.clone_url(f"{OWNER}/{NAME}")
    console.print(TRY_NEXT.format(clone=clone, name=NAME), markup=False)


def _until_interrupted(console: Console) -> None:
    console.print("\nCtrl-C ends everything.")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        console.print("Ended.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_open(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"ServerGem ended at once:\n{log.read_text()[-2000:]}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("ServerGem did not open its door within 30 s")


__all__ = ["Options", "Process", "run", "servergem"]
