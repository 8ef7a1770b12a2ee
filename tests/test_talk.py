"""What a comment asks, and what ServerGem says under a pull request."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.comment import Line, answer, sticky
from app.model import Commit, Ending, Report, Repository, Row, RowState
from app.report import ended
from app.talk import MOST_COMMANDS, Command, Scope, commands, help_text, scope

TEXTS = Path(__file__).parent / "texts"
COMMIT = Commit(Repository(1, "acme", "shop", 7), "a1b2c3d" + "0" * 33, "idea", pull_request=12)
ROW = Row("Build image", RowState.DONE, 1_790_000_000.0, 1_790_000_041.0)
RUNNING = Report(COMMIT, "ServerGem / api (preview)", rows=(replace(ROW, state=RowState.RUNNING),))
LIVE = ended(replace(RUNNING, rows=(ROW,), url="https://api-pr-12-4711.europe-west1.run.app"), Ending.LIVE)
FAILED = ended(replace(RUNNING, rows=(ROW,)), Ending.FAILED, "requests==9.9.9 does not exist")


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        ("/deploy", (Command("deploy"),)),
        ("Nice!\n\n/deploy api staging\n", (Command("deploy", ("api", "staging")),)),
        ("/DEPLOY  api", (Command("deploy", ("api",)),)),
        ("/lock\r\n/unlock\r\n", (Command("lock"), Command("unlock"))),
        ("/depoly", (Command("depoly", near="deploy"),)),
        ("> /deploy", ()),
        ("    /deploy", ()),
        ("\t/deploy", ()),
        ("```\n/deploy\n```\n", ()),
        ("````\n```\n/deploy\n````\n/help", (Command("help"),)),
        ("~~~sh\n/deploy\n~~~", ()),
        ("see /deploy", ()),
        ("`/deploy`", ()),
        ("/etc/passwd is readable", ()),
        ("/lgtm", ()),
        ("/", ()),
        ("", ()),
    ],
)
def test_a_comment_asks_what_stands_at_the_begin_of_a_line(comment: str, found: tuple[Command, ...]) -> None:
    """Quotes, code, paths and other Apps' commands are not ours."""
    assert commands(comment) == found


@given(st.text(alphabet="/deploy `~>\n\tab", max_size=200))
def test_no_comment_asks_for_much(comment: str) -> None:
    """Whatever is written, at most a few commands are heard."""
    assert len(commands(comment)) <= MOST_COMMANDS


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", Scope((), "", ())),
        ("api web staging", Scope(("api", "web"), "staging", ())),
        ("staging api", Scope(("api",), "staging", ())),
        ("api because of the sale", Scope(("api",), "", ("because", "of", "the", "sale"))),
        ("staging staging", Scope((), "staging", ("staging",))),
    ],
)
def test_names_of_ours_come_first(words: str, found: Scope) -> None:
    """What is neither a service nor an environment begins the rest."""
    assert scope(tuple(words.split()), ("api", "web"), ("production", "staging")) == found


def line(service: str, report: Report | None) -> Line:
    return Line(
        service, report, f"https://servergem.example/deployments/{service}", 1_790_000_000.0, 1_790_600_000.0
    )


SAID = {
    "comment-live": sticky((line("api", LIVE), line("web", RUNNING)), "", head=COMMIT.sha),
    "comment-failed": sticky((line("api", FAILED), line("web", None)), "", head=COMMIT.sha),
    "comment-ended": sticky((), "the pull request is closed", head=COMMIT.sha),
    "answer-help": help_text(),
    "answer-deploy": answer(
        "@ada Deploying a preview of a1b2c3d.",
        (
            (LIVE, "https://servergem.example/deployments/1"),
            (FAILED, "https://servergem.example/deployments/2"),
        ),
    ),
}


@pytest.mark.parametrize("name", sorted(SAID))
def test_a_comment_reads_as_its_file(name: str) -> None:
    """Every comment is what was agreed, to the letter."""
    file = TEXTS / f"{name}.md"
    if os.environ.get("WRITE_TEXTS"):
        file.write_text(SAID[name] + "\n")
    assert SAID[name] + "\n" == file.read_text()
