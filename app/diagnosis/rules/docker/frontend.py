"""BuildKit's frontend, Docker's daemon, Compose, and the shell in RUN and ENTRYPOINT: what else they say, by message."""

from __future__ import annotations

from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.docker.reading_frontend import ASIDE, FRONTEND, SHELL
from app.diagnosis.rules.docker.reading_refusals import REFUSALS

RULES: tuple[Rule, ...] = (
    Rule(
        code="dockerfile-refused",
        pattern=REFUSALS.pattern,
        read=REFUSALS.read,
        place=REFUSALS.place,
        rank=Rank.ROOT,
        title="{title}",
        message="{told}.",
        fix="{advice}",
        link="https://docs.docker.com/reference/dockerfile/",
    ),
    Rule(
        code="docker-message",
        pattern=FRONTEND.pattern,
        read=FRONTEND.read,
        place=FRONTEND.place,
        title="{title}",
        message="{told}.",
        fix="{advice}",
    ),
    Rule(
        code="shell-message",
        pattern=SHELL.pattern,
        read=SHELL.read,
        place=SHELL.place,
        title="{title}",
        message="{told}.",
        fix="{advice}",
    ),
    Rule(
        code="shell-message",
        pattern=ASIDE.pattern,
        read=ASIDE.read,
        place=ASIDE.place,
        rank=Rank.SYMPTOM,
        title="{title}",
        message="{told}.",
        fix="{advice}",
    ),
)
