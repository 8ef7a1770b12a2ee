"""Which revision a change of a service makes, and what Cloud Run calls it where nobody says."""

from __future__ import annotations

import secrets

from google.cloud import run_v2

from sandbox.google.errors import Code, Refusal
from sandbox.google.run_merging import spec_of
from sandbox.google.run_reconciling import Home

LETTERS = "bcdfghjklmnpqrstvwxz"


def next_revision(home: Home, wanted: run_v2.Service) -> str:
    """The name of the revision that this update makes; empty if it makes none."""
    name, current = wanted.template.revision, home.service
    same = spec_of(wanted.template) == spec_of(current.template)
    if same and name == current.template.revision:
        # A read-modify-write that leaves the name in place is refused as soon as it changes anything.
        moved = wanted.scaling != current.scaling
        if name and moved:
            raise _reused(name)
        return ""
    if name in home.revisions:
        raise _reused(name)
    return new_name(home, wanted) if not same or name else ""


def new_name(home: Home, wanted: run_v2.Service) -> str:
    """The name that was asked for, or one that no revision of the service has."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(3))
    number = len(home.revisions) + 1
    return wanted.template.revision or f"{home.address.service}-{number:05d}-{letters}"


def _reused(name: str) -> Refusal:
    return Refusal(
        Code.ALREADY_EXISTS, f"Revision named '{name}' with different configuration already exists."
    )
