"""The steps of a set-up, printed one by one, and run with gcloud where a person wants that."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

from app.setup.step import GIVEN, Step

# A new account is known everywhere within a minute or two, and until then a binding is refused with these words:
# https://cloud.google.com/iam/docs/access-change-propagation
NOT_THERE_YET = re.compile(r"service account .*does not exist", re.IGNORECASE)
PAUSES = (1, 2, 4, 8, 15, 30, 30, 30)
NO_GCLOUD = "gcloud is not installed: https://cloud.google.com/sdk/docs/install"


@dataclass(frozen=True)
class Walked:
    """The exit status of the step that failed, else 0, and the project's number where a step has told it."""

    status: int = 0
    number: str = ""


def through(steps: Iterable[Step], console: Console, *, apply: bool) -> Walked:
    """Print each step, and with `apply` run it, up to the first one that fails."""
    number = ""
    for step in steps:
        console.print(Text(f"# {step.why}", "dim"))
        console.print(Text(str(step)))
        if not apply:
            continue
        status, said = _run(step.numbered(number), console)
        if status:
            return Walked(status, number)
        number = said.strip() if step.tells else number
    return Walked(0, number)


def _run(step: Step, console: Console) -> tuple[int, str]:
    """Run the command, and where its work was done before the one that brings it up to date; status and output."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / GIVEN
        file.write_text(step.given)
        step = step.reading(file)
        done = _patiently(step, console)
        before = bool(done.returncode) and any(words in done.stderr for words in step.again)
        if before and step.update:
            done = of_gcloud(step.update)
    if done.returncode and not (before and not step.update):
        console.print(Text(done.stderr.strip(), "red"))
        return done.returncode, ""
    words = "done" if not before else ("brought up to date" if step.update else "was done before")
    console.print(Text(f"  {words}", "green"))
    return 0, done.stdout


def _patiently(step: Step, console: Console) -> subprocess.CompletedProcess[str]:
    """Run the command; an account that was made a moment ago is not there for everybody yet."""
    done = of_gcloud(step.command)
    for seconds in PAUSES:
        if not (done.returncode and NOT_THERE_YET.search(done.stderr)):
            break
        console.print(Text(f"  the account is not known everywhere yet; once more in {seconds} s", "dim"))
        time.sleep(seconds)
        done = of_gcloud(step.command)
    return done


def of_gcloud(command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """What a command of gcloud says; 127 as a shell has it where there is no gcloud."""
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, 127, "", NO_GCLOUD)
