"""Attacks by a tag: what it names is anybody's to move who may write, and an operator's word is for one commit."""

from __future__ import annotations

from sandbox.github.state import FOUNDER
from tests.conftest import OWNER, House, eventually
from tests.test_attacks import settled
from tests.test_attacks_at_wire import LEAD
from tests.test_attacks_at_wire import operated as operated  # a fixture
from tests.test_previews import SAMPLE
from tests.test_tags import WRITTEN, production, served


def test_an_operators_release_is_no_word_for_what_its_tag_names(operated: House) -> None:
    """Four tags at once are pushed in silence, one of them on what nobody has merged; an operator releases it by its
    name, and is told what it is. A tag that the operator pushes names its commit, and goes where it is sent.
    """
    house = operated
    work = house.repository(SAMPLE)
    first = work.push("One", **{"servergem.yml": WRITTEN % "branch: none, tags: v*"})
    assert house.ended(first, "staging")["ending"] == "live", house.log_tail()
    work.git("checkout", "-q", "-B", "idea")
    evil = work.push("Nobody has seen this", branch="idea", **{"n.txt": "evil"})
    many = [f"v9.{n}" for n in range(4)]
    for tag in many:
        work.git("tag", tag, evil)
    work.git("push", "-q", "origin", *many)
    house.world.github.set_permission(f"{OWNER}/{work.name}", LEAD, "write")
    house.world.github.publish_release(f"{OWNER}/{work.name}", "v9.3", sender=LEAD)
    refused = house.check_run(work.name, evil)
    assert refused["output"]["title"] == "Not deployed: main does not have what v9.3 names", refused["output"]
    settled(house)
    assert production(house, work, evil) == [] and served(house) == ""


def test_no_name_of_a_tag_is_another_tags(operated: House) -> None:
    """Signs that mean something in an address are letters of a tag: each is asked for as it is, and as no other."""
    house = operated
    work = house.repository(SAMPLE)
    first = work.push("One", **{"servergem.yml": WRITTEN % "branch: none, tags: v*"})
    assert house.ended(first, "staging")["ending"] == "live", house.log_tail()
    second = work.push("Two", **{"n.txt": "2"})
    odd = ("v1#x", "v1%23", "v1&x=1", "v1+x", "v1;x")
    work.git("tag", "v1", first)
    for tag in odd:
        work.git("tag", tag, second)
    work.git("push", "-q", "origin", "v1", *odd)
    for tag in odd:
        house.world.github.publish_release(f"{OWNER}/{work.name}", tag, sender=FOUNDER)
    eventually(lambda: served(house) == second, "the newest", house.log_tail)
    settled(house)
    assert served(house) == second and production(house, work, first) == []
