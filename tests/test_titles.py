"""Titles: what GitHub shows of a finding first, on one line."""

from __future__ import annotations

import pytest

from app.diagnosis import Files, diagnose
from app.text.titles import LONGEST_TITLE, fitting

LONG = "The release command of api failed: python manage.py migrate --database production --noinput"


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("There is no Dockerfile", "There is no Dockerfile"),
        ("Two\n  lines", "Two lines"),
        ("What failed:", "What failed"),
        (LONG, "The release command of api failed: python manage.py migrate --database…"),
        ("x" * 79 + "y", "x" * 79 + "y"),
        ("x" * 200, "x" * 79 + "…"),
        ("no " + "a/b" * 50, ("no " + "a/b" * 50)[:79] + "…"),
        ("a" * 40 + " " + "b" * 38 + " c", "a" * 40 + " " + "b" * 38 + "…"),
        ("it ended, and the reason is: " + "word " * 20, "it ended, and the reason is:" + " word" * 10 + "…"),
    ],
)
def test_a_title_is_cut_between_words(said: str, title: str) -> None:
    """At most 80 letters, no half word unless the word is endless, nothing opened that does not follow."""
    assert fitting(said) == title
    assert len(title) <= LONGEST_TITLE


def test_a_container_that_ends_well_has_its_whole_title() -> None:
    """The reason after exit(0) fits the line."""
    found = diagnose("Container called exit(0).", Files.of({})).findings[0]
    assert found.title == "The container ended with exit(0): it ended, and a service has to keep listening"
