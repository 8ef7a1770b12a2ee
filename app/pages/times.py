"""Times as the pages say them: how long ago, with the exact one beside it."""

from __future__ import annotations

from datetime import UTC, datetime

MINUTE, HOUR, DAY = 60, 3600, 86_400
# Each unit with the next smaller one.
UNITS = ((DAY, "day", HOUR, "h"), (HOUR, "h", MINUTE, "min"), (MINUTE, "min", 1, "s"))


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


def length(seconds: float) -> str:
    """How long something took, in its two largest units: 4.2 s, 40 s, 6 min 40 s, 2 h 5 min, 3 days 4 h."""
    if seconds < MINUTE:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    size, name, smaller, its_name = next(each for each in UNITS if seconds >= each[0])
    count, rest = divmod(int(seconds), size)
    words = f"{count} {name}{'s' * (name == 'day' and count > 1)}"
    return f"{words} {rest // smaller} {its_name}" if rest // smaller else words


def day(seconds: float) -> str:
    """A day of the calendar: 24 Nov; empty where no calendar goes so far."""
    then = _utc(seconds)
    return f"{then.day} {then:%b}" if then else ""


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
