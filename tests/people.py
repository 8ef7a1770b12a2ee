"""People at one repository, whose every step is chance: what they do, what is heard of it, and what has to run then."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

from sandbox.github.state import FOUNDER
from sandbox.github.webhooks import Event
from tests.conftest import OWNER
from tests.test_forks import Fork
from tests.test_previews import CHECK, SAMPLE, services

PULLS = 3
LOST, TWICE = 0.25, 0.2
# What may be lost: everything that a person's doing brings. GitHub says the rest once, and the sweep does not need it.
TOLD = ("push", "pull_request", "issue_comment", "check_run")
SKIP = "no-preview"  # servergem.yml's own default
OTHER = "next"  # another branch that a pull request may be proposed for


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
        # Of which head, for which base branch, somebody was asked, and said yes.
        self.approved: set[tuple[str, str]] = set()
        self.about: dict[str, str] = {}
        self.forced: set[str] = set()
        self.rolled_back = False
        self.kills = True
        """Whether ServerGem may be killed."""

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
        plain = [number for number in open_ones if self.numbers[number]]
        drafts = [pull["number"] for pull in pulls if pull["draft"]]
        labelled = [pull["number"] for pull in pulls if self._labelled(pull)]
        may = {
            "push": [0],
            "force": [0],
            "kill": [0] if self.kills else [],
            "rerun": [0],
            "open": [0] if len(open_ones) < PULLS else [],
            "reopen": [each["number"] for each in pulls if each["state"] == "closed" and not each["merged"]],
            "approve": [number for number in asked if number in open_ones],
            "on": [number for number in open_ones if (number, "off") in self.said.values()],
            "unlock": open_ones if (0, "lock") in self.said.values() else [],
        }
        for what in ("synchronize", "close", "off", "extend", "lock", "rollback", "retarget"):
            may[what] = open_ones
        may["merge"] = [number for number in open_ones if self._mergeable(number)]
        may["draft"] = [number for number in plain if number not in drafts]
        may["ready"] = [number for number in plain if number in drafts]
        may["label"] = [number for number in plain if number not in labelled]
        may["unlabel"] = [number for number in plain if number in labelled]
        return {what: numbers for what, numbers in may.items() if numbers}

    def _labelled(self, pull: dict[str, Any]) -> bool:
        return SKIP in [label["name"] for label in pull["labels"]]

    def _mergeable(self, number: int) -> bool:
        pull = self.pull(number)
        return self._for_main(number) and not pull["draft"] and pull["mergeable"] is not False

    def _for_main(self, number: int) -> bool:
        return bool(self.pull(number)["base"]["ref"] == "main")

    def push(self, _number: int) -> str:
        self.work.git("checkout", "-q", "main")
        self.work.git("pull", "-q", "--rebase", "origin", "main")
        return self.work.push(f"Step {self.step}", **{"main.txt": str(self.step)})

    def force(self, _number: int) -> None:
        """The newest commit of main is thrown away, and another one is in its place."""
        self.work.git("fetch", "-q", "origin")
        self.work.git("checkout", "-q", "main")
        behind = "origin/main~1" if self.step > 1 and self._has_parent() else "origin/main"
        self.work.git("reset", "-q", "--hard", behind)
        (self.work.path / "main.txt").write_text(f"forced {self.step}")
        self.work.git("add", "-A")
        self.work.git("commit", "-q", "-m", f"Step {self.step}, by force")
        self.work.git("push", "-q", "--force", "origin", "HEAD:main")
        self.forced.add(self.work.git("rev-parse", "HEAD"))

    def _has_parent(self) -> bool:
        """Whether the first commit, with servergem.yml in it, would stay."""
        return int(self.work.git("rev-list", "--count", "--first-parent", "origin/main")) > 1

    def rerun(self, _number: int) -> None:
        """Re-run, on the newest check run there is of main's head."""
        runs = self.github.check_runs(self.name, self.head)
        if runs:
            self.github.rerequest(runs[0]["id"])

    def kill(self, _number: int) -> None:
        self.house.kill()
        self.house.start()

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

    def draft(self, number: int) -> None:
        self.github.set_draft(self.name, number)

    def ready(self, number: int) -> None:
        self.github.ready_for_review(self.name, number)

    def label(self, number: int) -> None:
        self.github.label(self.name, number, SKIP)

    def unlabel(self, number: int) -> None:
        self.github.unlabel(self.name, number, SKIP)

    def retarget(self, number: int) -> None:
        self.github.change_base(self.name, number, OTHER if self._for_main(number) else "main")

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
        pulls = [self.pull(number) for number in self.numbers]
        self.about |= {pull["head"]["sha"]: pull["base"]["ref"] for pull in pulls}
        self.asked = {sha for sha in self.about if self._question(sha)}

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
            # An approval is of the head of an open pull request and the base that was asked about, and of nothing else.
            sha = told["check_run"]["head_sha"]
            self.approved |= {(sha, self.about.get(sha, ""))} & set(map(_terms, self._open()))

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
        return [pull for pull in self._on() if self.numbers[pull["number"]] or _terms(pull) in self.approved]

    def _open(self) -> list[dict[str, Any]]:
        return [pull for pull in map(self.pull, self.numbers) if pull["state"] == "open"]

    def _on(self) -> list[dict[str, Any]]:
        """Open ones of which nobody, and no rule of servergem.yml, has said no; who says on is above the rules."""
        word = {pull["number"]: self.last_word(pull["number"], ("off", "on")) for pull in self._open()}
        return [
            pull
            for pull in self._open()
            if word[pull["number"]] == "on"
            or not (word[pull["number"]] or (self.numbers[pull["number"]] and self._ruled_out(pull)))
        ]

    def _ruled_out(self, pull: dict[str, Any]) -> bool:
        return bool(pull["draft"]) or self._labelled(pull)

    def unanswered(self) -> list[str]:
        """Heads of the fork that nobody has been asked about, and that somebody has to be."""
        deployable = [pull["number"] for pull in self._deployable()]
        waiting = [pull["head"]["sha"] for pull in self._on() if pull["number"] not in deployable]
        return [sha for sha in waiting if not self._question(sha)]


