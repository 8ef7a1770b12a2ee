"""The envelope: whatever carried a log, its bare lines come out, each with the thing that printed it."""

from __future__ import annotations

import json

import pytest

from app.diagnosis.envelope import open_envelope
from app.diagnosis.printed import LONGEST_LINE
from app.diagnosis.transcript import Kind, Section

BUILDS = [
    'Starting Step #0 - "build"',
    'Starting Step #1 - "lint"',
    'Step #0 - "build": #7 [3/4] RUN npm ci',
    'Step #1 - "lint": E501 line too long',
    'Step #0 - "build": #7 1.203 npm ERR! code EUSAGE',
    'Step #1 - "lint": Found 1 error.',
    'Step #0 - "build": #8 [web 2/3] RUN pip install -r requirements.txt',
    'Step #0 - "build": #8 0.911 ERROR: No matching distribution found for nope',
    'Step #0 - "build": #7 ERROR: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1',
    'Finished Step #1 - "lint"',
]
KANIKO = """INFO[0000] Retrieving image manifest node:22
INFO[0004] Unpacking rootfs as cmd RUN npm ci requires it.
INFO[0009] RUN npm ci
INFO[0009] Cmd: /bin/sh
INFO[0009] Running: [/bin/sh -c npm ci]
npm ERR! code EUSAGE
error building image: error building stage: failed to execute command: waiting for process to exit: exit status 1
"""
CLASSIC = """Step 1/2 : FROM python:3.12
 ---> 1f2e3d4c5b6a
Step 2/2 : RUN pip install nope
 ---> Running in 0a1b2c3d4e5f
ERROR: No matching distribution found for nope
The command '/bin/sh -c pip install nope' returned a non-zero code: 1
"""
# What `gcloud logging read --format=json` prints, of a build and of a revision.
ENTRIES = [
    {"resource": {"type": "build"}, "textPayload": "Step #0: npm ERR! code EUSAGE\nStep #0: npm ERR! again"},
    {"resource": {"type": "cloud_run_revision"}, "jsonPayload": {"message": "boom", "stack": "at main.js:3"}},
    {"resource": {"type": "cloud_run_revision"}, "textPayload": "Container called exit(1)."},
]


def of_kind(text: str | bytes, kind: Kind) -> list[Section]:
    return [section for section in open_envelope(text).sections if section.kind is kind]


def lines(text: str | bytes) -> list[str]:
    """Every line that a log holds, whoever printed it."""
    return [line for section in open_envelope(text).sections for line in section.lines]


def test_lines_of_steps_that_run_together_are_told_apart() -> None:
    """Two steps print in turns, and inside one of them two instructions: each has its own lines, in order."""
    log = open_envelope("\n".join(BUILDS))
    found = {(each.step, each.instruction, each.stage): each for each in log.sections}
    assert found["0 build", "RUN npm ci", ""].lines[0] == "npm ERR! code EUSAGE"
    assert found["0 build", "RUN npm ci", ""].failed
    assert found["0 build", "RUN pip install -r requirements.txt", "web"].lines == (
        "ERROR: No matching distribution found for nope",
    )
    assert found["1 lint", "", ""].lines == ("E501 line too long", "Found 1 error.")
    assert log.failed_instruction == "RUN npm ci"


@pytest.mark.parametrize(
    ("log", "instruction", "line"),
    [
        (KANIKO, "RUN npm ci", "npm ERR! code EUSAGE"),
        (CLASSIC, "RUN pip install nope", "ERROR: No matching distribution found for nope"),
    ],
    ids=["kaniko", "classic"],
)
def test_a_builder_with_one_instruction_at_a_time(log: str, instruction: str, line: str) -> None:
    """kaniko and the classic builder: what was printed belongs to the instruction that began last, and that failed."""
    (failed,) = [each for each in of_kind(log, Kind.INSTRUCTION) if each.failed]
    assert failed.instruction == instruction
    assert line in failed.lines
    assert not any(line.startswith("INFO[") for line in failed.lines)


