"""The badge: what it says, in which colours, and who may see it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from app.model import Commit, Ending, Report, Repository
from app.pages.badge import DARK, Badge, badge_of, drawing
from app.pages.served import Served
from app.store.history import Listed
from app.store.traffic import Shift
from sandbox.world import Sandbox
from tests.test_pages import a_service, site

SHIFT = Shift("run", "lane", "a1b2c3d" + "0" * 33, "api-1", "https://api.example", ())
PATH = "/badge/acme/shop/api.svg"


def served(ending: Ending | None, shift: Shift | None = SHIFT) -> Served:
    commit = Commit(Repository(1, "acme", "shop", 2), "b" * 40, "main")
    report = Report(commit, "ServerGem / api (production)", ending=ending)
    return Served(Listed("run", "lane", 1.0, 2.0, 0, report), shift)


@pytest.mark.parametrize(
    ("ending", "shift", "words"),
    [
        (Ending.LIVE, SHIFT, "live a1b2c3d"),
        (None, SHIFT, "live a1b2c3d"),
        (Ending.NOT_YOURS, SHIFT, "live a1b2c3d"),
        (Ending.FAILED, SHIFT, "failing"),
        (Ending.FAILED, None, "failing"),
        (None, None, "deploying"),
        (Ending.AWAITING, None, "not live"),
    ],
)
def test_it_says_what_serves_unless_the_newest_failed(
    ending: Ending | None, shift: Shift | None, words: str
) -> None:
    """In white on a colour, both legible as WCAG's level AA wants it."""
    said = badge_of(served(ending, shift))
    assert said.words == words
    assert min(_contrast(said.colour), _contrast(DARK)) >= 4.5


def _contrast(colour: str) -> float:
    """With white: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def test_a_name_is_text_and_fits() -> None:
    """Whatever a service is called, it is drawn as letters inside the picture, and said to whoever cannot see it."""
    root = ElementTree.fromstring(drawing('<script>"&', Badge("live a1b2c3d", DARK)))
    assert root.attrib["aria-label"] == '<script>"&: live a1b2c3d'
    assert not [each for each in root.iter() if "script" in each.tag]
    last = list(root.iter())[-1]
    assert float(last.attrib["x"]) + float(last.attrib["textLength"]) <= float(root.attrib["width"])


def test_strangers_see_it_while_the_repository_is_public(
    world: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a private one they see as much as of none; who may read it does, and no cache on the way keeps that."""
    monkeypatch.setattr("app.pages.access.REMEMBERED_SECONDS", -1.0)  # asked anew each time
    with site(world, tmp_path, a_service) as pages:
        stranger, reader = pages.browser(), pages.browser("ada")
        reader.get("/")
        hidden, absent = stranger.get(PATH), stranger.get("/badge/acme/none/api.svg")
        assert (hidden.status_code, hidden.text) == (404, absent.text)
        mine = reader.get(PATH)
        assert mine.status_code == 200 and mine.headers["cache-control"] == "private, no-store"

        world.github.hub.of("acme/shop").private = False
        shown = stranger.get(PATH)
        assert shown.status_code == 200 and "failing" in shown.text
        assert shown.headers["cache-control"] == "public, max-age=60"
        assert shown.headers["content-type"].startswith("image/svg+xml")
        assert "default-src 'none'" in shown.headers["content-security-policy"]
        assert stranger.get(f"{PATH}?environment=staging").status_code == 404
