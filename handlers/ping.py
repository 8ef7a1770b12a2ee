"""ping: GitHub asks whether we are there, after the webhook was set up."""

from __future__ import annotations

from app.model import Delivery, Ignore, Job


def handle(delivery: Delivery) -> tuple[Job, ...]:
    """The 202 is the whole answer."""
    return (Ignore("GitHub asked whether ServerGem is there; it is."),)
