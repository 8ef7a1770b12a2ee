"""The parts that GitHub's payloads have in common, read strictly: names and ids end up in addresses."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeVar

import msgspec

from app.delivery import Refused
from app.model import Delivery, LeaveRepository, LookAtRepository, Repository

T = TypeVar("T")

# Why a delivery without an installation starts nothing.
OWN_WEBHOOK = "This is a repository's own webhook; ServerGem acts on those of its GitHub App."

Sha = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{40}\Z")]
# What a database's integer holds; GitHub's ids are far below.
Id = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
FullName = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+\Z")]


class Installation(msgspec.Struct):
    """Where the App is installed."""

    id: Id


class Sender(msgspec.Struct):
    """Who did what an event tells of. The id stays theirs, the login need not."""

    login: str
    id: Id = 0


class Repo(msgspec.Struct):
    """The repository that an event is about."""

    id: Id
    full_name: FullName
    default_branch: str = "main"

    def repository(self, installation: Installation) -> Repository:
        """As one of our words."""
        owner, name = self.full_name.split("/")
        return Repository(self.id, owner, name, installation.id, self.default_branch)


def read(decoder: msgspec.json.Decoder[T], delivery: Delivery, wanted: str) -> T:
    """The payload of a delivery; Refused, in our words for what is `wanted`, when it is something else."""
    try:
        return decoder.decode(delivery.payload)
    except msgspec.ValidationError as error:
        raise Refused(400, f"The payload is not {wanted}: {error}.") from error


def epoch(moment: str) -> float:
    """A time as GitHub writes it, in epoch seconds; 0 for what is none: a commit may claim any time, and any zone."""
    try:
        return max(0.0, datetime.fromisoformat(moment).timestamp())
    except (ValueError, OverflowError):
        return 0.0


def farewells(
    named: list[tuple[int, str]], installation: Installation, reason: str, delivery_id: str
) -> tuple[LeaveRepository, ...]:
    """An end for each repository of this list of ids and full names."""
    return tuple(
        LeaveRepository(Repo(id_, full_name).repository(installation), reason, delivery_id)
        for id_, full_name in named
    )


def welcomes(
    named: list[tuple[int, str]], installation: Installation, delivery_id: str
) -> tuple[LookAtRepository, ...]:
    """A first look at each repository of this list of ids and full names."""
    return tuple(
        LookAtRepository(Repo(id_, full_name).repository(installation), delivery_id)
        for id_, full_name in named
    )
