"""Text that is no text gets a check run like any other fault: half characters, NUL, names that are no UTF-8."""

from __future__ import annotations

import os

import pytest

from app import probe
from app.text.legible import legible, legible_data
from tests.conftest import House


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("plain", "plain"),
        ("größer 😀", "größer 😀"),
        ("", ""),
        ("\ud800", "\ufffd"),
        ("a\udcffb", "a\ufffdb"),
        ("a\0b", "a\u2400b"),
        ("\ud83d\ude00", "\ufffd\ufffd"),
        ("line\n\ttab", "line\n\ttab"),
    ],
)
def test_legible(words: str, told: str) -> None:
    """Only half characters and NUL are replaced, and what comes out is UTF-8 and stays as it is."""
    assert legible(words) == told
    assert legible(told) == told
    assert told.encode().decode() == told


def test_legible_data() -> None:
    """Texts are found at any depth, keys too; numbers and nothing stay."""
    data = {"\ud800": [("\0", 1), {"a": None, "b": True, "c": 1.5}]}
    assert legible_data(data) == {"\ufffd": [["\u2400", 1], {"a": None, "b": True, "c": 1.5}]}


@pytest.mark.parametrize("path", ["/\x00", "/\x7f", "/a\nb"])
def test_an_address_that_is_none_is_an_answer(path: str) -> None:
    """A health path that no URL can hold is told as no answer, with the reason."""
    answer = probe.ask(f"http://127.0.0.1:9{path}")
    assert answer.status == 0
    assert answer.detail


ODD = 'services:\n  hello-python:\n    env:\n      WORDS: "a\\ud800b"\n'


def test_a_push_with_odd_text_ends_in_a_check_run(house: House) -> None:
    """Half a character in servergem.yml, and a file whose name is no UTF-8: both pushes end on their commits."""
    work = house.repository("hello-python")
    (work.path / os.fsdecode(b"caf\xe9.txt")).write_text("x")
    named = work.push("A name in Latin-1")
    assert house.ended(named)["ending"] == "live", house.log_tail()
    written = work.push("Half a character", **{"servergem.yml": ODD})
    run = house.check_run("hello-python", written)
    assert run["conclusion"] == "failure"
    assert "servergem.yml" in run["output"]["title"]
    assert run["output"]["annotations_count"] == 1
