"""How a deployment that did not succeed is closed: a table of findings and their endings, titles and buttons."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.model import Blame, Button, Ending, Finding, Place, Remedy, ServiceConfig, Target
from app.verdict import ending_of, fingerprint, is_commit, overtaken, verdict_of

YOURS = Finding("pip-no-such-version", "requests==9.9.9 does not exist", "Write another one.")
GOOGLES = replace(YOURS, code="google-unavailable", title="Cloud Build is unavailable", blame=Blame.GOOGLE)
GITHUBS = replace(YOURS, code="github-error", title="GitHub answered 502", blame=Blame.GITHUB)
OURS = replace(YOURS, code="servergem-fault", blame=Blame.SERVERGEM)
SHA = "a1b2c3d" + "0" * 33


@pytest.mark.parametrize(
    ("findings", "ending"),
    [
        ((YOURS,), Ending.FAILED),
        ((GOOGLES,), Ending.NOT_YOURS),
        ((GITHUBS,), Ending.NOT_YOURS),
        ((GOOGLES, GITHUBS), Ending.NOT_YOURS),
        ((GOOGLES, YOURS), Ending.FAILED),
        ((replace(OURS, blame=Blame.SANDBOX),), Ending.NOT_YOURS),
        ((replace(YOURS, blame=Blame.PROJECT),), Ending.FAILED),
        ((OURS,), Ending.FAILED),
        ((replace(YOURS, blame=Blame.UNKNOWN),), Ending.FAILED),
        ((), Ending.FAILED),
    ],
)
def test_only_the_others_trouble_is_neutral(findings: tuple[Finding, ...], ending: Ending) -> None:
    """What is on Google's or GitHub's side alone is no red cross; whatever else is among it, is."""
    assert ending_of(findings) is ending


def test_the_title_says_since_when_the_base_fails_alike() -> None:
    """A pull request is not blamed for what its base branch fails with too."""
    assert verdict_of((YOURS,)).note == YOURS.title
    told = verdict_of((YOURS,), since=SHA, branch="main").note
    assert told == "Already failing on main since a1b2c3d: requests==9.9.9 does not exist"


def test_a_button_that_mends_is_shown_where_the_operator_allows_it() -> None:
    """Retry is always there; a repair comes before it, and only where it may be pressed."""
    lacking = replace(YOURS, remedy=Remedy(Button.ENABLE_API, "demo", "run.googleapis.com"))
    assert verdict_of((lacking,)).buttons == (Button.RETRY,)
    assert verdict_of((lacking,), repairs=("enable-api",)).buttons == (Button.ENABLE_API, Button.RETRY)


@pytest.mark.parametrize(
    ("successor", "words"),
    [
        (SHA, "Superseded by a1b2c3d before it took traffic"),
        ("the pull request is closed", "Stopped before it took traffic: the pull request is closed"),
        ("the branch idea was deleted", "Stopped before it took traffic: the branch idea was deleted"),
    ],
)
def test_what_was_given_up_says_what_for(successor: str, words: str) -> None:
    """A newer commit supersedes; everything else is named as what it is, never as a commit."""
    assert overtaken(successor) == words
    assert is_commit(successor) is (successor == SHA)


def test_the_same_failure_has_the_same_fingerprint() -> None:
    """Numbers and shas differ from commit to commit; the file and the words do not."""
    target = Target("demo", "europe-west1", "production", ServiceConfig("api"))
    one = replace(YOURS, title="main.py, line 3: KeyError", place=Place("main.py", 3))
    two = replace(YOURS, title="main.py, line 9: KeyError", place=Place("main.py", 9))
    assert fingerprint(target, one) == fingerprint(target, two)
    assert fingerprint(target, one) != fingerprint(target, replace(one, place=Place("web.py", 3)))
