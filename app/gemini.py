"""Gemini: asked once about a failure that no rule knows, where the operator wants that.

Whatever goes wrong here is a line of the log: a second opinion is a present, and its absence no failure.
"""

from __future__ import annotations

from app.diagnosis import Diagnosis, Files
from app.diagnosis.rule import Rank
from app.model import Finding, Target
from app.scene import InLane
from app.second_opinion import FORM, NoOpinion, opinion, question, wanted
from app.store import StoreError
from app.telemetry import log
from gcp import vertex_ai
from gcp.errors import GoogleError


def unexplained(found: Diagnosis) -> bool:
    """Whether nobody knows why: no rule spoke, or one that says only that something went wrong."""
    return found.row is None or found.row.rank is Rank.SYMPTOM


def with_opinion(
    scene: InLane, target: Target, told: tuple[Finding, ...], files: Files
) -> tuple[Finding, ...]:
    """`told`, and below it what Gemini makes of the first; `told` alone where it is not asked, or of no use."""
    settings = scene.world.settings
    if not wanted(settings, target):
        return told
    try:
        if not scene.world.store.opinions.take(settings.gemini_daily):
            log.fact("gemini.not_asked", reason=f"GEMINI_DAILY ({settings.gemini_daily}) is used up")
            return told
        model = vertex_ai.Model(settings.google_project, settings.region, settings.gemini_model)
        answered = vertex_ai.generate(settings.vertex_endpoint, model, question(told[0], files), FORM)
        return (*told, opinion(answered, files))
    except (GoogleError, NoOpinion, StoreError) as error:
        log.warning("gemini.no_opinion", reason=str(error)[:300])
        return told
