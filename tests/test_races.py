"""Races: whatever order, repetition and loss of webhooks, what runs in the end is what GitHub's final state implies."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from sandbox.world import Sandbox
from tests.conftest import OWNER, House, Work, eventually
from tests.test_previews import SAMPLE, services

PULLS = 3
ACTIONS = 8


@pytest.fixture
def house(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A ServerGem that sweeps often, since webhooks are going to be lost."""
    house = House(world, tmp_path, settings={"SWEEP_SECONDS": "1"})
    house.start()
    yield house
    house.stop()


class People:
    """Some people who work on one repository, each step decided by chance."""

    def __init__(self, house: House, work: Work, chance: random.Random) -> None:
        self.house, self.work, self.chance = house, work, chance
        self.numbers: dict[int, str] = {}
        self.step = 0

    @property
    def name(self) -> str:
        return f"{OWNER}/{self.work.name}"

    def act(self) -> str:
        """One thing that somebody does; what it was, for whoever reads a failure."""
        self.step += 1
        pulls = [self.house.world.github.pull_request(self.name, number) for number in self.numbers]
        open_ones = [pull["number"] for pull in pulls if pull["state"] == "open"]
        closed = [pull["number"] for pull in pulls if pull["state"] == "closed" and not pull["merged"]]
        may = ["push"]
        may += ["open"] * 3 if len(self.numbers) < PULLS else []
        may += ["synchronize", "close", "merge", "off", "lock"] if open_ones else []
        may += ["reopen"] * 2 if closed else []
        what = self.chance.choice(may)
        number = self.chance.choice(open_ones) if open_ones else 0
        if what == "reopen":
            number = self.chance.choice(closed)
        getattr(self, what)(number)
        return f"{what} {number or ''}".strip()

    def push(self, _number: int) -> None:
        self.work.git("checkout", "-q", "main")
        self.work.git("pull", "-q", "--rebase", "origin", "main")
        self.work.push(f"Step {self.step}", **{"main.txt": str(self.step)})

    def open(self, _number: int) -> None:
        branch = f"idea-{self.step}"
        self.work.git("checkout", "-q", "-B", branch, "origin/main")
        self.work.push(f"Step {self.step}", branch=branch, **{f"{branch}.txt": str(self.step)})
        self.numbers[self.house.world.github.open_pull_request(self.name, branch)] = branch

    def synchronize(self, number: int) -> None:
        branch = self.numbers[number]
        self.work.git("checkout", "-q", branch)
        self.work.push(f"Step {self.step}", branch=branch, **{f"{branch}.txt": str(self.step)})

    def close(self, number: int) -> None:
        self.house.world.github.close_pull_request(self.name, number)

    def reopen(self, number: int) -> None:
        self.house.world.github.reopen_pull_request(self.name, number)

    def merge(self, number: int) -> None:
        self.house.world.github.merge_pull_request(self.name, number)
        self.work.git("fetch", "-q", "origin")

    def off(self, number: int) -> None:
        self.house.world.github.comment(self.name, number, "ada", "/preview off\n/preview on")

    def lock(self, number: int) -> None:
        self.house.world.github.comment(self.name, number, "ada", "/lock\n/unlock")


def shuffled(house: House, chance: random.Random) -> list[int]:
    """An order of the held webhooks: any, some twice, and news of pull requests lost."""
    held = house.world.github.deliveries.held
    order = [
        index
        for index, event in enumerate(held)
        if event.name != "pull_request" or chance.random() < 0.7
        for _ in range(1 + (chance.random() < 0.2))
    ]
    chance.shuffle(order)
    return order


def wanted(house: House, people: People) -> set[str]:
    """What has to run: production, and a preview of each open pull request."""
    pulls = [house.world.github.pull_request(people.name, number) for number in people.numbers]
    return {SAMPLE} | {f"{SAMPLE}-pr-{pull['number']}" for pull in pulls if pull["state"] == "open"}


def settled(house: House, people: People) -> bool:
    """Exactly what is wanted runs, each at its head, and no check run is open."""
    github = house.world.github
    if services(house) != wanted(house, people):
        return False
    heads = {SAMPLE: github.hub.of(people.name).git.branches()["main"]}
    for number in people.numbers:
        pull = github.pull_request(people.name, number)
        if pull["state"] == "open":
            heads[f"{SAMPLE}-pr-{number}"] = pull["head"]["sha"]
    serving = {name: next(iter(house.world.runner.traffic(name)), "") for name in heads}
    at_head = all(f"-{sha[:7]}-" in serving[name] for name, sha in heads.items())
    return at_head and all(run["status"] == "completed" for run in github.check_runs(people.name))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_history_ends_as_github_says(house: House, seed: int) -> None:
    """Opened, pushed to, closed, merged, reopened and spoken to in any order: nothing is left over, nothing missing."""
    chance = random.Random(seed)
    work = house.repository(SAMPLE)
    people = People(house, work, chance)
    assert house.ended(work.push("Say hello"))["ending"] == "live", house.log_tail()
    done = []
    for _ in range(2):
        house.world.github.deliveries.hold()
        done += [people.act() for _ in range(ACTIONS // 2)]
        house.world.github.deliveries.release(shuffled(house, chance))
    eventually(
        partial(settled, house, people),
        f"what GitHub implies after {done}: {wanted(house, people)}",
        lambda: f"{services(house)}\n{house.log_tail()}",
    )
