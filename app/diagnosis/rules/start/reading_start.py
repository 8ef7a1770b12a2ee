"""What a log says of a start: whether it was one, which port was asked, how it ended."""

from __future__ import annotations

import re

import re2

from app.diagnosis.rule import Hit, once_per_log

# What the log says about the start


_NOT_STARTED = re2.compile(
    r"failed to start and (?:then )?listen on the port|(?i:startup (?:tcp|http|grpc) probe failed)|"
    r"Container failed to (?:start|become healthy)|Startup probes? timed out|HealthCheckContainerError|"
    r"Container Healthcheck failed|failed the configured startup probe|Container called exit\("
)

_ASKED = re2.compile(r"probe failed .* on port (\d+)|PORT(?: environment variable)?=(\d+)")

_EXIT = re.compile(r"Container called exit\((-?\d+)\)")

_PROBED = re2.compile(r"(?i)startup \w+ probe failed")

ALIVE_UNTIL_STOPPED = frozenset({"0", "137", "143", "-9", "-15"})

_CRASH = re.compile(
    r"^Traceback|^panic:|(?i:\b(?:fatal|unhandled|uncaught)\b)|^\s*(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception)\b|"
    r"Error: |"
    r"Exception in thread|Worker failed to boot|exited with code [1-9]|\(SyntaxError\)|Segmentation fault"
)

_NOT_A_CRASH = re.compile(r"SIGTERM|SIGINT|KeyboardInterrupt|CancelledError|graceful|(?i:shutting down)")


@once_per_log
def whole(hit: Hit) -> str:
    """All lines of the log, for a pattern that stays within one of them."""
    return "\n".join(hit.elsewhere())


@once_per_log
def not_started(hit: Hit) -> bool:
    return _NOT_STARTED.search(whole(hit)) is not None


@once_per_log
def wanted_port(hit: Hit) -> str:
    """The port that Cloud Run asked: the probe names it, gcloud names it, and else it is 8080."""
    port = ""
    for match in _ASKED.finditer(whole(hit)):
        port = match[1] or port or match[2]
    return port or "8080"


@once_per_log
def ended_said(hit: Hit) -> str:
    """The exit code that Cloud Run logged; empty while the process lived."""
    match = _EXIT.search(whole(hit))
    return match[1] if match else ""


def crashed(hit: Hit) -> bool:
    """Whether the program itself says that it broke after it said that it listens."""
    ended = ended_said(hit)
    if ended in ALIVE_UNTIL_STOPPED and ended:
        return False
    return not lives(hit) and any(
        _CRASH.search(line) and not _NOT_A_CRASH.search(line) for line in hit.after(400)
    )


@once_per_log
def lives(hit: Hit) -> bool:
    """Whether the process was still there when the probe gave up."""
    return _PROBED.search(whole(hit)) is not None and not ended_said(hit)
