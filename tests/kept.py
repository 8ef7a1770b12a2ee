"""What a person read on GitHub, kept whole in tests/reports/wire/: what differs from run to run is a word there."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.world import Sandbox
from tests.conftest import OWNER

KEPT = Path(__file__).parent / "reports" / "wire"
# Whole lines that the machine decides: under a line of a traceback, where Python's own modules stand, what pip is told.
CUT = re.compile(
    r"""^\ +[~^]+\n
    | ^\ \ File\ "(?:<frozen\ os>|[^"]*/os\.py)".*\n(?:\ {4}.*\n)*
    | ^.*\b(?:Looking\ in\ (?:links|indexes):\ |WARNING:\ Retrying\ ).*\n
    | ^.*\[notice\].*\n""",
    re.MULTILINE | re.VERBOSE,
)
VARIES = (
    (re.compile(r"\b\d+(?:\.\d+)? s\b|\b\d+ min \d+ s\b"), "TIME"),
    (re.compile(r"\b\d+ [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC"), "MOMENT"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+Z?"), "MOMENT"),
    (re.compile(r"(?<=127\.0\.0\.1:)\d+|(?<=localhost:)\d+"), "PORT"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b"), "ID"),
    (re.compile(r"(?<=/deployments/pr-710000001-1-)[0-9a-f]{12}"), "ID"),
    (re.compile(r"(?<=-not-)[0-9a-f]{6}(?:-[0-9a-f]{12})?\b"), "ID"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "DIGEST"),
    (re.compile(r"(?<=\.tar\.gz#)\d+"), "GENERATION"),
    (re.compile(r"(?<=issuecomment-)\d+|(?<=servergem:answer-)\d+"), "NUMBER"),
    # A revision is named after its commit, and by chance.
    (re.compile(r"(-[0-9a-f]{7})-[0-9a-f]{5}\b"), r"\1-REVISION"),
    # With the lines that are cut their count varies.
    (re.compile(r"(?<=, last )\d+(?= lines)"), "N"),
)
COMMIT = re.compile(r"\b(?:[0-9a-f]{40}|[0-9a-f]{7})\b")
# Checks run side by side: what they made stands in the order in which they came to it.
LISTS = re.compile(r"(?:^- (?:enabled|created|repaired) .*\n)+", re.MULTILINE)
CELLS = re.compile(r"(?<= \| )[^|\n]*<br>[^|\n]*(?= \|$)", re.MULTILINE)


def check_run_text(world: Sandbox, run: dict[str, Any]) -> str:
    """A check run as GitHub has it: its state, buttons, texts and annotations."""
    stored, output = world.github.hub.runs[run["id"]], run["output"]
    buttons = "".join(f" [{action['label']}]" for action in stored.actions)
    parts = [
        f"{run['name']}: {run['status']} {run['conclusion'] or ''}{buttons}\n{run['details_url']}",
        f"# {output['title']}",
        output["summary"] or "",
        # How far the log of a build had been read when its service went live is chance.
        "" if run["conclusion"] == "success" else output["text"] or "",
    ]
    for note in world.github.annotations(run["id"]):
        where = f"{note['path']}:{note['start_line']}-{note['end_line']} [{note['annotation_level']}]"
        parts.append(f"{where} {note['title']}\n{note['message']}")
    return "\n\n".join(part.rstrip() for part in parts if part) + "\n"


def conversation_text(world: Sandbox, repository: str, number: int) -> str:
    """All that stands under a pull request, oldest first."""
    said = world.github.comments_on(f"{OWNER}/{repository}", number)
    return "\n\n".join(f"{each['user']['login']} says:\n\n{each['body'].rstrip()}" for each in said) + "\n"


def insist(name: str, *said: str) -> None:
    """Compare with the kept text; WRITE_REPORTS=1 writes it anew."""
    told = steady("\n---\n\n".join(said))
    path = KEPT / f"{name}.md"
    if os.environ.get("WRITE_REPORTS"):
        KEPT.mkdir(parents=True, exist_ok=True)
        path.write_text(told)
    assert told == path.read_text()


def steady(text: str) -> str:
    """The same for every run of the same story. Commits keep their identity: the first that is named is COMMIT1."""
    text = "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
    text = CUT.sub("", text)
    for pattern, instead in VARIES:
        text = pattern.sub(instead, text)
    text = COMMIT.sub(_numbered(), text)
    text = LISTS.sub(lambda found: "".join(sorted(found[0].splitlines(keepends=True))), text)
    return CELLS.sub(lambda found: "<br>".join(sorted(found[0].split("<br>"))), text)


def _numbered() -> Callable[[re.Match[str]], str]:
    names: dict[str, str] = {}
    return lambda found: names.setdefault(found[0][:7], f"COMMIT{len(names) + 1}")
