"""What docs/scale.md says of one machine is what its simulated days show."""

from __future__ import annotations

from app.turn import Party
from tests.scale.day import HOUR, REPOSITORIES, Arrival, a_day
from tests.scale.machine import Machine
from tests.scale.page import BOUND, PAGE, page


def test_the_page_is_what_the_days_show() -> None:
    """docs/scale.md is made anew with `python -m tests.scale > docs/scale.md`."""
    assert PAGE.read_text() == page()


def test_no_push_waits_long_for_a_monorepo_or_a_bot() -> None:
    """On a whole day of 5,000 repositories every person's deployment is begun within ten seconds."""
    seen = Machine(lambda _: "all").run(a_day(REPOSITORIES))
    assert len(seen.waits["monorepo"]) == 4_000
    assert max(seen.waits["person"]) < BOUND


def test_no_push_waits_long_for_a_flood() -> None:
    """Two thousand deliveries of one repository at ten, when most people push, delay nobody else by ten seconds."""
    flood = [Arrival(10 * HOUR, Party(9_999, 9_999), 0, looked_at=True, kind="flood")] * 2_000
    day = sorted([*a_day(REPOSITORIES), *flood], key=lambda each: each.at)
    seen = Machine(lambda _: "all").run(day)
    assert max(seen.waits["person"]) < BOUND
