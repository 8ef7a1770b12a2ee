"""Commands with words behind them, at the wire: one service, one commit, a time; and several in one comment."""

from __future__ import annotations

import re
import time

from sqlalchemy import create_engine, text

from sandbox.github.state import FOUNDER
from tests.conftest import House, Work, eventually
from tests.test_conversation import answer, say
from tests.test_previews import live, opened, preview, remark, services

API, WEB = "ServerGem / api (production)", "ServerGem / web (production)"


def serving(house: House, service: str) -> str:
    return next(iter(house.world.runner.traffic(service)), "")


def changed(work: Work, message: str) -> str:
    """A commit on main that changes both services."""
    work.git("checkout", "-q", "main")
    return work.push(message, **{"api/note.txt": message, "web/note.txt": message})


def test_several_commands_are_answered_in_one_comment(house: House) -> None:
    """Each in its turn, of the service that is named; what is deployed on demand is only that service."""
    work = live(house, "shop")
    number, sha = opened(house, work, **{"api/note.txt": "idea"})
    assert preview(house, work, sha, "ServerGem / api (preview)")["conclusion"] == "success"
    assert preview(house, work, sha, "ServerGem / web (preview)")["conclusion"] == "skipped"
    say(house, work, number, "/preview extend\nLovely.\n/logs api\n/logs web\n/status\n/deploy nobody")
    told = answer(house, work, number, "The preview stays until")
    parts = (
        "The preview stays",
        "The last lines of `api`",
        "No preview of that name",
        "| Service |",
        "nobody is neither",
    )
    assert [told.index(part) for part in parts] == sorted(told.index(part) for part in parts)
    assert "listening on port" in told
    assert f"web-pr-{number}" not in services(house)
    say(house, work, number, "/deploy web")
    answer(house, work, number, f"Deploying a preview of {sha[:7]}.")
    eventually(lambda: f"web-pr-{number}" in services(house), "the other service", house.log_tail)


def test_a_lock_of_one_service_lets_the_other_go(house: House) -> None:
    """`/lock api for 2h`: api waits, web goes live; the link leads to the comment; when its time is over api goes."""
    work = live(house, "shop")
    number, _ = opened(house, work, **{"README.md": "idea"})
    begun = time.time()
    comment = say(house, work, number, "/lock api for 2h the sale")
    link = f"/acme/shop/pull/{number}#issuecomment-{comment}"
    assert "Locked `api` in production until" in answer(house, work, number, "Locked")
    ((holder, reason, kept, expires),) = locks(house)
    assert (holder, reason, kept.endswith(link)) == (FOUNDER, "the sale", True)
    assert begun + 7200 <= expires <= time.time() + 7200
    sha = changed(work, "Cheaper")
    assert house.check_run(work.name, sha, WEB)["conclusion"] == "success"
    waits = eventually(lambda: remark(house, work, sha, "the sale", API), "it to wait", house.log_tail)
    assert link in waits.replace("&#35;", "#")
    say(house, work, number, "/status")
    assert f"[Locked by {FOUNDER}: the sale]({kept})" in answer(house, work, number, "| Service |")
    locks(house, "update locks set expires = 1")
    assert house.check_run(work.name, sha, API)["conclusion"] == "success"
    say(house, work, number, "/unlock web")
    answer(house, work, number, "`web` in production was not locked.")


def locks(house: House, change: str = "") -> list[tuple[str, str, str, float]]:
    """The locks as they are kept; `change` is what the clock would do to them."""
    engine = create_engine(f"sqlite:///{house.folder}/servergem/servergem.db")
    with engine.begin() as connection:
        if change:
            connection.execute(text(change))
        found = connection.execute(text("select holder, reason, link, expires from locks"))
        kept = [(row.holder, row.reason, row.link, row.expires) for row in found]
    engine.dispose()
    return kept


def test_a_rollback_to_a_commit_is_of_one_service(house: House) -> None:
    """`/rollback api to COMMIT` gives api that commit's revision, beyond the one before, and leaves web alone."""
    work = live(house, "shop")
    oldest = work.git("rev-parse", "HEAD")
    for name in (API, WEB):
        assert house.check_run(work.name, oldest, name)["conclusion"] == "success"
    first = serving(house, "api")
    for message in ("Two", "Three"):
        sha = changed(work, message)
        for name in (API, WEB):
            assert house.check_run(work.name, sha, name)["conclusion"] == "success"
    newest = serving(house, "web")
    number, _ = opened(house, work, **{"README.md": "idea"})
    say(house, work, number, "/rollback api to nowhere\n/rollback api to 0123456")
    refused = answer(house, work, number, "Write a commit after `to`")
    assert "Rolling api in production back" in refused
    eventually(
        lambda: re.search("0123456", answer(house, work, number, "Rolling")), "its end", house.log_tail
    )
    say(house, work, number, f"/rollback api to {oldest[:7]}")
    eventually(lambda: serving(house, "api") == first, "the first revision", house.log_tail)
    assert serving(house, "web") == newest
