"""Attacks by digits: numbers that no language reads, in whatever `servergem import` is given."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from app import config
from app.config import writing
from app.importing import NotRead, imported
from app.model import Stop
from tests.test_importing import PATHS, sample

# Python reads no number of 4,301 digits, calls one of 310 infinite, and takes ² for a digit that is none.
NUMBERS = ("9" * 5_000, "9" * 400, "1e999", "²", "٣", "-1", "nan", ".inf")
MOST = 40  # numbers of one file


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_number_of_a_file_is_too_odd_to_bring_over(path: Path) -> None:
    """In the place of each number of a file that is known: it becomes a servergem.yml, or is refused in a sentence."""
    file = sample(path)
    for spot in list(re.finditer(r"\d+", file.source))[:MOST]:
        for number in NUMBERS:
            text = f"{file.source[: spot.start()]}{number}{file.source[spot.end() :]}"
            try:
                assert imported(text, path=file.name, repository_name="shop").text
            except NotRead as refused:
                assert str(refused)


@pytest.mark.parametrize("written", ["2026-13-45", "2026-01-01T99:00:00Z", "9" * 5_000])
@pytest.mark.parametrize("key", ["root", "dockerfile", "env", "command"])
def test_a_day_that_never_was_is_a_word_like_others(key: str, written: str) -> None:
    """What to write instead quotes it, and asks nobody what day that is."""
    with pytest.raises(Stop) as stopped:
        config.read(f"services: {{a: {{{key}: {written}}}}}\n", repository_name="shop", default_branch="main")
    assert stopped.value.findings[0].place is not None
    assert yaml.safe_load(f"a: {writing.inline(written)}") == {"a": written}
