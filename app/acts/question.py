"""Question: how a revision is asked at its own address, before and while it serves, also when it is private."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from app import probe
from app.model import Revision, Target
from app.probe import Answer
from app.scene import Scene


@dataclass(frozen=True)
class Question:
    """GET the health path of one revision, with a token where nobody may call it without."""

    address: str
    most: float = probe.QUESTION_SECONDS
    token: str = field(default="", repr=False)

    def ask(self, within: float = math.inf) -> Answer:
        """One answer, in `within` seconds at most, and never later than any question may take (`most`)."""
        return probe.ask(self.address, identity_token=self.token, within=min(within, self.most))


def question_of(scene: Scene, target: Target, revision: Revision) -> Question:
    """The question for this revision; a private service's token is for the service's own URL. Raises NoIdentity."""
    token = "" if target.service.public else scene.world.google.identity_token(revision.url)
    address = revision.tag_url.rstrip("/") + target.service.health
    return Question(address, scene.world.settings.verify_question, token)
