"""Ids of deployments: what those are called that people have begun, and where the page of each is."""

from __future__ import annotations

AGAIN = "-again-"


def attempt_after(deployment_id: str, mark: str) -> str:
    """The id of another attempt at the same deployment."""
    return f"{deployment_id.partition(AGAIN)[0]}{AGAIN}{mark}"


def page_of(public_url: str, deployment_id: str) -> str:
    """Where people read about this deployment."""
    return f"{public_url.rstrip('/')}/deployments/{deployment_id}"


def rollback_id(mark: str) -> str:
    """The deployment that gives the traffic back for this press."""
    return f"rollback-{mark}"


def begun_by(mark: str, deployment_id: str) -> bool:
    """Whether this press, and no other, has begun this deployment; each button of ours makes its ids in these ways."""
    return (
        deployment_id == rollback_id(mark)
        or deployment_id.endswith(f"{AGAIN}{mark}")
        or deployment_id.startswith(f"{mark}-")
    )
