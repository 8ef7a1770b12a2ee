"""What Cloud Scheduler takes for a schedule: five fields of unix-cron.

https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules
"""

from __future__ import annotations

_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
# Minute, hour, day of the month, month, day of the week, where 7 is Sunday too.
_RANGES = (range(60), range(24), range(1, 32), range(1, 13), range(8))
_WORDS: tuple[list[str], ...] = ([], [], [], _MONTHS, _DAYS)


def is_cron(schedule: str) -> bool:
    fields = schedule.split()
    return len(fields) == len(_RANGES) and all(map(_is_field, fields, _RANGES, _WORDS))


def _is_field(text: str, numbers: range, words: list[str]) -> bool:
    return all(_is_part(part, numbers, words) for part in text.split(","))


def _is_part(part: str, numbers: range, words: list[str]) -> bool:
    values, slash, step = part.partition("/")
    if slash and (not step.isdigit() or int(step) == 0):
        return False
    if values == "*":
        return True
    ends = values.split("-")
    return len(ends) <= 2 and all(end in words or (end.isdigit() and int(end) in numbers) for end in ends)
