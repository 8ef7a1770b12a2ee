"""What was printed, line by line: without colours and progress, and out of Cloud Logging's entries."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

# A log is hostile input: what is beyond this is not looked at, the middle is given up first.
MOST_CHARACTERS = 24_000_000

FIRST_CHARACTERS = 4_000_000

LONGEST_ENTRY = 8_000  # of a line that is JSON, and holds one
# A reader may take the square of a line's length. Python reads no number of 4,301 digits, and the rules read numbers
# everywhere: https://docs.python.org/3/library/stdtypes.html#int-max-str-digits
LONGEST_LINE = 2_000

_ESCAPES = re.compile(
    r"\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_()][0-9A-B]?"
)

_CONTROL = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\\ufeff]")

_ESCAPED_COLOUR = re.compile(r"(?:\\u001b|\\x1b|\^\[|␛)\[[0-9;]*m")


def lines(text: str | bytes) -> Iterable[str]:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    if len(words) > MOST_CHARACTERS:
        words = words[:FIRST_CHARACTERS] + "\n" + words[FIRST_CHARACTERS - MOST_CHARACTERS :]
    if "\x1b" in words:
        words = _ESCAPES.sub("", words)
    if "[" in words and ("\\u001b" in words or "\\x1b" in words or "^[[" in words):
        words = _ESCAPED_COLOUR.sub("", words)
    words = words.replace("\r\n", "\n")
    stripped = words.lstrip()
    if stripped.startswith("[") and (entries := _json_array(stripped)) is not None:
        return map(_bounded, _entries(entries))
    printed = words.split("\n")
    odd = "\r" in words or words.startswith("{") or "\n{" in words or _CONTROL.search(words)
    return _straightened(printed) if odd or len(max(printed, key=len)) > LONGEST_LINE else printed


def _straightened(printed: list[str]) -> Iterator[str]:
    """Lines that were written over, JSON entries and what no terminal shows, one by one; and none is endless."""
    for line in printed:
        line = line[:LONGEST_ENTRY]
        if "\r" in line:
            line = next((part for part in reversed(line.split("\r")) if part.strip()), "")
        if line.startswith("{") and (entry := _json_entry(line)) is not None:
            yield from map(_bounded, _entries([entry]))
            continue
        yield _bounded(line if line.isprintable() else _CONTROL.sub("", line))


def _bounded(line: str) -> str:
    """The line, no longer than any that is read."""
    return line[:LONGEST_LINE]


def _json_array(words: str) -> list[object] | None:
    try:
        found = json.loads(words)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) and all(isinstance(each, dict) for each in found) else None


def _json_entry(line: str) -> dict[str, object] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if (
        isinstance(found, dict)
        and {"textPayload", "jsonPayload", "protoPayload", "message", "msg"} & found.keys()
    ):
        return found
    return None


def _entries(entries: Iterable[object]) -> Iterator[str]:
    """Cloud Logging's entries, or a program's own JSON lines, as the lines that they carry."""
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        resource = entry.get("resource")
        kind = resource.get("type", "") if isinstance(resource, dict) else ""
        if kind == "cloud_run_revision":
            yield REVISION_LOG
        yield from _entry_text(entry).split("\n")


def unwrapped(line: str) -> list[str]:
    """What a program's own JSON line says, where something stood before it; any other line as it is."""
    entry = _json_entry(line) if line.startswith('{"') else None
    return _entry_text(entry).split("\n") if entry is not None else [line]


def _entry_text(entry: dict[str, object]) -> str:
    if isinstance(text := entry.get("textPayload"), str):
        return text
    payload = entry.get("jsonPayload")
    told = payload if isinstance(payload, dict) else entry
    if isinstance(proto := entry.get("protoPayload"), dict):
        status = proto.get("status")
        return str(status.get("message", "")) if isinstance(status, dict) else ""
    parts = [
        str(told[name])
        for name in ("message", "msg", "error", "err", "stack", "stack_trace", "exc_info")
        if told.get(name)
    ]
    return "\n".join(dict.fromkeys(parts))


REVISION_LOG = "--- logs of revision ---"
