"""What a start lacks: a variable, a secret, a path that answers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.places import CODE, anywhere, first
from app.diagnosis.rule import Hit
from app.diagnosis.rules.start.reading_binding import command_place
from app.diagnosis.rules.start.reading_start import lives, not_started
from app.diagnosis.transcript import Kind
from app.model import Place

_NOT_MISSED = frozenset({"PORT", "ERROR", "WARNING", "INFO", "DEBUG", "FATAL", "NODE_ENV"})

_CAN_DO_WITHOUT = re.compile(
    r"(?i)\bwarn(?:ing)?\b|using default|default(?:ing|s)? to|falling back|optional|skipping|disabled|^\W*(?:if you|for example|example|tip|hint|note)\b"
)


def variable_named(hit: Hit) -> Mapping[str, str] | None:
    """A variable that the program itself asks for before it ends."""
    name = hit["name"] or hit["name2"] or hit["name3"] or hit["name4"]
    if hit.section.kind is Kind.INSTRUCTION or name in _NOT_MISSED or _CAN_DO_WITHOUT.search(hit.line):
        return None
    told = not_started(hit) or hit.section.kind is Kind.CONTAINER
    return {"name": name, "told": hit.line.strip()[:220]} if told and not lives(hit) else None


def secret_place(hit: Hit) -> Place | None:
    return anywhere(r"\b{secret}\b", ".yaml", ".yml", ".sh", ".tf")(hit)


def probe_path(hit: Hit) -> Place | None:
    return first(
        anywhere(r"path:\s*[\"']?{path}", ".yaml", ".yml"),
        anywhere(r"[\"']{path}[\"']", *CODE),
        command_place,
    )(hit)


# An instruction of a Dockerfile runs at build time: what it prints is no start.
STARTED = frozenset({Kind.STEP, Kind.CONTAINER})
