"""Dockerfiles, as BuildKit, the classic builder and kaniko read them."""

from __future__ import annotations

import difflib

from app.diagnosis.places import failing_instruction
from app.diagnosis.rule import Hit, Rank, Rule
from app.dockerfile import KEYWORDS
from app.model import Place


def _meant(hit: Hit) -> dict[str, str]:
    near = difflib.get_close_matches(hit["word"].upper(), sorted(KEYWORDS), 1)
    return {"meant": f"Write {near[0]} instead" if near else "Use one of Docker's instructions"}


def _parse_line(hit: Hit) -> Place | None:
    for path in hit.files.dockerfiles:
        if hit["line"].isdecimal() and (place := hit.files.place(path, int(hit["line"]))):
            return place
    return failing_instruction(hit)


RULES = (
    Rule(
        code="dockerfile-unknown-instruction",
        pattern=r"(?i)dockerfile parse error (?:on )?line (?P<line>\d+): unknown instruction: (?P<word>\S+)",
        read=_meant,
        place=_parse_line,
        rank=Rank.ROOT,
        title="{word} is not a Dockerfile instruction",
        message="The Dockerfile does not parse: line {line} begins with {word}.",
        fix="{meant} on line {line} of the Dockerfile.",
        link="https://docs.docker.com/reference/dockerfile/",
    ),
)
