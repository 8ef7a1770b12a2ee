"""Times as the pages say them: how long ago, with the exact one beside it."""

from __future__ import annotations

from datetime import UTC, datetime

MINUTE, HOUR, DAY = 60, 3600, 86_400


def ago(seconds: float, now: float) -> str:
    """`3 min ago`, or `in 2 h` for what is to come; both are epoch seconds."""
    apart = now - seconds
    words = span(abs(apart))
    if abs(apart) < MINUTE:
        return "just now" if apart >= 0 else "in a moment"
    return f"{words} ago" if apart > 0 else f"in {words}"


def span(seconds: float) -> str:
    """The largest unit alone, rounded down: nobody counts the minutes of last week."""
    for length, unit in ((DAY, "day"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'s' * (unit == 'day' and count > 1)}"
    return f"{int(seconds)} s"


def clock(seconds: float) -> str:
    """What runs, as a clock shows it: 0:07, 12:05, 1:02:03."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def machine(seconds: float) -> str:
    """For a `datetime` attribute; empty where no calendar goes so far."""
    then = _utc(seconds)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ") if then else ""


def exact(seconds: float) -> str:
    """To the second: 24 November 2026, 14:05:09 UTC."""
    then = _utc(seconds)
    return f"{then.day} {then:%B %Y, %H:%M:%S} UTC" if then else "an unknown day"


def _utc(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
