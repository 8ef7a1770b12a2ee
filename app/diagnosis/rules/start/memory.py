"""A start that ran out of memory."""

from __future__ import annotations

from app.diagnosis.places import anywhere, first
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.start.reading_lacking import STARTED

# What it lacks
_MEMORY = first(
    anywhere(r"--memory[= ]|^\s*memory:", ".yaml", ".yml"),
    anywhere(r"--memory[= ]", "Makefile", ".sh", ".tf"),
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="start-memory",
        only=STARTED,
        pattern=r"Memory limit of (?P<limit>[\d.]+ ?[MGK]i?B?) exceeded with (?P<used>[\d.]+ ?[MGK]i?B?) used",
        place=_MEMORY,
        rank=Rank.ROOT,
        nowhere=True,
        title="Out of memory: {used} used of {limit}",
        message="Cloud Run ended the container: Memory limit of {limit} exceeded with {used} used.",
        fix="Give the service more memory (memory: 1Gi in servergem.yml, or gcloud run services update "
        "--memory 1Gi), or start fewer "
        "workers and load less at the start.",
        link="https://cloud.google.com/run/docs/configuring/services/memory-limits",
    ),
    Rule(
        code="start-memory-killed",
        only=STARTED,
        pattern=r"container instance was found to be using too much memory and was terminated|Container "
        r"terminated on signal 9\b|"
        r"Out[- ]of[- ]memory event detected in container",
        place=_MEMORY,
        nowhere=True,
        title="The container used too much memory and was ended",
        message="Cloud Run: the container instance was found to be using too much memory and was terminated "
        "(signal 9).",
        fix="Give the service more memory (memory: 1Gi in servergem.yml), or start fewer workers and load "
        "less at the start.",
        link="https://cloud.google.com/run/docs/configuring/services/memory-limits",
    ),
)
