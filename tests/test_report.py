"""The texts a person reads on GitHub, compared whole with the files in tests/reports/."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model import (
    Blame,
    Button,
    Commit,
    Ending,
    Finding,
    Place,
    Report,
    Repository,
    Row,
    RowState,
    Serving,
    Traffic,
)
from app.report import annotated, check_run, duration, ended, placed, within, worked
from app.stories.announce import FORK_GETS
from app.text.escaping import fenced, in_markdown

REPORTS = Path(__file__).parent / "reports"
COMMIT = Commit(Repository(1, "acme", "hello", 7), "a1b2c3d" + "0" * 33, "main", "Say hello")
ROWS = (
    Row("Read configuration", RowState.DONE, 1000.0, 1000.1),
    Row(
        "Check Google Cloud",
        RowState.DONE,
        1000.1,
        1001.3,
        notes=("created Artifact Registry repository servergem in europe-west1",),
    ),
    Row("Build image", RowState.WAITING),
)
BUILDING = Report(COMMIT, "ServerGem / hello (production)", rows=ROWS)
RUNNING = replace(BUILDING, rows=(*ROWS[:2], Row("Build image", RowState.RUNNING, 1001.3)))
LIVE = ended(
    replace(
        RUNNING,
        rows=(*ROWS[:2], Row("Build image", RowState.DONE, 1001.3, 1042.0)),
        url="https://hello-abc-ew.a.run.app",
        revision="hello-a1b2c3d-00001",
        made=("created Artifact Registry repository servergem in europe-west1",),
        log_tail=("Step #0: done", "PUSH", "DONE"),
    ),
    Ending.LIVE,
)
FAILED = ended(
    replace(RUNNING, rows=(*ROWS[:2], Row("Build image", RowState.FAILED, 1001.3, 1042.0))),
    Ending.FAILED,
    "requests==9.9.9 does not exist",
    (
        Finding(
            code="pip-no-such-version",
            title="requests==9.9.9 does not exist",
            message="pip found no version 9.9.9 of requests; the newest is 2.32.3.",
            fix="Write `requests==2.32.3` on line 3 of requirements.txt.",
            blame=Blame.YOU,
            place=Place("requirements.txt", 3),
            excerpt="ERROR: No matching distribution found for requests==9.9.9",
            link="https://pypi.org/project/requests/#history",
        ),
    ),
)
SUPERSEDED = ended(RUNNING, Ending.SUPERSEDED, "Superseded by b2c3d4e before it took traffic")
PULL = replace(COMMIT, branch="idea", pull_request=12)
PREVIEW = replace(
    LIVE,
    commit=PULL,
    check_name="ServerGem / hello (preview)",
    url="https://hello-pr-12-4711.europe-west1.run.app",
    revision="hello-pr-12-a1b2c3d-00001",
    remarks=("Left out, because previews get nothing of production's: secret DATABASE_URL.",),
    merge=(
        "`hello` in production is deployed from b2c3d4e with these changes: `memory` 1Gi instead of 512Mi",
    ),
    buttons=(Button.EXTEND,),
    expires=1_790_000_000.0,
    log_tail=(),
)
ROLLED_BACK = ended(
    replace(
        BUILDING,
        rows=(Row("Move traffic back", RowState.DONE, 1000.0, 1000.4),),
        url=LIVE.url,
        revision="hello-b2c3d4e-00001",
    ),
    Ending.ROLLED_BACK,
    "Rolled back by ada: b2c3d4e serves again",
)
AWAITING = replace(
    ended(
        replace(BUILDING, commit=PULL, rows=()),
        Ending.AWAITING,
        "Waits for the approval of somebody with write permission",
    ),
    buttons=(Button.APPROVE,),
    remarks=FORK_GETS,
)
SAMPLES = {
    "failed-serving": replace(
        FAILED, serving=Serving("hello-b2c3d4e-00001", "b2c3d4e" + "0" * 33, LIVE.url), commit=COMMIT
    ),
    "failed-nothing-serves": replace(FAILED, serving=Serving()),
    "not-yours-unasked": replace(
        FAILED,
        ending=Ending.NOT_YOURS,
        serving=Serving("hello-b2c3d4e-00001", "b2c3d4e" + "0" * 33, LIVE.url, asked=False),
    ),
    "failed-container": replace(FAILED, log_of="Container log", log_tail=("listening on port 8080",)),
    "preview": PREVIEW,
    "preview-gone": replace(PREVIEW, gone="Preview removed: the pull request is merged"),
    "rolled-back": ROLLED_BACK,
    "rolled-back-split": replace(
        ROLLED_BACK, split=(Traffic("hello-b2c3d4e-00001", 60), Traffic("hello-c3d4e5f-00001", 40))
    ),
    "fork-awaiting": AWAITING,
    "not-yours": replace(FAILED, ending=Ending.NOT_YOURS, buttons=(Button.RETRY,)),
    "queued": Report(COMMIT, "ServerGem / hello (production)", rows=(Row("Read configuration"),)),
    "building": RUNNING,
    "live": LIVE,
    "failed": FAILED,
    "superseded": SUPERSEDED,
}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_check_run_reads_as_its_file(name: str) -> None:
    """Title, summary and text of each state are what was agreed, to the letter."""
    payload = check_run(SAMPLES[name])
    buttons = "".join(f" [{action.label}]" for action in payload.actions)
    state = f"{payload.status} {payload.conclusion or ''}{buttons}"
    words = f"{state}\n# {payload.title}\n\n{payload.summary}\n\n{payload.text}\n"
    file = REPORTS / f"{name}.md"
    if os.environ.get("WRITE_REPORTS"):
        file.write_text(words)
    assert words == file.read_text()


def test_annotations_wait_for_the_end() -> None:
    """A running deployment shows no annotation: GitHub appends them and never takes one back."""
    assert check_run(replace(FAILED, ending=None)).annotations == ()
    assert [(a.path, a.start_line) for a in check_run(FAILED).annotations] == [("requirements.txt", 3)]


def test_a_finding_without_a_place_is_no_annotation() -> None:
    """What no line of the repository is to blame for stands in the summary alone."""
    nowhere = replace(FAILED.findings[0], place=None)
    assert annotated((nowhere,)) == ()
    assert "requests==9.9.9 does not exist" in check_run(replace(FAILED, findings=(nowhere,))).summary


@given(st.text(alphabet="aé🚀`\n", max_size=400), st.integers(min_value=60, max_value=300))
def test_a_cut_text_keeps_the_byte_limit(words: str, limit: int) -> None:
    """GitHub counts bytes, and a cut never splits a character."""
    cut = within(words, limit)
    assert len(cut.encode()) <= limit
    assert cut == words or "cut here" in cut


def test_a_cut_text_closes_its_code_fence() -> None:
    """What follows a cut log is not swallowed by it."""
    assert within(fenced("x" * 500), 200).count("```") == 2


@given(st.text(alphabet="`a\n", max_size=60))
def test_a_fence_outlasts_what_is_inside(words: str) -> None:
    """A log cannot close the code block that it is shown in."""
    opening, *_, closing = fenced(words).split("\n")
    assert closing not in words.split("\n")
    assert opening == closing + "text"


def test_foreign_words_cannot_become_markup() -> None:
    """A commit message or a log line mentions nobody, links nowhere and stays in its table cell."""
    assert not set("@[|<*`") & set(in_markdown("@team [x](http://e) | <b> *a* `c`"))


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.04, "0.0 s"), (9.94, "9.9 s"), (12.3, "12 s"), (185.2, "3 min 05 s")]
)
def test_durations_read_as_a_person_says_them(seconds: float, words: str) -> None:
    """Tenths below ten seconds, whole seconds below a minute, minutes above."""
    assert duration(seconds) == words


DONE = RowState.DONE


@pytest.mark.parametrize(
    ("rows", "seconds"),
    [
        ((Row("Read", DONE, 100.0, 101.0), Row("Build", DONE, 5000.0, 5030.0)), 31.0),
        ((Row("Check", DONE, 100.0, 104.0), Row("Upload", DONE, 101.0, 103.0)), 4.0),
        ((Row("Check", DONE, 100.0, 104.0), Row("Upload", DONE, 103.0, 106.0)), 6.0),
        ((Row("Wait", DONE, 100.0, 4000.0, idle=True), Row("Build", DONE, 4000.0, 4010.0)), 10.0),
        ((Row("Build", DONE, 100.0, 110.0), Row("Verify")), 10.0),
        ((), 0.0),
    ],
)
def test_live_in_counts_work_alone(rows: tuple[Row, ...], seconds: float) -> None:
    """Neither an earlier attempt nor a lock or a lane is "Live in", and what ran side by side counts once."""
    assert worked(rows) == pytest.approx(seconds)
    if rows:
        assert check_run(replace(LIVE, rows=rows)).title == f"Live in {duration(seconds)}"


def test_what_a_warning_foretold_is_told_once() -> None:
    """A build that ended for want of an entry point needs no warning that it might; other warnings stay."""
    foretold = Finding("no-start-command", "The buildpacks will not find it", fix="Write Procfile.")
    other = Finding("dockerfile-root", "It runs as root", fix="Write USER.")
    failed = Finding(
        "buildpacks-python-entrypoint", "The buildpack finds no entrypoint", fix="Write Procfile."
    )
    before = replace(BUILDING, findings=(foretold, other))
    assert ended(before, Ending.FAILED, "", (failed,)).findings == (failed, other)
    assert ended(before, Ending.FAILED, "", (other,)).findings == (other, foretold, other)


def test_a_log_that_a_finding_shows_whole_is_shown_once() -> None:
    """A container that printed four lines and died is read once; a line more, and the end of the log stands again."""
    printed = ("Traceback (most recent call last):", "ModuleNotFoundError: No module named 'nonesuch'", "")
    found = replace(FAILED.findings[0], excerpt="\n".join(printed).rstrip())
    whole = replace(FAILED, log_of="Container log", log_tail=printed, findings=(found,))
    assert check_run(whole).text == ""
    assert "listening" in check_run(replace(whole, log_tail=(*printed, "listening"))).text


def test_no_summary_begins_with_its_title() -> None:
    """GitHub shows the title right above it; only a summary that would be empty repeats it."""
    for report in SAMPLES.values():
        payload = check_run(report)
        assert not payload.summary.startswith(in_markdown(payload.title) + "\n")
    bare = check_run(ended(replace(BUILDING, rows=()), Ending.SKIPPED, "Nothing changed"))
    assert bare.summary == bare.title == "Nothing changed"


def test_a_row_off_the_road_stands_where_it_happens() -> None:
    """Waiting for a lock comes after what is done and before what has not begun, and stays there."""
    road = (Row("Read", RowState.DONE), Row("Build"), Row("Shift"))
    waiting = Row("Wait for the lock", RowState.RUNNING)
    stands = placed(road, waiting)
    assert [row.title for row in stands] == ["Read", "Wait for the lock", "Build", "Shift"]
    done = placed(placed(stands, replace(waiting, state=RowState.DONE)), Row("Build", RowState.DONE))
    assert [row.state for row in done] == [RowState.DONE] * 3 + [RowState.WAITING]
    assert placed((road[0],), waiting) == (road[0], waiting)
