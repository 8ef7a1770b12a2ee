"""github_app_authorization: a person took back what they had allowed the App to do in their name."""

from __future__ import annotations

from app.model import Delivery, Ignore, Job


def handle(delivery: Delivery) -> tuple[Job, ...]:
    """ServerGem acts in its own name only and keeps nothing of anybody's."""
    return (Ignore("ServerGem acts in its own name; there is nothing of this person to forget."),)
