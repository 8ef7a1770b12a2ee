"""Approval: what a person says yes to when a fork's pull request is deployed; anything else needs another yes. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from app.config import Config
from app.model import PullRequest


@dataclass(frozen=True)
class Terms:
    """A commit of a fork, the branch that it is proposed for, and the configuration that decides what it gets."""

    head: str
    base: str
    configuration: str

    @property
    def mark(self) -> str:
        """The same terms have the same mark, and no others."""
        return hashlib.sha256("\0".join((self.head, self.base, self.configuration)).encode()).hexdigest()[:12]


def terms_of(pull: PullRequest, read: Config) -> Terms:
    """What this pull request asks for now. Where in its file something stands decides nothing."""
    decides = repr(replace(read, lines=(), path=""))
    return Terms(pull.head_sha, pull.base_branch, hashlib.sha256(decides.encode()).hexdigest())
