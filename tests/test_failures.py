"""The broken samples, pushed and failed for real: their check runs as a person reads them, kept whole."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import House

TEXTS = Path(__file__).parent / "reports" / "failures"
# What differs from run to run: times, ids, digests, ports, folders.
VARIES = (
    (re.compile(r"\d+(?:\.\d+)? s\b|\d+ min \d+ s"), "N s"),
    (re.compile(r"\b[0-9a-f]{40}\b"), "COMMIT"),
    (re.compile(r"\b[0-9a-f]{7}\b(?=[-` .])"), "COMMIT"),
    (re.compile(r"-[0-9a-f]{7}-[0-9a-f]{5}\b"), "-REVISION"),
    (re.compile(r"127\.0\.0\.1:\d+|localhost:\d+"), "HOST"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b"), "ID"),
    (re.compile(r"sha256:[0-9a-f]{12,64}"), "sha256:DIGEST"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+Z?"), "TIME"),
    (re.compile(r"Python 3\.\d+(?:\.\d+)?|python3\.\d+"), "Python 3"),
    (re.compile(r"\d+\.\d+ (?=Collecting|ERROR|WARNING)"), ""),
)
SAMPLES = {
    "missing-package": "requirements.txt",
    "crash-on-start": "main.py",
    "wrong-port": "main.py",
    "syntax-error": "main.py",
    "bad-dockerfile": "Dockerfile",
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_broken_sample_names_its_line(house: House, sample: str) -> None:
    """The check run of each broken sample says where, what and what to do; the text is kept whole."""
    work = house.repository(sample)
    sha = work.push("Break")
    run = house.check_run(sample, sha)
    assert run["conclusion"] == "failure"
    notes = house.world.github.annotations(run["id"])
    assert notes and notes[0]["path"] == SAMPLES[sample], run["output"]
    insist(sample, shown(run, notes))


def shown(run: dict[str, Any], notes: list[dict[str, Any]]) -> str:
    output = run["output"]
    lines = [f"# {output['title']}", "", output["summary"].partition("\n\n| | Stage")[0], ""]
    for note in notes:
        lines += [
            f"{note['path']}:{note['start_line']} [{note['annotation_level']}] {note['title']}",
            note["message"],
            "",
        ]
    # What the tools printed differs with their versions; it has its own samples in tests/logs.
    text = re.sub(r"\n```text\n.*?\n```\n?", "", "\n".join(lines), flags=re.DOTALL)
    for pattern, instead in VARIES:
        text = pattern.sub(instead, text)
    return text.rstrip() + "\n"


def insist(name: str, said: str) -> None:
    """Compare with the kept text; WRITE_REPORTS=1 writes it anew."""
    path = TEXTS / f"{name}.md"
    if os.environ.get("WRITE_REPORTS"):
        TEXTS.mkdir(parents=True, exist_ok=True)
        path.write_text(said)
    assert said == path.read_text()
