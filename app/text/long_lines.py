"""Lines of a log that no screen holds, such as a file that was printed as one: their beginning and their end; pure."""

from __future__ import annotations

# Cloud Logging takes 256 KB in an entry, and a page holds some hundred lines: https://cloud.google.com/logging/quotas
MOST_LETTERS = 8_000
AT_THE_END = 2_000


def shortened(line: str) -> str:
    """The line, or what stands at both ends of a longer one and how much is left out between."""
    if len(line) <= MOST_LETTERS:
        return line
    begins, ends = line[: MOST_LETTERS - AT_THE_END], line[-AT_THE_END:]
    return f"{begins} … {len(line) - MOST_LETTERS:,} letters are left out here … {ends}"