def test_kanikos_own_last_word_is_the_builders() -> None:
    """`error building image` is a verdict and no line of the tool's."""
    (verdict,) = of_kind(KANIKO, Kind.VERDICT)
    assert verdict.lines[0].startswith("error building image")


@pytest.mark.parametrize(
    "log",
    [json.dumps(ENTRIES), json.dumps(ENTRIES, indent=2), "\n".join(map(json.dumps, ENTRIES))],
    ids=["array", "indented", "lines"],
)
def test_cloud_loggings_json_is_what_it_carries(log: str) -> None:
    """Entries of Cloud Logging, as an array or one a line: a build's text is the step's, a revision's its own."""
    (step,) = of_kind(log, Kind.STEP)
    assert (step.step, step.lines) == ("0", ("npm ERR! code EUSAGE", "npm ERR! again"))
    (container,) = of_kind(log, Kind.CONTAINER)
    assert container.lines == ("boom", "at main.js:3", "Container called exit(1).")


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ("10 %\r50 %\r100 %\ndone", ["100 %", "done"]),
        ("downloading\r\nerror: no\r\n", ["downloading", "error: no", ""]),
        ("first\rlast\r   \r\n", ["last"]),
        ("\x1b[31merror\x1b[0m: \x1b]8;;http://a\x07here\x1b]8;;\x07", ["error: here"]),
        ('{"message": "\\u001b[31mred\\u001b[0m"}', ["red"]),
        ("a\x00b\x08c", ["abc"]),
    ],
)
def test_what_a_terminal_would_not_show_is_gone(log: str, told: list[str]) -> None:
    """Of a progress bar its last state; no colours, links or control characters."""
    assert lines(log)[: len(told)] == told


@pytest.mark.parametrize(
    "log",
    [
        b"Step #0: caf\xe9 is not there\n",
        b"\xff\xfeStep #0: \xf0\x9f\x92 half a letter\n",
        b"Step #0: \xed\xa0\x80\n",
    ],
)
def test_broken_utf_8_breaks_nothing(log: bytes) -> None:
    """Latin-1, half a letter and half a surrogate pair: the rest of the line is read, and the signs can be sent on."""
    told = "\n".join(lines(log + b"Step #0: the end"))
    assert told.endswith("the end")
    told.encode()


def test_a_log_with_a_time_before_each_line_is_a_containers() -> None:
    """`gcloud run services logs read` prints no head; a builder's layout under such times is still a builder's."""
    said = open_envelope(
        "2026-04-18 07:24:32 Booting\n2026-04-18 07:24:32\n2026-04-18 07:24:33   could not find driver"
    )
    assert [(s.kind, s.lines) for s in said.sections] == [
        (Kind.CONTAINER, ("Booting", "", "  could not find driver"))
    ]
    built = open_envelope(
        "2026-04-18 07:24:32 Step #0: npm ci\n2026-04-18 07:24:33 Step #0: npm error code EUSAGE"
    )
    assert not any(s.kind is Kind.CONTAINER for s in built.sections)


def test_json_that_is_no_entry_stays_as_it_is() -> None:
    """A program may print objects and lists of its own, deep ones too."""
    for line in ('{"name": "api"}', "[1, 2]", "[" * 100_000, '{"a":' * 100_000):
        assert lines(line)[0] == line[:LONGEST_LINE]


def test_the_block_of_an_older_buildkit_is_of_the_instruction_that_it_repeats() -> None:
    """Lines that it numbers #0 below ` > [8/8] RUN …:` are what that instruction printed, not another vertex."""
    opened = open_envelope(" > [8/8] RUN yarn build:\n#0 1.296 $ next build\n#0 57.46 Error: fetch failed")
    assert [(s.instruction, s.failed, s.lines) for s in opened.sections] == [
        ("RUN yarn build", True, ("$ next build", "Error: fetch failed"))
    ]
