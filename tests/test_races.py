"""Races: whatever order, repetition and loss of webhooks, what runs in the end is what GitHub's final state implies."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sandbox.world import PROJECT, Sandbox
from tests.conftest import House, eventually, sandbox_in
from tests.people import OTHER, People, live_through, settled, shown
from tests.setting_up import set_up
from tests.test_forks import SETTINGS, forked
from tests.test_previews import SAMPLE

pytestmark = pytest.mark.wire

ROUNDS, STEPS = 3, 4
# With these, all that can be done here is done: 1 has a kill and a forced push, 11 locks, 24 says off and on.
SEEDS = (1, 11, 24)
CHANCE = st.randoms(use_true_random=False)


def live_together(world: Sandbox, folder: Path, stack: ExitStack) -> People:
    """A repository with a fork, and a ServerGem that sweeps often, since webhooks are going to be lost."""
    set_up(world.google, PROJECT)
    house = House(world, folder, settings=SETTINGS | {"SWEEP_SECONDS": "1"})
    stack.callback(house.kill)
    house.start()
    people = People(forked(house, f"services: {{{SAMPLE}: {{}}}}\n"), random.Random(0))
    people.work.git("push", "-q", "origin", f"main:{OTHER}")
    return people


def settle(people: People, done: list[str]) -> None:
    eventually(
        partial(settled, people),
        f"what GitHub implies after {done}: {people.wanted()}",
        lambda: f"{shown(people)}\n{people.house.log_tail()}",
    )


def with_examples(test: Callable[..., None]) -> Callable[..., None]:
    for seed in SEEDS:
        test = example(chance=random.Random(seed), fate=random.Random(seed))(test)
    return test


@with_examples
@settings(max_examples=2, derandomize=True, suppress_health_check=list(HealthCheck))
@given(chance=CHANCE, fate=CHANCE)
def test_any_history_ends_as_github_says(chance: random.Random, fate: random.Random) -> None:
    """Whatever people do, in whatever order it is heard, in part or twice, also by a ServerGem that was killed."""
    with tempfile.TemporaryDirectory() as kept, ExitStack() as stack:
        world = stack.enter_context(sandbox_in(Path(kept)))
        people = live_together(world, Path(kept), stack)
        people.chance = chance
        people.open(0)
        people.open_fork()
        done: list[str] = []
        settle(people, done)
        for _ in range(ROUNDS):
            done += live_through(people, fate, STEPS)
            settle(people, done)
        # What was taken back, or never heard of, ends with the next push.
        people.pushed.add(people.push(0))
        people.rolled_back = False
        settle(people, [*done, "push"])
