"""A comparison at GitHub lists 300 files at most: what comes after them is deployed all the same."""

from __future__ import annotations

from tests.conftest import House
from tests.test_sandbox_github import NAME, Desk, desk

__all__ = ["desk"]

CONFIG = "services:\n  api: {path: api}\n  web: {path: web}\n"
MANY = 301


def test_a_comparison_ends_with_its_three_hundredth_file(desk: Desk) -> None:
    """All of the commits are there, and no page has the rest of the files."""
    first = desk.push("One")
    (desk.work / "many").mkdir()
    for number in range(MANY):
        (desk.work / "many" / f"{number:03}.txt").write_text("x")
    desk.push("Many")
    root = f"/repos/{NAME}/compare/{first}...main"
    client = desk.installed()
    assert len(client.get(root).json()["files"]) == 300
    assert not client.get(root, params={"page": 2}).json().get("files")


def test_a_service_beyond_the_three_hundredth_file_is_deployed(house: House) -> None:
    """`web/` comes after 301 files of `api/`, and both go live."""
    work = house.repository("hello-python", "both")
    for name in ("api", "web"):
        (work.path / name).mkdir()
        for file in ("main.py", "requirements.txt", "Procfile"):
            if (work.path / file).exists():
                (work.path / name / file).write_text((work.path / file).read_text())
    sha = work.push("Begin", **{"servergem.yml": CONFIG})
    for name in ("api", "web"):
        assert house.ended(sha, name)["ending"] == "live", house.log_tail()
    many = {f"api/{number:03}.txt": "x" for number in range(MANY)}
    sha = work.push("Many", **many, **{"web/note.txt": "1"})
    for name in ("api", "web"):
        assert house.ended(sha, name)["ending"] == "live", house.log_tail()
