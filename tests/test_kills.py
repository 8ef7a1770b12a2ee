"""ServerGem is killed at every call that a story makes; the list is what the sandbox heard, not what we think of."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tests.conftest import OWNER, House, Work, eventually
from tests.test_conversation import PRODUCTION
from tests.test_faults import FOR_EVER, made_once
from tests.test_previews import CHECK, SAMPLE, live, opened, remark, services, sticky

# What only asks may be asked again: to die before its work or after it is the same.
ASKING = ("GET ", ".Get", ".List", ".Test", ".BatchGet", ".get", ".list", ".Wait")
# What ServerGem asks when it looks around, while a story is listened to as at any time: no story has to ask it.
LOOKING_AROUND = {
    "GET /app/hook/deliveries",
    "GET /repos/{owner}/{repo}/activity",
    "GET /repos/{owner}/{repo}/commits/{ref}/check-runs",
    "GET /repos/{owner}/{repo}/pulls",
    "Services.ListServices",
}
RELEASED = f"""
services:
  {SAMPLE}:
    release: python -c 'print("migrated", 6 * 7)'
    rollout: [50, 100]
"""
Over = Callable[[], bool]


def asks(method: str) -> bool:
    return any(word in method for word in ASKING)


def heard(house: House, begin: Callable[[], Over]) -> tuple[str, ...]:
    """The methods that a story calls from its beginning to its end, each once, in their order.

    It is listened to twice: what is called in one of the two belongs to something else that ran meanwhile.
    """
    first, second = (_heard_once(house, begin) for _ in range(2))
    return tuple(method for method in second if method in first)


def _heard_once(house: House, begin: Callable[[], Over]) -> tuple[str, ...]:
    house.world.faults.listen()
    over = begin()
    eventually(over, "the end of the story", house.log_tail)
    return house.world.faults.heard()


def killed_at(house: House, methods: tuple[str, ...], begin: Callable[[], Over]) -> set[str]:
    """Kill at each of these calls in turn, before a question and after a change; the methods that were never called.

    What is called no more in a story under way, since its result is in the journal, is called in one that begins anew.
    """
    over, left = begin(), set[str]()
    for method in methods:
        before = planned(house, method)
        if killed(house, method, before, over):
            continue
        over = begin()
        if not killed(house, method, before, over):
            left.add(method)
            house.world.faults.clear()
            over = begin()
    eventually(over, "the end of the last story", house.log_tail)
    return left


def planned(house: House, method: str) -> int:
    """Have the next call of `method` wait for ever; how many have waited before."""
    faults = house.world.faults
    before = faults.held(method)
    faults.add(method, kind="delay" if asks(method) else "late", seconds=FOR_EVER)
    return before


def killed(house: House, method: str, before: int, over: Over) -> bool:
    """kill -9 as soon as the call waits, and start again; False when the story ends without it."""
    faults = house.world.faults
    eventually(lambda: faults.held(method) > before or over(), f"{method}, or the end", house.log_tail)
    if faults.held(method) == before:
        return False
    house.kill()
    faults.clear()
    house.start()
    return True


class Pushes:
    """Somebody who pushes to one repository; `shas` is what was pushed."""

    def __init__(self, house: House, work: Work) -> None:
        self.house, self.work = house, work
        self.shas: list[str] = []

    def begin(self) -> Over:
        sha = self.work.push("Say more", **{"n.txt": str(len(self.shas)), "servergem.yml": RELEASED})
        self.shas.append(sha)
        return partial(closed, self.house, self.work, sha)

    def insist(self) -> None:
        """Each push is live and was made once, the last one serves, and nothing is left."""
        ended = [self.house.ended(sha) for sha in self.shas]
        assert {each["ending"] for each in ended} == {"live"}, self.house.log_tail()
        for sha in self.shas:
            assert self.house.check_run(self.work.name, sha)["conclusion"] == "success"
        made_once(self.house, self.work.name)


def closed(house: House, work: Work, sha: str, check_name: str = "") -> bool:
    """Whether GitHub shows this commit's check run as completed."""
    runs = house.world.github.check_runs(f"{OWNER}/{work.name}", sha)
    runs = [run for run in runs if check_name in ("", run["name"])]
    return bool(runs) and all(run["status"] == "completed" for run in runs)


