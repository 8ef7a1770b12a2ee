"""Which messages keep a commit from being deployed."""

from __future__ import annotations

import pytest

from app.text.skip_mark import skip_mark

SQUASHED = "Add a button (#7)\n\n* Typo [skip ci]\n\n* Draw it\n\nskip-checks: true\n\n* Colours"

MESSAGES = [
    ("Typo [skip ci]", "[skip ci]"),
    ("[ci skip] Typo", "[ci skip]"),
    ("Typo [no ci]", "[no ci]"),
    ("Typo [skip actions]", "[skip actions]"),
    ("Typo [ACTIONS SKIP]", "[actions skip]"),
    ("Typo [Skip Deploy]", "[skip deploy]"),
    ("Typo [deploy skip]", "[deploy skip]"),
    ("\nTypo [skip ci]\n", "[skip ci]"),
    ("Typo\n\n\nskip-checks: true", "skip-checks: true"),
    ("Typo\n\nMore\n\n\nskip-checks:true\n", "skip-checks: true"),
    ("Typo\r\n\r\n\r\nSkip-Checks: true\r\n", "skip-checks: true"),
    ("Typo\n\n\nSigned-off-by: A <a@x>\nskip-checks: true\nCo-authored-by: B <b@x>", "skip-checks: true"),
    ("", None),
    ("Typo", None),
    ("Explain what skip ci means", None),
    ("Typo\n\n[skip ci]", None),
    ("Typo\n\nskip-checks: false", None),
    ("Typo\n\nWe wrote\nskip-checks: true\nand it worked", None),
    ("Typo\nskip-checks: true", None),
    ("skip-checks: true", None),
    (SQUASHED, None),
]


@pytest.mark.parametrize(("message", "mark"), MESSAGES)
def test_a_mark_counts_in_the_subject_and_as_a_trailer(message: str, mark: str | None) -> None:
    """GitHub's spellings and ours count where their author meant this commit, never in a squash's body."""
    assert skip_mark(message) == mark
