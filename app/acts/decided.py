"""What default branches have decided lately: a commit's configuration never changes, and so is read once."""

from __future__ import annotations

from app.config import Config
from app.model import Commit, Repository

MOST = 500
"""Repositories; of each the newest commit, some kilobytes."""


class Decided:
    """The configuration at the head of each default branch, as it was last read."""

    def __init__(self) -> None:
        self._newest: dict[int, tuple[Commit, Config]] = {}

    def recall(self, commit: Commit) -> Config | None:
        """What this commit decides; None unless it is the one that was last read of its repository."""
        known = self._newest.get(commit.repository.id)
        return known[1] if known and known[0] == commit else None

    def keep(self, commit: Commit, read: Config) -> None:
        """Remember it in the place of what the repository decided before."""
        while len(self._newest) >= MOST:
            self._newest.pop(next(iter(self._newest)), None)
        self._newest[commit.repository.id] = (commit, read)

    def last(self, repository: Repository) -> Config | None:
        """What the last commit that was read decides: a hint and no more, since a newer one may decide otherwise."""
        known = self._newest.get(repository.id)
        return known[1] if known else None
