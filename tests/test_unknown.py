"""What no rule knows: the title is the line that says most, never one that is true of every failure."""

from __future__ import annotations

import pytest

from app.diagnosis import Files, diagnose
from app.text.titles import LONGEST_TITLE

BUILDKIT = """#1 [internal] load build definition from Dockerfile
#8 [4/5] RUN ./prepare.sh
#8 0.201 preparing the frobnicator
#8 0.310 frobnicator: cannot align the third spindle
#8 0.311 giving up
#8 ERROR: process "/bin/sh -c ./prepare.sh" did not complete successfully: exit code: 3
------
 > [4/5] RUN ./prepare.sh:
0.310 frobnicator: cannot align the third spindle
------
ERROR: failed to solve: process "/bin/sh -c ./prepare.sh" did not complete successfully: exit code: 3
"""
CASES = {
    "a heading is passed over for what stands under it": (
        "checking\nfrob: cannot continue, errors found:\n  spindle 3 is missing\nfailed\n",
        "spindle 3 is missing",
    ),
    "a colon at the end goes, where nothing better is there": (
        "checking the spindles\nThe following spindles could not be aligned:\n",
        "The following spindles could not be aligned",
    ),
    "without any complaint the last words": ("one\ntwo\nthe spindles are warm\n", "the spindles are warm"),
    "nothing but emptiness": ("error:\nfailed\n", "failed"),
    "nothing at all": ("", "It failed without saying why"),
    "an exit code says less than what came before it": (
        "frob: spindle 3 refused to turn\nThe command exited with code 3\nError: build step 0 failed\n",
        "frob: spindle 3 refused to turn",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_title_is_what_says_most(name: str) -> None:
    """The most telling line is the title and stands in the excerpt."""
    log, title = CASES[name]
    found = diagnose(log, Files.of({})).findings[0]
    assert (found.code, found.title) == ("unknown", title)
    assert title in found.excerpt or not log
    assert len(found.title) <= LONGEST_TITLE
    assert not found.title.endswith(":")


def test_a_telling_line_far_from_the_end_is_shown() -> None:
    """A tool that goes on talking does not push its own complaint out of sight."""
    log = "frob: cannot align spindle 3\n" + "".join(f"spindle {n} is warm\n" for n in range(400))
    found = diagnose(log, Files.of({})).findings[0]
    assert found.title == "frob: cannot align spindle 3"
    assert "frob: cannot align spindle 3" in found.excerpt


def test_only_a_verdict_is_not_repeated_as_a_title() -> None:
    """When the builder's sentence is all there is, it is shown whole, since nothing says more."""
    found = diagnose("ERROR: failed to solve: frobnication timed out in the kiln", Files.of({})).findings[0]
    assert "frobnication" in found.title


def test_a_symptom_is_shown_with_the_complaint() -> None:
    """A rule that knows only which instruction failed shows what that said, however much came after it."""
    chatter = "".join(f"#8 0.4{n:02} spindle {n} is warm\n" for n in range(60))
    log = BUILDKIT.replace("#8 0.311 giving up\n", chatter).partition("------")[0]
    found = diagnose(log, Files.of({})).findings[0]
    assert found.code == "dockerfile-run-failed"
    assert "cannot align the third spindle" in found.excerpt
