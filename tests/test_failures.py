"""The broken samples, pushed and failed for real: their check runs as a person reads them, kept whole."""

from __future__ import annotations

import pytest

from tests.conftest import House
from tests.kept import check_run_text, insist

SAMPLES = {
    "missing-package": "requirements.txt",
    "crash-on-start": "main.py",
    "wrong-port": "main.py",
    "syntax-error": "main.py",
    "bad-dockerfile": "Dockerfile",
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_broken_sample_names_its_line(house: House, sample: str) -> None:
    """The check run of each broken sample says where, what and what to do; all of it is kept whole."""
    work = house.repository(sample)
    sha = work.push("Break")
    run = house.check_run(sample, sha)
    assert run["conclusion"] == "failure"
    notes = house.world.github.annotations(run["id"])
    assert notes and notes[0]["path"] == SAMPLES[sample], run["output"]
    insist(f"failed-{sample}", check_run_text(house.world, run))
