"""The demo: a sandbox, a ServerGem and a real `git push`, shown stage by stage until the service answers."""

from __future__ import annotations

import errno
import html
import signal
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from rich.console import Console

from sandbox import next_steps
from sandbox.docker import engine
from sandbox.ending import Stopped, nobody_reads, stoppable
from sandbox.following import DEADLINE_SECONDS, Json, Outcome, follow
from sandbox.pushing import CannotPush, Pushed, insist_on_files, push
from sandbox.servergem import DidNotStart, Process, servergem
from sandbox.world import PROJECT, SAMPLES, Options, Sandbox

SAMPLE = SAMPLES / "hello-python"
# Who read our output has gone; the terminal has.
_NOBODY_READS = (errno.EPIPE, errno.EIO)
# What keeps GitHub from reading `@nestjs` as a mention, and a shell from reading it as a package.
_UNSEEN = "\N{ZERO WIDTH SPACE}"


@dataclass
class Demo:
    """One run of it. `folder`: what is pushed; the sample unless a person names their own."""

    folder: Path = SAMPLE
    once: bool = False
    options: Options = Options()
    docker: bool = True
    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    live: bool = False

    def run(self) -> int:
        """Show the push going live, then keep everything up until it is stopped, unless `once`.

        The exit status: 0 when it went live, 1 when it did not, and as shells say when it was stopped before.
        """
        try:
            with stoppable():
                insist_on_files(self.folder)
                return self._run()
        except CannotPush as refused:
            self.console.print(str(refused), markup=False)
            return 1
        except Stopped as stopped:
            self._say_ended(stopped)
            return 0 if self.live else stopped.status
        except OSError as error:
            if error.errno not in _NOBODY_READS:
                raise
            nobody_reads()
            return 0 if self.live else 128 + signal.SIGPIPE

    def _run(self) -> int:
        with ExitStack() as stack:
            self.console.print("Starting GitHub and Google Cloud on this machine, and ServerGem beside them.")
            root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="servergem-demo-")))
            found = stack.enter_context(engine(self.docker))
            self.console.print(f"Dockerfiles: {found.said}", markup=False)
            world = stack.enter_context(Sandbox(root, self.options, found.docker))
            world.google.project(PROJECT)
            try:
                started = stack.enter_context(servergem(world, root, **world.fork_accounts()))
                world.github.webhook_url = f"{started.address}/webhook"
                pushed = push(world, self.folder)
            except DidNotStart as error:
                self.console.print(str(error), markup=False)
                return 1
            return self._follow(world, started, pushed)

    def _follow(self, world: Sandbox, started: Process, pushed: Pushed) -> int:
        at = f"{world.github.url}/{pushed.full_name}"
        self.console.print(f"Pushed {pushed.what}\n    to {at}", markup=False)
        outcome = follow(self.console, world, started, pushed)
        self.live = outcome.live and (self.folder != SAMPLE or _answers(outcome.deployments[0]["url"]))
        say = self.console.print
        if not self.live:
            say("\n".join(_what_failed(outcome, at, pushed.sha)), markup=False)
            return 1
        say("\n".join(_what_is_live(outcome)), markup=False)
        if self.once:
            say("It ends here, and its addresses with it; without --once all of it stays up.", markup=False)
            return 0
        say(f"Check run:  {at}/commit/{pushed.sha}/checks", markup=False)
        say(f"ServerGem:  {started.address}\n", markup=False)
        text = next_steps.of_sample if self.folder == SAMPLE else next_steps.of_own
        say(f"{text(world, pushed)}\nCtrl-C ends everything.", markup=False)
        _until_stopped()
        return 0

    def _say_ended(self, stopped: Stopped) -> None:
        try:
            self.console.print("\nEnded." if stopped.number == signal.SIGINT else "Ended.")
        except OSError:
            nobody_reads()


def _what_is_live(outcome: Outcome) -> list[str]:
    """Each warning of a check run that ended well, then where each service answers."""
    told = [warning for run in outcome.check_runs for warning in _warnings(run)]
    return [*told, "", *(f"Live:       {each['url']}" for each in outcome.deployments)]


def _warnings(run: Json) -> list[str]:
    """The findings of its summary, each under its title, up to the table of stages."""
    parts = _body(run).partition("\n| |")[0].split("\n\n")
    starts = [number for number, part in enumerate(parts) if part.startswith("### ")]
    if not starts:
        return []
    found = "\n\n".join(parts[starts[0] :]).strip().replace("### ", "")
    return [f"\n{run['name']} is live, with a warning:\n\n{found}"]


def _what_failed(outcome: Outcome, at: str, sha: str) -> list[str]:
    """Each check run that did not end well, with what it says, and where to read on."""
    if outcome.nothing:
        return [f"Nothing was deployed. {outcome.nothing}"]
    bad = [run for run in outcome.check_runs if run["conclusion"] != "success"]
    told = [f"\n{run['name']}: {run['output']['title']}\n\n{_body(run)}" for run in bad]
    return [*told, f"Not live:   {at}/commit/{sha}/checks"]


def _body(run: Json) -> str:
    """The summary as its letters: a terminal reads no `&#95;`, and what is typed from it has nothing unseen in it."""
    return html.unescape(str(run["output"]["summary"] or "")).replace(_UNSEEN, "").strip() + "\n"


def _answers(url: str) -> bool:
    """The service at its own address, by host name, as a browser asks for it."""
    address = httpx.URL(url)
    answer = httpx.get(
        address.copy_with(host="127.0.0.1"),
        headers={"host": address.netloc.decode()},
        timeout=DEADLINE_SECONDS,
        trust_env=False,
    )
    return answer.status_code == 200


def _until_stopped() -> None:
    """Sleep until a signal raises Stopped."""
    while True:
        signal.pause()


__all__ = ["Demo", "Options", "Process", "servergem"]
