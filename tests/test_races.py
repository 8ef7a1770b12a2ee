"""Races: whatever order, repetition and loss of webhooks, what runs in the end is what GitHub's final state implies."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sandbox.github.state import FOUNDER
from sandbox.github.webhooks import Event
from sandbox.world import PROJECT, Sandbox
from tests.conftest import OWNER, House, eventually
from tests.setting_up import set_up
from tests.test_forks import SETTINGS, Fork, forked
from tests.test_previews import CHECK, SAMPLE, services

PULLS = 3
ACTIONS = 8
ROUNDS = 2
LOST, TWICE = 0.25, 0.2
# What may be lost: everything that a person's doing brings. GitHub says the rest once, and the sweep does not need it.
TOLD = ("push", "pull_request", "issue_comment", "check_run")
# Together these do all that can be done here; 11 locks and unlocks, 24 says off and on, each within one round.
SEEDS = (1, 11, 24)


@pytest.fixture
def house(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A ServerGem that takes forks and sweeps often, since webhooks are going to be lost."""
    set_up(world.google, PROJECT)
    house = House(world, tmp_path, settings=SETTINGS | {"SWEEP_SECONDS": "1"})
    house.start()
    yield house
    house.stop()


class People:
    """Some people who work on one repository, each step decided by chance: what they do, and what was heard of it."""

    def __init__(self, fork: Fork, chance: random.Random) -> None:
        self.fork, self.house, self.work, self.chance = fork, fork.house, fork.home, chance
        self.github = self.house.world.github
        self.numbers: dict[int, str] = {}
        self.step = 0
        self.done: Counter[str] = Counter()
        self.asked: set[str] = set()
        # Each command by its comment: what it is about (a pull request, or 0 for production), and its word.
        self.said: dict[int, tuple[int, str]] = {}
        self.heard: set[int] = set()
        self.pushed: set[str] = {self.head}
        self.approved: set[str] = set()
        self.rolled_back = False

    @property
    def name(self) -> str:
        return f"{OWNER}/{self.work.name}"

    @property
    def head(self) -> str:
        return self.github.hub.of(self.name).git.branches()["main"]

    def pull(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = self.github.pull_request(self.name, number)
        return found

    def act(self) -> str:
        """One thing that somebody does, of those done least so far; what it was, for whoever reads a failure."""
        self.step += 1
        may = self._may()
        least = min(self.done[what] for what in may)
        what = self.chance.choice([each for each in may if self.done[each] == least])
        self.done[what] += 1
        number = self.chance.choice(may[what])
        getattr(self, what)(number)
        return f"{what} {number or ''}".strip()

    def _may(self) -> dict[str, list[int]]:
        """What can be done now, and to which pull requests."""
        pulls = [self.pull(number) for number in self.numbers]
        open_ones = [pull["number"] for pull in pulls if pull["state"] == "open"]
        asked = [pull["number"] for pull in pulls if pull["head"]["sha"] in self.asked]
        may = {
            "push": [0],
            "open": [0] if len(self.numbers) < PULLS else [],
            "reopen": [each["number"] for each in pulls if each["state"] == "closed" and not each["merged"]],
            "approve": [number for number in asked if number in open_ones],
            "on": [number for number in open_ones if (number, "off") in self.said.values()],
            "unlock": open_ones if (0, "lock") in self.said.values() else [],
        }
        for what in ("synchronize", "close", "merge", "off", "extend", "lock", "rollback"):
            may[what] = open_ones
        return {what: numbers for what, numbers in may.items() if numbers}

    def push(self, _number: int) -> str:
        self.work.git("checkout", "-q", "main")
        self.work.git("pull", "-q", "--rebase", "origin", "main")
        return self.work.push(f"Step {self.step}", **{"main.txt": str(self.step)})

    def open(self, _number: int) -> None:
        branch = f"idea-{self.step}"
        self.work.git("checkout", "-q", "-B", branch, "origin/main")
        self.work.push(f"Step {self.step}", branch=branch, **{f"{branch}.txt": str(self.step)})
        self.numbers[self.github.open_pull_request(self.name, branch)] = branch

    def open_fork(self) -> None:
        self.fork.push(**{"fork.txt": "mine"})
        self.numbers[self.fork.open()] = ""

    def synchronize(self, number: int) -> None:
        branch = self.numbers[number]
        if not branch:
            self.fork.push(**{"fork.txt": str(self.step)})
            return
        self.work.git("checkout", "-q", branch)
        self.work.push(f"Step {self.step}", branch=branch, **{f"{branch}.txt": str(self.step)})

    def close(self, number: int) -> None:
        self.github.close_pull_request(self.name, number)

    def reopen(self, number: int) -> None:
        self.github.reopen_pull_request(self.name, number)

    def merge(self, number: int) -> None:
        self.github.merge_pull_request(self.name, number)
        self.work.git("fetch", "-q", "origin")

    def approve(self, number: int) -> None:
        self.github.press_button(self._question(self.pull(number)["head"]["sha"])["id"], "approve")

    def off(self, number: int) -> None:
        self.say(number, "/preview off", number, "off")

    def on(self, number: int) -> None:
        self.say(number, "/preview on", number, "on")

    def extend(self, number: int) -> None:
        self.say(number, "/preview extend", number, "")

    def lock(self, number: int) -> None:
        self.say(number, "/lock", 0, "lock")

    def unlock(self, number: int) -> None:
        self.say(number, "/unlock", 0, "unlock")

    def rollback(self, number: int) -> None:
        self.say(number, "/rollback", 0, "rollback")

    def say(self, number: int, words: str, about: int, word: str) -> int:
        comment = self.github.comment(self.name, number, FOUNDER, words)
        self.said[comment] = (about, word)
        return comment

    def look(self) -> None:
        """Read the check runs: which heads of the fork may be approved."""
        heads = {self.pull(number)["head"]["sha"] for number in self.numbers}
        self.asked = {sha for sha in heads if self._question(sha)}

    def _question(self, sha: str) -> dict[str, Any]:
        """The check run that asks whether the fork may be deployed; empty while there is none."""
        runs: list[dict[str, Any]] = self.github.check_runs(self.name, sha)
        newest = next((run for run in runs if run["name"] == CHECK), {})
        return newest if newest.get("conclusion") == "action_required" else {}

    # What ServerGem has heard, and what follows from it.

    def hears(self, event: Event) -> None:
        """This webhook is delivered, while GitHub is as it is now."""
        told = json.loads(event.payload)
        if event.name == "push" and told["ref"] == "refs/heads/main":
            self.pushed.add(told["after"])
        elif event.name == "issue_comment" and told["action"] == "created":
            self.heard.add(told["comment"]["id"])
            self.rolled_back |= self.said.get(told["comment"]["id"]) == (0, "rollback")
        elif event.name == "check_run" and told["action"] == "requested_action":
            # An approval is of the head of an open pull request, and of nothing else.
            heads = [pull["head"]["sha"] for pull in map(self.pull, self.numbers) if pull["state"] == "open"]
            self.approved |= {told["check_run"]["head_sha"]} & set(heads)

    def last_word(self, about: int, words: tuple[str, str]) -> str:
        """Of what was heard the last that was said, in whatever order it came."""
        spoken = [id_ for id_ in self.heard if self.said.get(id_) in [(about, word) for word in words]]
        return self.said[max(spoken)][1] if spoken else ""

    def open_lane(self) -> None:
        """Whoever locked last unlocks, and this is heard: nothing settles behind a lock."""
        if self.last_word(0, ("lock", "unlock")) == "lock":
            self.heard.add(self.say(next(iter(self.numbers)), "/unlock", 0, "unlock"))

    def wanted(self) -> dict[str, str]:
        """What has to run at which commit: production, where nobody took it back, and the previews."""
        log = self.github.hub.of(self.name).git.log(self.head)
        found = {SAMPLE: next(commit.sha for commit in log if commit.sha in self.pushed)}
        for pull in self._deployable():
            found[f"{SAMPLE}-pr-{pull['number']}"] = pull["head"]["sha"]
        return found

    def _deployable(self) -> list[dict[str, Any]]:
        return [
            pull
            for pull in self._on()
            if self.numbers[pull["number"]] or pull["head"]["sha"] in self.approved
        ]

    def _on(self) -> list[dict[str, Any]]:
        pulls = map(self.pull, self.numbers)
        return [
            pull
            for pull in pulls
            if pull["state"] == "open" and self.last_word(pull["number"], ("off", "on")) != "off"
        ]

    def unanswered(self) -> list[str]:
        """Heads of the fork that nobody has been asked about, and that somebody has to be."""
        deployable = [pull["number"] for pull in self._deployable()]
        waiting = [pull["head"]["sha"] for pull in self._on() if pull["number"] not in deployable]
        return [sha for sha in waiting if not self._question(sha)]


def order_of(held: tuple[Event, ...], fate: random.Random) -> list[int]:
    """An order of the held webhooks: any, some twice, and some lost."""
    order = [
        index
        for index, event in enumerate(held)
        if event.name not in TOLD or fate.random() >= LOST
        for _ in range(1 + (fate.random() < TWICE))
    ]
    fate.shuffle(order)
    return order


def live_through(people: People, fate: random.Random) -> list[str]:
    """Some steps that ServerGem hears of all at once; what they were."""
    deliveries = people.github.deliveries
    people.look()
    deliveries.hold()
    done = [people.act() for _ in range(ACTIONS // ROUNDS)]
    held = deliveries.held
    order = order_of(held, fate)
    for index in set(order):
        people.hears(held[index])
    deliveries.release(order)
    people.open_lane()
    return done


def settled(people: People) -> bool:
    """Exactly what is wanted runs, each at its commit, every question is asked, and no check run is open."""
    house, wanted = people.house, people.wanted()
    if services(house) != set(wanted):
        return False
    if people.rolled_back:
        wanted.pop(SAMPLE)
    serving = {name: next(iter(house.world.runner.traffic(name)), "") for name in wanted}
    at_head = all(f"-{sha[:7]}-" in serving[name] for name, sha in wanted.items())
    runs = people.github.check_runs(people.name)
    return at_head and not people.unanswered() and all(run["status"] == "completed" for run in runs)


@pytest.mark.parametrize("seed", SEEDS)
def test_any_history_ends_as_github_says(house: House, seed: int) -> None:
    """Opened, pushed, approved, closed, merged, spoken to in any order, and heard of in part: nothing is left over."""
    fate = random.Random(seed)
    people = People(forked(house, f"services: {{{SAMPLE}: {{}}}}\n"), random.Random(seed))
    people.open(0)
    people.open_fork()
    done: list[str] = []

    def settles() -> None:
        eventually(
            partial(settled, people),
            f"what GitHub implies after {done}: {people.wanted()}",
            lambda: f"{services(house)} {people.unanswered()}\n{house.log_tail()}",
        )

    settles()
    for _ in range(ROUNDS):
        done += live_through(people, fate)
        settles()
    # What was taken back, or never heard of, ends with the next push.
    people.pushed.add(people.push(0))
    people.rolled_back = False
    done.append("push")
    settles()