def test_a_push_is_killed_at_each_of_its_calls(house: House) -> None:
    """Whatever it asks or does: it is live in the end, with one build, one release command and one check run."""
    work, google = live(house), house.world.google
    pushes = Pushes(house, work)
    methods = heard(house, pushes.begin)
    assert len(methods) > 20
    assert killed_at(house, methods, pushes.begin) <= LOOKING_AROUND
    pushes.insist()
    assert len(google.builds.ids()) == 1 + len(pushes.shas)
    assert google.calls["Jobs.RunJob"] == len(pushes.shas)
    assert google.jobs.names() == []
    assert len(google.run.revisions_of(SAMPLE)) == 1 + len(pushes.shas)


class Previews(Pushes):
    """Somebody who opens pull requests, each a copy of its own."""

    def __init__(self, house: House, work: Work) -> None:
        super().__init__(house, work)
        self.numbers: list[int] = []

    def begin(self) -> Over:
        self.work.git("checkout", "-q", "main")
        number, sha = opened(self.house, self.work, f"idea-{len(self.shas)}")
        self.numbers.append(number)
        self.shas.append(sha)
        return partial(self._said, number, sha)

    def _said(self, number: int, sha: str) -> bool:
        """Its check run is completed, and its comment has the address."""
        comments = sticky(self.house, self.work, number)
        return closed(self.house, self.work, sha, CHECK) and "[live](" in "".join(comments)

    def close_one(self) -> Over:
        """Close the oldest one that is open."""
        if not self.numbers:
            eventually(self.begin(), "one more to close", self.house.log_tail)
        number = self.numbers.pop(0)
        self.house.world.github.close_pull_request(f"{OWNER}/{self.work.name}", number)
        return partial(self._gone, number)

    def _gone(self, number: int) -> bool:
        ended = "runs no preview" in "".join(sticky(self.house, self.work, number))
        return ended and f"{SAMPLE}-pr-{number}" not in services(self.house)


def test_a_preview_and_its_removal_are_killed_at_each_of_their_calls(house: House) -> None:
    """What a pull request asks and does beside a push, and all of its end: a copy and a comment each, and then none."""
    work = live(house)
    pushes, previews = Pushes(house, work), Previews(house, work)
    known = heard(house, pushes.begin)
    eventually(
        previews.begin(), "a first preview, in a project that has no place for them yet", house.log_tail
    )
    own = tuple(method for method in heard(house, previews.begin) if method not in known)
    assert any("comments" in method for method in own)
    assert killed_at(house, own, previews.begin) <= LOOKING_AROUND
    previews.insist()
    numbers = list(previews.numbers)
    assert {f"{SAMPLE}-pr-{number}" for number in numbers} | {SAMPLE} == services(house)
    ending = heard(house, previews.close_one)
    assert "Services.DeleteService" in ending
    assert killed_at(house, ending, previews.close_one) <= LOOKING_AROUND
    assert [len(sticky(house, work, number)) for number in numbers] == [1] * len(numbers)
    made_once(house, work.name)


def test_a_rollback_is_killed_at_each_of_its_calls(house: House) -> None:
    """Whatever it asks or does: the traffic is where it was, and the press is recorded once."""
    work = live(house)
    pushes = Pushes(house, work)
    eventually(pushes.begin(), "a second revision", house.log_tail)

    def press() -> Over:
        """Roll the newest push back; when that was done, push once more first."""
        if pressed:
            eventually(pushes.begin(), "a revision to roll back", house.log_tail)
        pressed.append(pushes.shas[-1])
        run = house.check_run(SAMPLE, pushes.shas[-1], PRODUCTION)
        house.world.github.press_button(run["id"], "roll-back")
        return partial(rolled_back, house, work, pushes.shas[-1])

    pressed: list[str] = []
    methods = heard(house, press)
    assert "Services.UpdateService" in methods
    assert killed_at(house, methods, press) <= LOOKING_AROUND
    for sha in pressed:
        look = partial(remark, house, work, sha, "pressed Roll back", PRODUCTION)
        shown = eventually(look, "its record", house.log_tail)
        assert shown.count("pressed Roll back") == 1
    made_once(house, work.name)


def rolled_back(house: House, work: Work, sha: str) -> bool:
    """Whether a rollback of this commit has moved the traffic away from it and ended."""
    ours = [each for each in house.deployments() if each["sha"] == sha]
    return any(each["ending"] == "rolled-back" for each in ours) and all(each["ending"] for each in ours)
