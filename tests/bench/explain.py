"""Diagnosis: megabytes a second on a long log, and what one real log takes; beside one `re` pass over the bytes."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from functools import partial

from app.diagnosis import Files, diagnose
from tests.bench.table import Row
from tests.samples import samples

LINES, ROUNDS = 50_000, 5
NEEDLE = re.compile(rb"error|fatal|cannot|denied", re.IGNORECASE)


def rows() -> list[Row]:
    cases = samples("cases")
    log = _long_log([case.log for case in cases])
    megabytes = len(log) / 1e6
    files = Files.of(cases[0].files)
    diagnose(log[:10_000], files)  # the patterns are compiled once
    ours, peer = [], []
    for _ in range(ROUNDS):
        ours.append(_seconds(lambda: diagnose(log, files)))
        peer.append(_seconds(lambda: sum(1 for _ in NEEDLE.finditer(log))))
    each = [
        _seconds(partial(diagnose, case.log, Files.of(case.files))) * 1000 for case in cases for _ in range(3)
    ]
    speed, single = megabytes / statistics.median(ours), megabytes / statistics.median(peer)
    return [
        Row("a log of 50,000 lines", f"{speed:.1f} MB/s", "tens of MB/s", f"{megabytes:.1f} MB"),
        Row(
            "beside one re pass over the same bytes",
            f"{speed / single:.2f}",
            "",
            f"that one: {single:.0f} MB/s",
        ),
        Row(
            "one real log",
            f"{statistics.median(each):.1f} ms",
            "",
            f"at most {max(each):.0f} ms of {len(cases)} cases",
        ),
    ]


def _long_log(logs: list[str]) -> bytes:
    """The cases' own lines, again and again, as the output of one long step before a failure."""
    lines = [line for log in logs for line in log.split("\n") if "rror" not in line]
    noise = [lines[n % len(lines)] for n in range(LINES)]
    return "\n".join([*noise, logs[0]]).encode()


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
