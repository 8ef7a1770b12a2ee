"""The demo as a newcomer has it: what it prints works as printed, and however it ends it leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sandbox.world import SAMPLES
from tests.conftest import PATIENCE, answer_of, eventually, web

pytestmark = pytest.mark.wire

ROOT = Path(__file__).parent.parent
UP = "Ctrl-C ends everything."
# What a person's own machine may have: no name for git, signed commits, another default branch, a proxy.
GIT_CONFIG = """[commit]
    gpgSign = true
[init]
    defaultBranch = trunk
[push]
    default = nothing
"""
PROXIES = {
    name: "http://127.0.0.1:9"
    for each in ("http_proxy", "https_proxy", "all_proxy")
    for name in (each, each.upper())
}


@dataclass
class Demo:
    """A demo that runs in a terminal of its own."""

    process: subprocess.Popen[str]
    folders: Path
    said: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.said)

    def until(self, words: str) -> None:
        eventually(
            lambda: words in self.text or self.process.poll() is not None, f"{words!r}", lambda: self.text
        )
        assert words in self.text, self.text

    def address(self, label: str) -> str:
        found = re.search(rf"^{label}: +(\S+)$", self.text, re.MULTILINE)
        assert found, self.text
        return found[1]

    @property
    def site(self) -> str:
        return self.address("Check run").partition("/acme/")[0]

    def paragraphs(self) -> dict[str, list[str]]:
        """What it says can be typed, by the first word of the line above."""
        found: dict[str, list[str]] = {}
        for part in self.text.partition("Try next")[2].split("\n\n")[1:]:
            heading, *lines = part.splitlines()
            if lines:
                found[heading.split()[0]] = [line.strip() for line in lines if line.startswith("  ")]
        return found

    def addresses(self) -> set[str]:
        """Every page that it names."""
        lines = "\n".join(line for line in self.text.splitlines() if not line.startswith("  "))
        return set(re.findall(r"http://127[^\s)]+?(?=[):,]*(?:\s|$))", lines))

    def deployments(self) -> list[dict[str, Any]]:
        address = self.address("ServerGem")
        answer = web.get(f"{address}/deployments.json", follow_redirects=True)
        found: list[dict[str, Any]] = answer.json()
        return found

    def ended(self, *expected: tuple[str, str]) -> None:
        """Wait until the deployments of these repositories, in their order, have ended like this."""
        wanted = sorted(expected)
        eventually(lambda: self.endings() == wanted, f"{wanted}", lambda: f"{self.endings()}\n{self.text}")

    def endings(self) -> list[tuple[str, str]]:
        told = [(each["name"].removeprefix("ServerGem / "), each["ending"]) for each in self.deployments()]
        return sorted((name, ending or "") for name, ending in told)

    def children(self) -> list[int]:
        """Every process that has this demo's folder in its environment or command, and is not the demo."""
        return [pid for pid in _processes() if str(self.folders) in _told(pid) and pid != self.process.pid]


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def _told(pid: int) -> str:
    try:
        folder = Path(f"/proc/{pid}")
        return ((folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()).decode(
            errors="replace"
        )
    except OSError:
        return ""


@contextmanager
def demo(folder: Path, *words: str, **environment: str) -> Iterator[Demo]:
    """`servergem sandbox WORDS`, and whatever is left of it killed at the end."""
    folders = folder / "temporary folders"
    folders.mkdir(parents=True, exist_ok=True)
    home = folder / "home"
    home.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "sandbox", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(folders)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    running = Demo(process, folders)
    reader = threading.Thread(target=_read, args=(running,), daemon=True)
    reader.start()
    try:
        yield running
    finally:
        process.kill()
        process.wait()
        reader.join(PATIENCE)


def _read(running: Demo) -> None:
    assert running.process.stdout is not None
    with running.process.stdout as lines:
        running.said.extend(iter(lines.readline, ""))


class Shell:
    """A terminal in which a person types one line after the other."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._bash = subprocess.Popen(
            ["bash"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "TMPDIR": str(folder)} | dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, *_: object) -> None:
        self._bash.kill()
        self._bash.communicate()

    def type(self, line: str) -> None:
        """Type it and wait for the prompt; a line that fails is a failure."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._bash.stdin.write(f'{line}\necho "status $?"\n')
        self._bash.stdin.flush()
        said: list[str] = []
        while not (said and said[-1].startswith("status ")):
            said.append(self._bash.stdout.readline())
            assert said[-1], f"{line}\n{''.join(said)}"
        assert said[-1] == "status 0\n", f"{line}\n{''.join(said)}"


def own_repository(folder: Path) -> Path:
    """A person's repository, with its own history and something that is not committed."""
    path = folder / "my own app"
    path.mkdir()
    for name in ("main.py", "Procfile"):
        (path / name).write_text((SAMPLES / "hello-python" / name).read_text())
    author = "-c user.name=Eve -c user.email=eve@example.com"
    with Shell(path, {}) as terminal:
        terminal.type(f"git init -qb trunk && git add -A && git {author} commit -qm Mine")
    return path


def approve(site: str, pull: str) -> None:
    """Press the button that the pull request's check run has."""
    page = web.get(f"{site}{pull}?as=ada", timeout=PATIENCE).text
    run = re.search(r"/runs/(\d+)\">Details", page)
    assert run, page
    address = f"{site}/acme/hello-python/runs/{run[1]}/press"
    assert web.post(address, data={"identifier": "approve"}, timeout=PATIENCE).status_code == 303


def test_what_it_prints_to_try_next_works_as_printed(tmp_path: Path) -> None:
    """Change, pull request, fork, break, own repository: each line typed on a machine with settings of its own."""
    home = tmp_path / "a person"
    home.mkdir()
    (home / ".gitconfig").write_text(GIT_CONFIG)
    person = {"HOME": str(home)} | PROXIES
    mine = own_repository(tmp_path)
    with demo(tmp_path, "--demo", **PROXIES) as running:
        running.until(UP)
        paragraphs = running.paragraphs()
        change, pull_request, fork, broken, own = paragraphs.values()
        assert list(paragraphs) == ["Change", "Open", "Propose", "Break", "Your"]
        for address in running.addresses():
            assert web.get(address, follow_redirects=True).status_code == 200, address
        production, preview = "hello-python (production)", "hello-python (preview)"
        live = [(production, "live")]
        running.ended(*live)
        with Shell(tmp_path, person) as terminal, Shell(mine, person) as at_home:
            terminal.type("\n".join(change))
            running.ended(*(live := [*live, (production, "live")]))
            assert "Good morning" in answer_of(running.address("Live")).text
            terminal.type("\n".join(pull_request))
            running.ended(*(live := [*live, (preview, "live")]))
            terminal.type("\n".join(fork))
            running.ended(*live, (preview, "awaiting"))
            approve(running.site, "/acme/hello-python/pull/2")
            eventually(lambda: running.endings().count((preview, "live")) == 2, "the fork's preview")
            terminal.type("\n".join(broken))
            eventually(lambda: (production, "failed") in running.endings(), "the failure")
            at_home.type("\n".join(own))
            eventually(lambda: ("my-app (production)", "live") in running.endings(), "one's own repository")
        assert_ends_cleanly(running, signal.SIGINT, 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_whole(tmp_path: Path, number: signal.Signals) -> None:
    """SIGTERM and a closed terminal end the demo, its ServerGem and its service, and take the folder away."""
    with demo(tmp_path, "--demo") as running:
        running.until(UP)
        assert len(running.children()) >= 2, "ServerGem and the service"
        assert_ends_cleanly(running, number, 0)


def test_a_signal_while_it_starts_ends_it_whole(tmp_path: Path) -> None:
    """Ctrl-C in the middle of the first deployment says what it is, as shells do, and leaves nothing."""
    with demo(tmp_path, "--demo") as running:
        running.until("Pushed ")
        assert_ends_cleanly(running, signal.SIGINT, 128 + signal.SIGINT)


def test_its_processes_end_with_it(tmp_path: Path) -> None:
    """kill -9 of the demo leaves none of its processes."""
    with demo(tmp_path, "--demo") as running:
        running.until(UP)
        assert len(running.children()) >= 2
        running.process.kill()
        eventually(lambda: not running.children(), "the end of its children", lambda: str(running.children()))


def test_once_says_how_it_went(tmp_path: Path) -> None:
    """Two demos beside each other: the sample ends 0; a folder that cannot be built ends 1 and says what is wrong."""
    broken = tmp_path / "broken app"
    broken.mkdir()
    (broken / "main.py").write_text("def\n")
    (broken / "Procfile").write_text("web: python main.py\n")
    with (
        demo(tmp_path, "--demo", "--once") as good,
        demo(tmp_path / "broken", "--push", str(broken), "--once") as bad,
    ):
        assert (good.process.wait(PATIENCE), bad.process.wait(PATIENCE)) == (0, 1), f"{good.text}\n{bad.text}"
        eventually(lambda: "Not live:" in bad.text, "its last line", lambda: bad.text)
        assert "Live:" in good.text
        assert "It ends here" in good.text
        assert "ServerGem:" not in good.text and "Check run:" not in good.text
        assert "main.py" in bad.text.partition("Pushed")[2]


def test_a_folder_of_ones_own(tmp_path: Path) -> None:
    """--push takes HEAD and not what is uncommitted, follows it, and says its address and how to push again."""
    mine = own_repository(tmp_path)
    (mine / "main.py").write_text("def\n")
    with demo(tmp_path, "--push", str(mine)) as running:
        running.until(UP)
        assert "HEAD of " in running.text
        assert "what is not committed is not in it" in running.text
        assert running.address("Live").startswith("http://my-own-app.localhost:")
        again = next(line for line in running.text.splitlines() if line.startswith("  git "))
        with Shell(mine, {}) as terminal:
            terminal.type(again)


def assert_ends_cleanly(running: Demo, number: signal.Signals, status: int) -> None:
    """The signal ends the demo with this status, and neither process nor folder is left."""
    children = running.children()
    running.process.send_signal(number)
    assert running.process.wait(PATIENCE) == status, running.text
    left = {pid: _told(pid) for pid in children if pid in running.children()}
    assert not left
    assert list(running.folders.iterdir()) == []
    assert "Traceback" not in running.text
