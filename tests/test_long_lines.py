"""A line that no screen holds, in a log: kept at both ends, and it holds up nobody."""

from __future__ import annotations

import httpx

from app.text.long_lines import MOST_LETTERS, shortened
from tests.conftest import House, eventually
from tests.test_previews import SAMPLE

PROGRAM = """for _ in range(20):
    print("begins " + "/a" * 100_000 + " ends")
raise SystemExit("ValueError: the last word")
"""
PAGE_BYTES = 500_000


def test_both_ends_stay() -> None:
    """And how much is left out; what fits is left alone."""
    assert shortened("x" * MOST_LETTERS) == "x" * MOST_LETTERS
    short = shortened("a" * 6000 + "b" * 5000 + "c" * 2000)
    assert short == f"{'a' * 6000} … 5,000 letters are left out here … {'c' * 2000}"


def test_a_log_of_very_long_lines_is_read_and_shown(house: House) -> None:
    """Each is shortened on the page and in the download; what comes after them is the reason."""
    work = house.repository(SAMPLE)
    release = f"services: {{{SAMPLE}: {{build: buildpacks, release: python long.py}}}}\n"
    sha = work.push("Print a lot", **{"servergem.yml": release, "long.py": PROGRAM})
    one = house.ended(sha)
    address = f"{house.address}/deployments/{one['id']}"
    page, log = httpx.get(address), httpx.get(f"{address}/log.txt").text
    assert one["ending"] == "failed" and len(page.content) < PAGE_BYTES
    assert log.count("letters are left out here") == 20
    assert "the last word" in page.text

    def told() -> bool:
        return "the last word" in str(house.check_run(work.name, sha)["output"])

    assert eventually(told, "the reason", house.log_tail)
