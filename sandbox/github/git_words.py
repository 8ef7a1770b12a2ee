"""What git prints, as facts: commits, the entries of a tree, the files of a diff."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

# Of `git log`, for commits_in().
LOG = "%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B%x1e"


@dataclass(frozen=True)
class Person:
    """Who wrote a commit, and when, in ISO form with the writer's own offset."""

    name: str
    email: str
    when: str


@dataclass(frozen=True)
class CommitFacts:
    """What a commit object says."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str


@dataclass(frozen=True)
class Entry:
    """One line of a tree. `size` is None for what is no blob."""

    path: str
    mode: str
    kind: str
    sha: str
    size: int | None


@dataclass(frozen=True)
class FileChange:
    """One file of a diff; `previous` is its old name when it was renamed."""

    path: str
    status: str
    sha: str
    additions: int
    deletions: int
    previous: str = ""


def commits_in(output: bytes) -> tuple[CommitFacts, ...]:
    """What `git log` printed in the form of LOG."""
    records = output.decode(errors="replace").split("\x1e")[:-1]
    return tuple(_facts(record.lstrip("\n").split("\0")) for record in records)


def _facts(fields: list[str]) -> CommitFacts:
    sha, tree, parents, author, email, when, committer, its_email, its_when, message = fields
    return CommitFacts(
        sha,
        tree,
        tuple(parents.split()),
        Person(author, email, when),
        Person(committer, its_email, its_when),
        message.rstrip("\n"),
    )


def _fields(output: bytes) -> list[str]:
    return output.decode(errors="replace").split("\0")[:-1]


def entries_in(output: bytes) -> tuple[Entry, ...]:
    """What `git ls-tree -z -l` printed."""
    return tuple(map(_entry, _fields(output)))


def _entry(line: str) -> Entry:
    facts, _, path = line.partition("\t")
    mode, kind, sha, size = facts.split()
    return Entry(path, mode, kind, sha, int(size) if size.isdecimal() else None)


def line_counts(fields: list[str]) -> dict[str, tuple[int, int]]:
    """Of `git diff --numstat -z`, by path: how many lines came and how many went."""
    counts: dict[str, tuple[int, int]] = {}
    rest = iter(fields)
    for field in rest:
        added, deleted, path = field.split("\t", 2)  # a name may have tabs of its own
        if not path:  # a rename: its old and its new name follow
            next(rest)
            path = next(rest)
        # git counts no lines of a binary file, and says "-"
        counts[path] = (int(added) if added != "-" else 0, int(deleted) if deleted != "-" else 0)
    return counts


_STATUS = {"A": "added", "M": "modified", "D": "removed", "R": "renamed", "C": "copied", "T": "changed"}


def changes_in(raw: bytes, numstat: bytes) -> tuple[FileChange, ...]:
    """What `git diff -z` printed with --raw and with --numstat."""
    return tuple(_changes(iter(_fields(raw)), line_counts(_fields(numstat))))


def _changes(raw: Iterator[str], lines: dict[str, tuple[int, int]]) -> Iterator[FileChange]:
    for facts in raw:
        _, _, old_sha, new_sha, status = facts.split()
        previous, path = "", next(raw)
        if status[0] in "RC":
            previous, path = path, next(raw)
        sha = old_sha if status[0] == "D" else new_sha
        added, deleted = lines.get(path, (0, 0))
        yield FileChange(path, _STATUS[status[0]], sha, added, deleted, previous)
