"""What of a repository's source is read: one set of limits, and one way to make text of bytes; pure.

`servergem check`, preflight and a push share these, so that they see the same and judge the same.
"""

from __future__ import annotations

import codecs

LONGEST_TEXT = 1_000_000  # bytes of one file; what is longer is known by its name only
LONGEST_PARSED = 200_000  # letters of one file that is parsed: a person writes a page
MOST_PARSED = 5_000_000  # letters of all files that are parsed for nothing but their syntax
MOST_TEXT = 40_000_000  # bytes of all files that nobody asked for by name
MOST_PATHS = 200_000
LONGEST_PATH = 4096  # PATH_MAX of Linux
MOST_PATH_LETTERS = 50_000_000
# A gigabyte is read in seven seconds; a source of that size is known by nothing but its commit.
MOST_UNPACKED = 1_000_000_000
# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md: what stands in an archive instead of a file,
# in less than 1,024 bytes.
POINTER = "version https://git-lfs.github.com/spec/v1\n"
LARGEST_POINTER = 1023

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decoded(body: bytes) -> str | None:
    """The text that these bytes are; None for what is no text. UTF-16 is kept as a reader of UTF-8 would see it."""
    if b"\0" in body[:8000] and not body.startswith(_UTF16):
        return None
    return body.decode(errors="replace")


def is_pointer(body: bytes) -> bool:
    """Whether a file of an archive is what Git LFS leaves in place of one."""
    return len(body) <= LARGEST_POINTER and body.startswith(POINTER.encode())


def is_utf16(text: str) -> bool:
    """Whether `decoded` text begins as UTF-16 does (two bytes that are no UTF-8, and a zero)."""
    return text.startswith("\ufffd\ufffd") and "\0" in text[:200]


def folders_of(paths: frozenset[str]) -> frozenset[str]:
    """Every folder that has one of these paths in it."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return frozenset(found)
