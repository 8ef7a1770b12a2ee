"""The id of a commit's root tree, made of what is in it: GitHub's listing of a commit tells the commit's own instead.

https://github.com/cscheid/rgithub/issues/43 has such an answer; https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

TREE = "tree"
# A name that was not UTF-8 comes with this in it, and its bytes are lost.
LOST = "\N{REPLACEMENT CHARACTER}"


def root_tree(entries: Iterable[Mapping[str, str]]) -> str:
    """The SHA-1 that git gives to these entries' root; empty where a name has lost its bytes, since nobody can tell."""
    top = [each for each in entries if "/" not in each["path"]]
    if any(LOST in each["path"] for each in top):
        return ""
    told = b"".join(map(_line, sorted(top, key=_order)))
    return hashlib.sha1(b"tree %d\0" % len(told) + told, usedforsecurity=False).hexdigest()


def _order(entry: Mapping[str, str]) -> bytes:
    """Git sorts a folder as if its name ended in a slash."""
    return (entry["path"] + ("/" if entry["type"] == TREE else "")).encode()


def _line(entry: Mapping[str, str]) -> bytes:
    """GitHub writes a folder's mode with a nought before it, and git does not."""
    return f"{entry['mode'].lstrip('0')} {entry['path']}".encode() + b"\0" + bytes.fromhex(entry["sha"])
