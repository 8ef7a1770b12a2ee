"""Diagnosis: every rule has its sample, every sample its right answer, and a clean log has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.diagnosis import Files, diagnose
from app.diagnosis.engine import UNKNOWN
from app.diagnosis.rules import all_rules
from tests.samples import FOLDER, Sample, read, samples

FOLDERS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and path.name != "clean")
SAMPLES = samples(*FOLDERS)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_gets_its_right_answer(sample: Sample) -> None:
    """The first Finding of each sample has the right code, place and words."""
    assert not sample.faults()


def test_every_rule_has_a_sample() -> None:
    """A rule without a sample log of its own is a rule that nobody has seen at work."""
    shown = {sample.code for sample in SAMPLES}
    assert not sorted({rule.code for rule in all_rules()} - shown)


@pytest.mark.parametrize("path", sorted((FOLDER / "clean").glob("*.txt")), ids=lambda path: path.stem)
def test_no_rule_speaks_on_a_clean_log(path: Path) -> None:
    """A log of a tool that succeeded is nobody's failure."""
    sample = read(path)
    assert diagnose(sample.log, Files.of(sample.files)).findings[0].code == UNKNOWN
