"""The C library's allocator: told to keep little for each thread, which only a process that begins can be told.

glibc keeps for each thread what it freed last, up to seven pieces of each size below a kilobyte, until the thread ends.
A thread that waits half an hour for a build so keeps some 70 kB that nobody uses. CPython has an allocator of its own
for what is small; a deployment was not measured to cost more without glibc's.
https://sourceware.org/glibc/manual/latest/html_node/Memory-Allocation-Tunables.html
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

TUNABLES = "GLIBC_TUNABLES"
# And one heap for all threads instead of eight for each processor: what one of them frees, any other can use.
FOR_MANY_THREADS = "glibc.malloc.tcache_count=0:glibc.malloc.arena_max=1"


def begin_again_lean(command: Sequence[str]) -> None:
    """Become the same process anew with these tunables: its id, files and arguments stay.

    Nothing happens where the C library is another one, or where whoever starts us has set tunables.
    """
    if (environment := lean(os.environ)) is not None:
        os.execve(sys.executable, [sys.executable, *command[1:]], environment)  # noqa: S606 - no shell is wanted


def lean(environment: Mapping[str, str]) -> dict[str, str] | None:
    """The environment to begin anew with; None when there is nothing to gain."""
    if TUNABLES in environment or not _is_glibc():
        return None
    return {**environment, TUNABLES: FOR_MANY_THREADS}


def _is_glibc() -> bool:
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (AttributeError, ValueError):  # another system, or musl, which does not know the question
        return False
