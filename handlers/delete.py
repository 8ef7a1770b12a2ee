"""delete: a branch or a tag is gone; pull requests of it are closed by GitHub, which says so itself."""

from __future__ import annotations

from app.model import Delivery, Ignore, Job


def handle(delivery: Delivery) -> tuple[Job, ...]:
    """What a deleted branch had deployed serves on; its pull requests tell of their end with an event of their own."""
    return (Ignore("A branch or tag was deleted; what serves stays, and its pull requests are closed."),)
