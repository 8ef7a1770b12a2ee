"""Attacks by made-up tokens and codes: few are asked about, and who makes them up keeps nobody else away."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from app.github.errors import GitHubError
from app.model import Person
from app.pages.client_address import client_address
from app.pages.strangers import (
    KNOWN_SECONDS,
    MOST_AT_ONCE,
    MOST_OF_ONE,
    MOST_OF_ONE_AT_ONCE,
    MOST_WRONG,
    WITHIN_SECONDS,
    From,
    Strangers,
    TooMany,
)


def test_made_up_tokens_cost_github_little_and_known_people_nothing() -> None:
    """So many wrong ones a minute, so few at once; who was vouched for is asked about all the same, for a day."""
    now = [0.0]
    strangers, asked = Strangers(lambda: now[0]), []

    def nobody() -> None:
        asked.append(now[0])

    assert strangers.asked("ada", From("a"), lambda: Person(1, "ada")) == Person(1, "ada")
    for number in range(MOST_WRONG):
        assert strangers.asked(f"made up {number}", From(f"{number}"), nobody) is None
    for number in range(100):
        with pytest.raises(TooMany):
            strangers.asked(f"more {number}", From(f"more {number}"), nobody)
    assert len(asked) == MOST_WRONG
    assert strangers.asked("ada", From("0"), lambda: Person(1, "ada"))
    now[0] = WITHIN_SECONDS + 1
    assert strangers.asked("made up", From("0"), nobody) is None
    now[0] = KNOWN_SECONDS + 1
    for number in range(MOST_WRONG):
        strangers.asked(f"another {number}", From(f"{number}"), nobody)
    with pytest.raises(TooMany):
        strangers.asked("ada", From("a"), nobody)


def test_one_address_and_one_persons_browsers_leave_room_to_others() -> None:
    """Each uses up its own; who has signed in before waits for no stranger, and no longer than for their own."""
    strangers = Strangers()

    def unknown() -> Person:
        raise GitHubError(400, "made up")

    def goes_on(where: From) -> bool:
        with pytest.raises((TooMany, GitHubError)) as told:
            strangers.asked_once(where, unknown)
        return told.type is GitHubError

    assert [goes_on(From("a")) for _ in range(MOST_OF_ONE + 1)] == [True] * MOST_OF_ONE + [False]
    assert goes_on(From("b")) and goes_on(From("a", person=7))
    assert [goes_on(From(f"{n}")) for n in range(MOST_WRONG - MOST_OF_ONE)][-1] is False
    assert [goes_on(From(f"{n}", person=7)) for n in range(MOST_OF_ONE)].count(True) == MOST_OF_ONE - 1
    assert goes_on(From("a", person=8))


@pytest.mark.parametrize(
    ("told", "proxied", "where"),
    [
        (["203.0.113.9"], True, "203.0.113.9"),
        (["10.0.0.1, 203.0.113.9"], True, "203.0.113.9"),
        (["10.0.0.1", "203.0.113.9"], True, "203.0.113.9"),
        (["203.0.113.9"], False, "192.0.2.1"),
        (["2001:db8:1:2:3:4:5:6"], True, "2001:db8:1:2::/64"),
        (["::ffff:203.0.113.9"], True, "203.0.113.9"),
        (["\r\nx", "unknown"], True, "192.0.2.1"),
        ([], True, "192.0.2.1"),
    ],
)
def test_an_address_is_what_the_proxy_next_to_us_says(told: list[str], proxied: bool, where: str) -> None:
    """Whatever somebody writes before it; without a proxy the header is nobody's word."""
    headers = [(b"x-forwarded-for", each.encode()) for each in told]
    request = Request({"type": "http", "headers": headers, "client": ("192.0.2.1", 4711)})
    assert client_address(request, behind_a_proxy=proxied) == where


def test_few_strangers_are_asked_about_at_once() -> None:
    """While GitHub takes its time about them, the threads are for others."""
    strangers = Strangers()

    def deeper(left: int, address: str = "") -> Person | None:
        where = From(address or f"{left}")
        return strangers.asked(f"{left}", where, lambda: deeper(left - 1, address) if left else None)

    assert deeper(MOST_AT_ONCE - 1) is None
    with pytest.raises(TooMany):
        deeper(MOST_AT_ONCE)
    with pytest.raises(TooMany):
        Strangers().asked("", From("a"), lambda: deeper(MOST_OF_ONE_AT_ONCE, "b"))
