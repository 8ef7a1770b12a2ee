"""Diagnosis and hostile logs: never an exception, never a place that is not there, never more than linear time."""

from __future__ import annotations

import json
import random
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.diagnosis import Files, diagnose
from app.diagnosis.engine import MOST_FINDINGS
from app.diagnosis.rules.javascript.reading_engines import _INSTALLING
from app.model import Finding
from app.text.titles import LONGEST_TITLE
from tests.samples import FOLDERS, Sample, samples

ALL = samples(*FOLDERS, "clean")
SHAPES = st.sampled_from(
    [
        "#7 0.3 ",
        'Step #0 - "build": ',
        "\x1b[31m",
        "\r",
        "------\n > [1/2] RUN x:\n",
        "Dockerfile:9\n-----\n",
        "{",
        '{"textPayload": "',
    ]
)


def insist_on_sound(findings: tuple[Finding, ...], files: Files) -> None:
    assert 1 <= len(findings) <= MOST_FINDINGS
    for finding in findings:
        assert finding.title and len(finding.title) <= LONGEST_TITLE
        assert finding.fix
        assert finding.place is None or files.has_line(finding.place.path, finding.place.last_line)


@given(st.lists(st.one_of(SHAPES, st.text(max_size=200)), max_size=40))
@settings(max_examples=100, deadline=None)
def test_any_text_has_an_answer(parts: list[str]) -> None:
    """Whatever the log holds, there is a Finding, and it is sound."""
    files = Files.of({"Dockerfile": "FROM x\nRUN y\n"})
    insist_on_sound(diagnose("\n".join(parts), files).findings, files)


@given(st.binary(max_size=3000))
@settings(max_examples=60, deadline=None)
def test_any_bytes_have_an_answer(log: bytes) -> None:
    """Broken UTF-8 and noise are no reason to fail."""
    files = Files.of({"Dockerfile": "FROM x\n"})
    insist_on_sound(diagnose(log, files).findings, files)


@pytest.mark.parametrize("seed", range(8))
def test_mutated_logs_have_an_answer(seed: int) -> None:
    """Real logs with lines lost, doubled, cut, shuffled and of other repositories."""
    dice = random.Random(seed)
    for sample in dice.sample(ALL, 40):
        lines = sample.log.split("\n")
        for _ in range(dice.randrange(1, 12)):
            where = dice.randrange(len(lines))
            match dice.randrange(5):
                case 0:
                    del lines[where : where + dice.randrange(4)]
                case 1:
                    lines.insert(where, dice.choice(dice.choice(ALL).log.split("\n")))
                case 2:
                    lines[where : where + 1] = (
                        [lines[where][: dice.randrange(60)]] if lines[where : where + 1] else []
                    )
                case 3:
                    dice.shuffle(lines)
                case _:
                    lines = lines * 2
            lines = lines or [""]
        files = Files.of(dice.choice((sample, dice.choice(ALL))).files)
        insist_on_sound(diagnose("\n".join(lines), files).findings, files)


def seconds(log: str, sample: Sample) -> float:
    files = Files.of(sample.files)
    begun = time.perf_counter()
    diagnose(log, files)
    return time.perf_counter() - begun


@pytest.mark.parametrize(
    "name", ["pip/conflict", "node/eresolve", "python/missing-module", "dotnet/csharp", "native/undefined"]
)
def test_ten_times_the_log_takes_about_ten_times_as_long(name: str) -> None:
    """No log makes the time grow faster than its length; measured as a ratio in one run."""
    sample = next(sample for sample in ALL if sample.name == name)
    noise = "\n".join(
        f"#9 {n / 7:.3f} downloading part {n} of the error report, 404 kB/s: Permission note"
        for n in range(500)
    )
    small, large = sample.log + noise, sample.log + "\n".join([noise] * 10)
    seconds(small, sample)
    once = min(seconds(small, sample) for _ in range(3))
    assert seconds(large, sample) < 60 * once + 3.0


DIGITS = "9" * 5_000
NUMBERED = {
    "a line of a Dockerfile": f"Dockerfile:{DIGITS}\n-----\n   {DIGITS} | >>> RUN x\n",
    "a line of Python": f'  File "/app/a.py", line {DIGITS}\n    x=(\nSyntaxError: bad\n',
    "a line of Python in an entry": json.dumps(
        [{"textPayload": f'  File "/app/a.py", line {DIGITS}\nSyntaxError: bad (a.py, line {DIGITS})'}]
    ),
    "numbers of other alphabets": f"Dockerfile:{chr(0x0663) * 5_000}\n-----\n",
}


@pytest.mark.parametrize("log", NUMBERED.values(), ids=NUMBERED)
def test_no_number_is_too_long_to_have_an_answer(log: str) -> None:
    """Python reads no number of 4,301 digits, and a log has whatever a program likes to print."""
    files = Files.of({"Dockerfile": "FROM x\nRUN y\n", "a.py": "x=(\n"})
    insist_on_sound(diagnose(log, files).findings, files)


def test_no_number_in_a_known_log_is_too_long() -> None:
    """The same of every log that a rule knows, in the place of its own numbers."""
    for sample in ALL[::4]:
        log = re.sub(r"(?<=[ :(])\d+\b", DIGITS, sample.log[-4_000:], count=12)
        files = Files.of(sample.files)
        insist_on_sound(diagnose(log, files).findings, files)


def seconds_of_work(log: str, sample: Sample) -> float:
    files = Files.of(sample.files)
    begun = time.process_time()
    diagnose(log, files)
    return time.process_time() - begun


@pytest.mark.parametrize("name", ["node/module-package-22", "python_servers/gunicorn-gevent"])
def test_long_lines_of_a_stack_take_no_more_than_their_length(name: str) -> None:
    """A line of nothing but brackets, beneath each line of a log, is ten times as long in some ten times the time."""
    sample = next(sample for sample in ALL if sample.name == name)
    short, long = (
        "\n".join(f"{line}\n {'(a' * letters}!" for line in sample.log.split("\n")[-25:])
        for letters in (380, 3_800)
    )
    seconds_of_work(short, sample)
    assert seconds_of_work(long, sample) < 60 * seconds_of_work(short, sample) + 3.0


def test_flags_of_a_command_are_read_in_one_way() -> None:
    """Two ways to read each of forty flags are a million million ways to read them all."""
    assert _INSTALLING.search("RUN npm" + " --a" * 400 + " !") is None
    assert _INSTALLING.search("RUN npm --prefix=a -s ci") is not None
