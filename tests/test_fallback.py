"""The unknown failure: with no rule to name it, the line that a person would quote is still what is shown."""

from __future__ import annotations

import re

import pytest

from app.diagnosis import Files, engine
from app.diagnosis.envelope import open_envelope
from app.diagnosis.rule import Rank
from app.diagnosis.telling import most_telling, score
from app.diagnosis.unknown import unknown
from app.model import Blame, Finding
from app.redaction import redact
from tests.samples import FOLDERS, Sample, samples


def plain(line: str) -> str:
    return " ".join(line.split())[:300]


def test_with_every_rule_off_the_line_to_quote_is_shown() -> None:
    """Of every third sample the right rule's own line is in the excerpt in 9 of 10, and the title in 7 of 10."""
    shown, titled, asked = 0, 0, 0
    for sample in samples(*FOLDERS)[::3]:
        files, transcript = Files.of(sample.files), open_envelope(sample.log)
        best = engine._best(engine._ordered(transcript, files))
        if best is None or best[0].rank is Rank.SYMPTOM:
            continue
        asked += 1
        quoted, found = plain(redact(best[1].line)), unknown(transcript, files)
        shown += quoted in [plain(line) for line in found.excerpt.split("\n")]
        titled += found.title.rstrip("…")[:50] in quoted
        assert found.blame is Blame.UNKNOWN
    assert asked > 300
    assert shown / asked >= 0.9
    assert titled / asked >= 0.7


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["$ zig build", "step 3", "error: no field named 'adress' in struct", "See the log at /tmp/x.log"], 2),
        (["error: could not find 'lime.toml'", "Build failed.", "exit status 1"], 0),
        (["warning: deprecated option", "Cannot open database \"shop\"", "2 errors"], 1),
        (["Traceback (most recent call last):", '  File "/app/a.py", line 3', "KeyError: 'PORT'"], 2),
        (["RuntimeError", "Nothing fits shop (1.3)", '→  76│   raise RuntimeError(f"Nothing fits {x}: none")'], 1),
        (["Connection lost: refused", "Ignoring an invalid option. This is currently a warning"], 0),
        (["one", "two", "three"], 2),
        ([], 0),
    ],
)  # fmt: skip
def test_the_line_that_says_what_is_wrong_has_most_points(lines: list[str], told: int) -> None:
    """A complaint with a name in it stands above counters, warnings, frames and advice; without any, the last line."""
    assert most_telling(lines) == told


def test_a_line_of_any_length_is_scored_by_its_beginning() -> None:
    """The points of a line do not need more time the longer it is."""
    assert score("x" * 1_000_000 + " error: late") == 0


SILENT = """Starting Step #0 - "prepare"
Step #0 - "prepare": servergem
Finished Step #0 - "prepare"
Starting Step #1 - "build"
Step #1 - "build": #0 building with "servergem" instance using docker-container driver
Step #1 - "build": #5 [2/2] RUN false
Step #1 - "build": #5 ERROR: process "/bin/sh -c false" did not complete successfully: exit code: 1
Step #1 - "build": ------
Step #1 - "build":  > [2/2] RUN false:
Step #1 - "build": ------
Step #1 - "build": ERROR: failed to solve: process "/bin/sh -c false" did not complete successfully: exit code: 1
Finished Step #1 - "build"
ERROR: build step 1 "gcr.io/cloud-builders/docker" failed: step exited with non-zero status: 1
"""


@pytest.mark.parametrize(
    "log", [SILENT, SILENT.replace('Step #1 - "build": ', "").replace('Step #0 - "prepare": ', "")]
)
def test_what_printed_nothing_is_named_itself(log: str) -> None:
    """Of a RUN without a word neither title nor excerpt is what another step, or the builder, said of itself."""
    files = Files.of({"Dockerfile": "FROM alpine\nRUN false\n"})
    found = engine.diagnose(log, files).findings[0]
    assert found.title == "RUN false ended with 1"
    assert found.place is not None and found.place.line == 2
    assert "servergem" not in found.excerpt and "exit code: 1" in found.excerpt
    told = unknown(open_envelope(log), files)
    assert told.title == "RUN false failed and printed nothing"
    assert "servergem" not in told.excerpt


def without_its_own_row(sample: Sample) -> Finding | None:
    """What is said of a sample whose right row is off: how a failure fares that nobody wrote a row for."""
    own, files, transcript = sample.diagnosis().row, Files.of(sample.files), open_envelope(sample.log)
    hits = engine._ordered(transcript, files)
    best = engine._best([(rule, hit) for rule, hit in hits if own is None or rule.code != own.code])
    return engine._finding(*best) if best else None


def test_with_its_own_row_off_nobody_is_sent_to_a_file_that_is_not_there() -> None:
    """Of every fifth sample the next best advice names its object, and no line of a file that the repository lacks."""
    wrong = {}
    for sample in samples(*FOLDERS)[::5]:
        found = without_its_own_row(sample)
        fix = found.fix if found else ""
        named = re.match(r"Correct line \d+ of ([\w./-]+\.\w+)", fix)
        name = named[1].rpartition("/")[2] if named else ""
        if re.match(r"(?:Correct|Add|Install|COPY) ?[.,;:](?:\s|$)", fix) or (
            name and sample.files and not any(path.endswith(name) for path in sample.files)
        ):
            wrong[sample.name] = fix
    assert not wrong


BORROWED = {
    "uv-": 'error: File not found: "/rails/app/assets/x.css"',
    "poetry-": "Because shop depends on shelf >=2.0.0 which doesn't match any versions, version solving failed.",
    "turbo-": "Cannot find project 'shop'",
    "go-": 'standard_init_linux.go:228: exec user process caused: no such file or directory',
}  # fmt: skip


@pytest.mark.parametrize("code", BORROWED)
def test_the_words_of_a_tool_that_is_nowhere_are_not_taken_for_its_own(code: str) -> None:
    """A row of uv, poetry, turbo or go is silent in a repository and a log that have no such tool."""
    files = Files.of({"Dockerfile": "FROM dart:3\nRUN make all\n", "Makefile": "all:\n"})
    ended = 'ERROR: process "/bin/sh -c make all" did not complete successfully: exit code: 1'
    log = f"#5 [2/2] RUN make all\n#5 0.1 {BORROWED[code]}\n#5 {ended}"
    assert not engine.diagnose(log, files).findings[0].code.startswith(code)