def shown(people: People) -> str:
    """Every pull request with its check runs, for whoever reads a failure."""
    lines = [
        f"{sorted(services(people.house))} run, {sorted(people.wanted())} are wanted; last said: {people.said}"
    ]
    for number in people.numbers:
        pull = people.pull(number)
        lines.append(
            f"{number} {pull['state']} {pull['draft']} {_terms(pull)} fork: {not people.numbers[number]}"
        )
        runs = people.github.check_runs(people.name, pull["head"]["sha"])
        lines += [
            f"  {run['name']} {run['status']} {run['conclusion']} {run['output']['title']}" for run in runs
        ]
    return "\n".join(lines)


def _terms(pull: dict[str, Any]) -> tuple[str, str]:
    return pull["head"]["sha"], pull["base"]["ref"]


def order_of(held: tuple[Event, ...], fate: random.Random, forced: set[str]) -> list[int]:
    """An order of the held webhooks: any, some twice, and some lost; but of a forced push, which nothing else tells."""
    order = [
        index
        for index, event in enumerate(held)
        if event.name not in TOLD
        or (event.name == "push" and json.loads(event.payload)["after"] in forced)
        or fate.random() >= LOST
        for _ in range(1 + (fate.random() < TWICE))
    ]
    fate.shuffle(order)
    return order


def live_through(people: People, fate: random.Random, steps: int) -> list[str]:
    """Some steps that ServerGem hears of all at once; what they were."""
    deliveries = people.github.deliveries
    people.look()
    deliveries.hold()
    done = [people.act() for _ in range(steps)]
    held = deliveries.held
    order = order_of(held, fate, people.forced)
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
