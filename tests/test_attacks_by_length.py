"""Attacks by length: what anybody may write to ServerGem, as long as it may be and as hard to read as it can be."""

from __future__ import annotations

import json
import time

import pytest

from app import talk
from app.second_opinion import opinion
from app.text.escaping import advice, in_markdown
from tests.test_second_opinion import FILES

SECONDS = 3.0  # of this process; what takes more than its length takes ten times as many
# https://github.com/orgs/community/discussions/27190
COMMENT = 65_536
COMMENTS = {
    "blanks within a command": "/deploy x" + " " * COMMENT + "y",
    "blanks after a command": "/deploy" + " \t" * COMMENT,
    "elements that end and never began": "<q>" * (COMMENT // 7) + "</s>" * (COMMENT // 7),
    "elements that end far outside": "<q>" * (COMMENT // 14)
    + "<s>" * (COMMENT // 7)
    + "</q>" * (COMMENT // 14),
    "code that never ends": " ".join("`" * length for length in range(1, 360)),
    "lists within lists": "- " * COMMENT,
    "quotes within quotes": "> " * COMMENT + "/deploy",
    "definitions": "[" * COMMENT,
}


@pytest.mark.parametrize("name", COMMENTS)
def test_no_comment_takes_more_than_its_length(name: str) -> None:
    """Whoever may read a public repository may write one, and what reads it reads everybody's webhooks."""
    began = time.process_time()
    assert len(talk.commands(COMMENTS[name][:COMMENT])) <= 1
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize("pump", ["x", "www", "mailto", "a.", "data", "[x](", "@a ", "`", "::", " "])
def test_no_opinion_takes_more_than_its_length(pump: str) -> None:
    """What a log has talked a model into is as long as an answer may be."""
    said = pump * (200_000 // len(pump)) + "."
    began = time.process_time()
    found = opinion(json.dumps({"cause": f"c {said}", "change": f"c {said}"}), FILES)
    assert time.process_time() - began < SECONDS
    assert "://" not in found.message


@pytest.mark.parametrize(
    "pump", ["`", "`a", "``a`", "https://", "https://a/", "`https://a", "@a", "[x](", "GH-1"]
)
def test_no_advice_takes_more_than_its_length(pump: str) -> None:
    """A value of servergem.yml stands in a merge plan, and a line of a log in what to do, as long as they are."""
    began = time.process_time()
    assert advice(pump * (60_000 // len(pump)) + "!")
    assert in_markdown(pump * (60_000 // len(pump)) + "!")
    assert time.process_time() - began < SECONDS
