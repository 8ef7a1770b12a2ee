"""Logs of any length and lateness: their end is read, within 60 reads a minute, and no read fails a deployment."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.retry import Policy
from gcp import cloud_logging
from gcp.cloud import Google
from gcp.cloud_logging import Log, LogLine
from gcp.log_reads import LogReads
from sandbox.world import PROJECT, Sandbox
from tests.conftest import House

REVISION = {"service_name": "hello", "revision_name": "hello-1", "location": "europe-west1"}
LOGS = {
    "stdout": "run.googleapis.com%2Fstdout",
    "stderr": "run.googleapis.com%2Fstderr",
    "system": "run.googleapis.com%2Fvarlog%2Fsystem",
}
LIST = "LoggingServiceV2.ListLogEntries"


@pytest.fixture
def google(world: Sandbox) -> Google:
    """The real clients; a refused call is tried again quickly."""
    return Google(world.google.grpc_address, world.google.storage_url, Policy(first_wait=0.01))


@pytest.fixture
def log(google: Google) -> Log:
    """The log of one revision, as it is followed after it died."""
    return Log(google, PROJECT, cloud_logging.of_revision("europe-west1", "hello", "hello-1"))


@pytest.fixture
def write(world: Sandbox) -> Callable[[str, str], None]:
    """What the revision prints."""
    return lambda stream, text: world.google.logging.write(
        PROJECT, LOGS[stream], "cloud_run_revision", REVISION, text
    )


def rest(log: Log, patience: float = 20.0, quiet: float = 0.1) -> list[str]:
    return [line.text for line in log.to_the_end(patience=patience, quiet=quiet, interval=0.02)]


def test_a_long_log_is_read_from_its_end(log: Log, write: Callable[[str, str], None]) -> None:
    """Six thousand lines and an error: all of them, in order, each once."""
    wanted = [f"line {number}" for number in range(6000)] + ["ValueError: the reason"]
    for line in wanted:
        write("stdout", line)
    assert rest(log) == wanted


def test_a_longer_log_loses_its_beginning(
    world: Sandbox, log: Log, write: Callable[[str, str], None]
) -> None:
    """What is beyond ten pages is not read; the end always is."""
    world.google.behaviour.log_page = 10
    for number in range(150):
        write("stdout", f"line {number}")
    assert [line.text for line in log.last_lines(0)] == [f"line {number}" for number in range(50, 150)]


def test_what_was_told_is_not_read_again(world: Sandbox, log: Log, write: Callable[[str, str], None]) -> None:
    """The end is read back to the last line that is known, and no page further."""
    world.google.behaviour.log_page = 20
    for number in range(80):
        write("stdout", f"line {number}")
    assert len(log.next_lines()) == 80
    before = world.google.calls[LIST]
    write("stderr", "the end")
    assert [line.text for line in log.last_lines(0)] == ["the end"]
    assert world.google.calls[LIST] - before == 1


def test_an_empty_page_with_a_token_is_no_end(
    world: Sandbox, log: Log, write: Callable[[str, str], None]
) -> None:
    """Google may have had no time to search all: its token is followed."""
    world.google.behaviour.empty_pages = 3
    write("stderr", "the reason")
    assert rest(log) == ["the reason"]


def test_a_crash_is_not_judged_by_google_s_words_alone(
    world: Sandbox, log: Log, write: Callable[[str, str], None]
) -> None:
    """Cloud Run's line comes at once and the traceback a second later: it is waited for."""
    world.google.behaviour.stream_lag = {"stderr": 1.0}
    write("system", "Container called exit(1).")
    write("stderr", "ModuleNotFoundError: No module named 'flask'")
    assert set(rest(log)) == {"Container called exit(1).", "ModuleNotFoundError: No module named 'flask'"}


def test_a_silent_program_is_waited_for_no_longer_than_the_patience(
    log: Log, write: Callable[[str, str], None]
) -> None:
    """Where only Cloud Run speaks the patience ends it."""
    write("system", "Container called exit(1).")
    began = time.monotonic()
    assert rest(log, patience=0.5) == ["Container called exit(1)."]
    assert time.monotonic() - began >= 0.5


def test_too_many_reads_slow_down_and_raise_nothing(
    world: Sandbox, google: Google, log: Log, write: Callable[[str, str], None]
) -> None:
    """A refused read is told as trouble, is not repeated at once, and leaves the budget empty."""
    world.google.behaviour.quotas["logging.read"] = 0
    write("stderr", "the reason")
    assert rest(log, patience=0.5) == []
    assert "could not read the log" in log.trouble
    assert world.google.calls[LIST] == 1
    assert not google.log_reads.take(PROJECT)


@pytest.mark.parametrize("status", ["UNAVAILABLE", "INTERNAL"])
def test_a_lost_read_is_made_again(
    world: Sandbox, log: Log, write: Callable[[str, str], None], status: str
) -> None:
    """Google's trouble with its logs passes."""
    write("stderr", "the reason")
    world.faults.add(LIST, 2, status=status)
    assert rest(log) == ["the reason"]


def test_a_log_that_may_not_be_read_is_asked_for_once(world: Sandbox, log: Log) -> None:
    """What is permanent is told, and not waited for."""
    world.google.revoke(PROJECT, "logging.logEntries.list")
    assert rest(log) == []
    assert "logging.logEntries.list" in log.trouble
    assert world.google.calls[LIST] == 1


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 40)), min_size=1, max_size=60))
def test_no_minute_has_more_than_sixty_reads(asked: list[tuple[float, int]]) -> None:
    """However the reads come, in any sixty seconds at most sixty are let through."""
    moment = 0.0
    reads = LogReads(lambda: moment)
    taken: list[float] = []
    for pause, wishes in asked:
        moment += pause
        taken += [moment for _ in range(wishes) if reads.take("a")]
    for number, first in enumerate(taken):
        assert sum(first <= at < first + 60 for at in taken[number:]) <= 60


