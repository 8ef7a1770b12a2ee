"""gcloud, Cloud Run, Cloud Build, Artifact Registry and GitHub's deploy actions: what else they refuse, by message."""

from __future__ import annotations

from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.google.reading_cloud import CLOUD
from app.model import Blame

RULES: tuple[Rule, ...] = (
    Rule(
        code="buildpacks-export",
        pattern=r"failed to (?:export|initialize analyzer|fetch base layers): (?P<said>.*(?:\bEOF\b|timeout|connection re(?:set|fused)|error during connect|broken pipe|unexpected end|5\d\d ).*)",
        blame=Blame.GOOGLE,
        nowhere=True,
        rank=Rank.ROOT,
        title="The buildpacks built the source; saving the image broke",
        message="failed to export: {said}",
        fix="Run it again: the builder's Docker or the registry did not answer, and no line of the source is at fault. If it stays, look at status.cloud.google.com for Cloud Build and Artifact Registry in that region.",
    ),
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
