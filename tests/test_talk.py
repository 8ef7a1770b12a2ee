"""What a comment asks, and what ServerGem says under a pull request."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.comment import Line, answer, state_of, sticky
from app.conversation.commands import VERBS, help_text
from app.model import Commit, Ending, Report, Repository, Row, RowState
from app.report import ended
from app.talk import NAMES, Command, Scope, commands, scope

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


HELP, NONE = (Command("help"),), ()


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        ("> somebody said\n/help", NONE),
        ("> somebody said\n\n/help", HELP),
        (">\n/help", HELP),
        ("> said\n- a list\n/help", HELP),
        ("- > said\n/help", NONE),
        ("<!-- /help -->", NONE),
        ("<!--\n\n/help\n-->", NONE),
        ("<!-- a --> b <!--\n/help\n--> c\n/help", HELP),
        ("<!-- for ever\n/help", NONE),
        ("<!-->\n/help", HELP),
        ("<details><summary>Log</summary>\n\n/help\n\n</details>", NONE),
        ("<details>\n\n<details>\n</details>\n\n/help\n\n</details>\n/help", HELP),
        ("<DETAILS\nopen>\n\n/help", NONE),
        ("<details>\n\n```\n</details>\n```\n\n/help", NONE),
        ("<details>`</details>`\n\n/help", NONE),
        ("<pre>\n/help\n</pre>", NONE),
        ("<pre>\n```\n</pre>\n/help", HELP),
        ("<blockquote>\n\n/help\n\n</blockquote>\n\n/help", HELP),
        ("<del>\n/help\n</del>", NONE),
        ("`code\n/help\nmore`", NONE),
        ("`` ` ``\n/help", HELP),
        ("a ` alone\n/help", HELP),
        ("a ` alone\n\n/help\n`", HELP),
        ("`<details>` is folded\n/help", HELP),
        (r"\<details> is folded" + "\n/help", HELP),
        ("a List<String> and 1 <3\n/help", HELP),
        ("``` not a fence ```\n/help", HELP),
        ("- ```\n  /help\n  ```\n/help", HELP),
        ("1. ~~~\n/help\n", NONE),
        ("```\n<!--\n```\n/help", HELP),
        ("    <!--\n\n/help", HELP),
        ("[//]: # (hidden\n/help\n)", NONE),
        ("- item\n\n/help", HELP),
        ("# Heading\n/help", HELP),
        ("<b>Nice</b> <img src=x>\n/help", HELP),
        ("/help\r/help", HELP * 2),
    ],
)
def test_what_is_quoted_hidden_or_code_is_not_said(comment: str, found: tuple[Command, ...]) -> None:
    """As GitHub shows it: nobody gives an order with what they quote, fold away, comment out or show as code."""
    assert commands(comment) == found


@pytest.mark.parametrize(
    "piece", ["`", "`` ` ", "<!--", "<details>", "</details>", "<", "- ", "> ", "[", "```\n", "`\n", "<s\n"]
)
def test_no_comment_is_long_to_read(piece: str) -> None:
    """The longest comment that GitHub takes is read in time, at the door, whatever it is made of."""
    begun = time.process_time()
    commands(piece * (65_536 // len(piece)))
    assert time.process_time() - begun < 2


@given(st.text(alphabet="/deploy `~>\n\tab", max_size=200))
def test_what_is_heard_was_said(comment: str) -> None:
    """Whatever is written: each command that is heard begins a line of the comment, in their order."""
    lines = iter(comment.split("\n"))
    for heard in commands(comment):
        assert any(line.lower().lstrip(" ").startswith(f"/{heard.name}") for line in lines)


def test_no_comment_asks_for_much() -> None:
    """The first five commands of a comment are heard, and what comes after them is not."""
    asked = [f"/deploy s{number}" for number in range(8)]
    assert [command.text for command in commands("\n".join(asked))] == asked[:5]


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


def test_the_door_knows_every_command_and_no_other() -> None:
    """What is heard as a command and the table of what commands lead to are the same."""
    assert tuple(verb.name for verb in VERBS) == NAMES


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


@pytest.mark.parametrize(
    ("ending", "note", "state"),
    [
        (
            Ending.ROLLED_BACK,
            "Rolled back by ada: a1b2c3d serves again",
            "rolled back by ada: a1b2c3d serves",
        ),
        (Ending.SUPERSEDED, "Superseded by b2c3d4e before it", "superseded by b2c3d4e before it"),
        (Ending.SUPERSEDED, "Stopped before it took traffic", "superseded: Stopped before it took traffic"),
        (Ending.FAILED, "requests==9.9.9 does not exist", "failed: requests==9.9.9 does not exist"),
        (Ending.SKIPPED, "[x](y)", "skipped: &#91;x&#93;(y)"),
    ],
)
def test_an_answer_says_each_word_once(ending: Ending, note: str, state: str) -> None:
    """How a deployment ended stands before why only where that does not begin with it."""
    assert state_of(ended(RUNNING, ending, note)).startswith(state)


@pytest.mark.parametrize("name", sorted(SAID))
def test_a_comment_reads_as_its_file(name: str) -> None:
    """Every comment is what was agreed, to the letter."""
    file = TEXTS / f"{name}.md"
    if os.environ.get("WRITE_TEXTS"):
        file.write_text(SAID[name] + "\n")
    assert SAID[name] + "\n" == file.read_text()
