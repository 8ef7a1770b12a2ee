"""Logins: whose account has one now, and what that account may in each repository."""

from __future__ import annotations

import itertools

from sandbox.github.records import PERMISSIONS
from sandbox.github.shape_words import account_id


class Logins:
    """What an account may goes with it when it is called otherwise; who takes the login then is somebody else."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._roles: dict[tuple[int, str], str] = {}
        self._new_ids = itertools.count(200_000_001)

    def id_of(self, login: str) -> int:
        return self._ids.get(login.lower(), account_id(login))

    def rename(self, login: str, new: str) -> None:
        """The old login is for whoever takes it."""
        self._ids[new.lower()], self._ids[login.lower()] = self.id_of(login), next(self._new_ids)
        for repository, name in list(self._roles):
            if name == login.lower():
                self._roles[repository, new.lower()] = self._roles.pop((repository, name))

    def give_role(self, repository: int, login: str, role: str) -> None:
        if role not in PERMISSIONS:
            raise ValueError(f"{role} is no role: {', '.join(PERMISSIONS)}")
        self._roles[repository, login.lower()] = role

    def role(self, repository: int, login: str, otherwise: str) -> str:
        return self._roles.get((repository, login.lower()), otherwise)
