"""What GitHub tells of a repository, as data: an installation, a listing, a comparison, a branch that moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Installation:
    """An installation's permissions by name, and the page where its owner accepts new ones."""

    permissions: Mapping[str, str]
    settings_url: str


@dataclass(frozen=True)
class Listing:
    """What is in a commit. Two commits with the same tree at a path have the same content there.

    Not `complete` when GitHub cut it: https://docs.github.com/rest/git/trees#get-a-tree
    """

    files: frozenset[str]
    trees: Mapping[str, str]
    complete: bool = True
    blobs: Mapping[str, str] = field(default_factory=dict)
    """What each file holds, by its git id."""
    links: frozenset[str] = frozenset()
    """Those that lead to another file."""


@dataclass(frozen=True)
class Comparison:
    """How head stands to base. `paths` is what changed on the way; None when that cannot be told: everything."""

    status: Literal["ahead", "behind", "diverged", "identical"]
    paths: tuple[str, ...] | None

    @property
    def is_ahead(self) -> bool:
        """Head has all of base, and more."""
        return self.status == "ahead"

    @property
    def has_base(self) -> bool:
        """Head has all of base: it is the same commit, or one after it."""
        return self.status in ("ahead", "identical")

    @property
    def is_in_base(self) -> bool:
        """Base has all of head: it is the same commit, or one before it."""
        return self.status in ("behind", "identical")


@dataclass(frozen=True)
class Activity:
    """A branch that moved, at `at` (epoch seconds). `before` is empty where the new head does not follow from it."""

    branch: str
    before: str
    after: str
    at: float
    login: str
    login_id: int = 0
