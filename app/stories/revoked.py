"""What somebody allowed the App is taken back: on the pages nobody is signed in as that person any more."""

from __future__ import annotations

from app import durable
from app.model import EndSessions
from app.telemetry import log
from app.world import World


def revoked(world: World, job: EndSessions) -> None:
    """Their next request finds no session; a live page ends with its next look."""
    durable.step(world.store.sessions.end, job.person_id, title="end")
    log.fact("sessions.ended", delivery=job.delivery_id, person=job.person_id)
