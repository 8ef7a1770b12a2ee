"""gcloud, Cloud Run, Cloud Build, Artifact Registry and GitHub's deploy actions: what else they refuse, by message."""

from __future__ import annotations

from app.diagnosis.rule import Rule
from app.diagnosis.rules.google.reading_cloud import CLOUD

RULES: tuple[Rule, ...] = (
    Rule(
        code="google-message",
        pattern=CLOUD.pattern,
        read=CLOUD.read,
        place=CLOUD.place,
        nowhere=True,
        title="{title}",
        message="{told}.",
        fix="{advice}",
    ),
)