def test_projects_have_budgets_of_their_own() -> None:
    """The quota is the project's, so one busy project slows no other."""
    reads = LogReads(lambda: 0.0)
    assert sum(reads.take("a") for _ in range(100)) == 20
    assert reads.take("b")


def test_who_follows_leaves_reads_for_the_end() -> None:
    """A log that is written fast does not use up what its end needs."""
    reads = LogReads(lambda: 0.0)
    assert sum(reads.take("a", reserve=10.0) for _ in range(100)) == 10
    assert sum(reads.take("a") for _ in range(100)) == 10


def test_a_refusal_empties_the_budget_for_as_long_as_google_says() -> None:
    """Then it fills again."""
    moment = 0.0
    reads = LogReads(lambda: moment)
    reads.refused("a", 12.0)
    assert not reads.take("a")
    moment = 11.0
    assert not reads.take("a")
    moment = 14.0
    assert reads.take("a")


MANY = 6000
LOUD_BUILD = f"""FROM python:3.12-slim
WORKDIR /app
COPY . .
RUN python -c "[print('compiling part', n) for n in range({MANY})]" && pip install no-such-package-for-sure
CMD ["python", "main.py"]
"""
LOUD_CRASH = f"""
for number in range({MANY}):
    print("warming up", number, flush=True)
import no_such_module
"""


def with_patience_for_logs(house: House) -> None:
    """As long as a busy machine may take to bring lines that come late."""
    house.settings["LOG_PATIENCE_SECONDS"] = "60"
    house.stop()
    house.start()


def test_a_build_with_many_lines_before_its_error_names_the_error(house: House) -> None:
    """Six thousand lines, entries that come late, small pages: the finding is the one of the last lines."""
    house.world.google.behaviour.log_lag = 0.5
    with_patience_for_logs(house)
    work = house.repository("hello-python")
    sha = work.push("Build loudly", Dockerfile=LOUD_BUILD)
    assert house.ended(sha)["ending"] == "failed"
    assert "no-such-package-for-sure" in house.check_run("hello-python", sha)["output"]["title"]


def test_a_container_with_many_lines_before_its_crash_names_the_crash(house: House) -> None:
    """The traceback comes later than Cloud Run's own words, and behind six thousand lines."""
    house.world.google.behaviour.stream_lag = {"stderr": 1.0}
    with_patience_for_logs(house)
    work = house.repository("hello-python")
    sha = work.push("Crash loudly", **{"main.py": LOUD_CRASH})
    assert house.ended(sha)["ending"] == "failed"
    assert "no_such_module" in house.check_run("hello-python", sha)["output"]["title"]


def test_a_release_command_with_many_lines_names_its_error(house: House) -> None:
    """A migration's last words are its reason, whatever it printed before and after."""
    after = "\nimport atexit\natexit.register(lambda: [print('closing', n) for n in range(100)])\n"
    work = house.repository("hello-python")
    config = "services:\n  hello-python:\n    release: python migrate.py\n    memory: 256Mi\n"
    sha = work.push("Migrate", **{"servergem.yml": config, "migrate.py": after + LOUD_CRASH})
    assert house.ended(sha)["ending"] == "failed"
    summary = house.check_run("hello-python", sha)["output"]["summary"].replace("&#95;", "_")
    assert "Python finds no module no_such_module" in summary


def test_without_a_single_read_a_deployment_goes_live(house: House) -> None:
    """Google gives us no log at all, of the build or of the release command: that is no failure."""
    house.world.google.behaviour.quotas["logging.read"] = 0
    work = house.repository("hello-python")
    config = "services:\n  hello-python:\n    release: python -c 'print(1)'\n"
    sha = work.push("Say hello", **{"servergem.yml": config})
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    bad = work.push("Crash", **{"main.py": "import no_such_module\n"})
    assert house.ended(bad)["ending"] == "failed"
    assert "could not read the log" in house.check_run("hello-python", bad)["output"]["summary"]


def test_polling_too_hard_slows_down_and_fails_nothing(house: House) -> None:
    """Google's refusal of our looks at builds is for this minute; the build goes on, and so do we."""
    house.world.faults.add(
        "CloudBuild.ListBuilds", 7, status="RESOURCE_EXHAUSTED", message="Quota exceeded for GetRequests"
    )
    work = house.repository("hello-python")
    assert house.ended(work.push("Say hello"))["ending"] == "live", house.log_tail()


def test_a_wait_that_is_answered_early_is_no_end(house: House) -> None:
    """Cloud Run may answer a wait at any time: the clock decides, not the number of answers."""
    house.world.google.behaviour.early_waits = 30
    work = house.repository("hello-python")
    slow = "import time\ntime.sleep(2)\n" + (work.path / "main.py").read_text()
    assert house.ended(work.push("Start slowly", **{"main.py": slow}))["ending"] == "live", house.log_tail()


def last(line: LogLine) -> bool:
    return line.text == "DONE"


def test_last_words_end_the_waiting(log: Log, write: Callable[[str, str], None]) -> None:
    """With Cloud Build's last word nothing more is waited for."""
    write("system", "a line")
    write("system", "DONE")
    began = time.monotonic()
    found = list(log.to_the_end(patience=60, quiet=60, interval=0.02, is_last=last))
    assert [line.text for line in found] == ["a line", "DONE"]
    assert time.monotonic() - began < 30
