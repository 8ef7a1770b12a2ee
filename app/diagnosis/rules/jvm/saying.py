"""JVM: messages of libraries, plugins and tasks whose meaning is known, whoever printed them."""

from __future__ import annotations

from app.diagnosis.places import first
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.jvm.reading_saying import exception_frame, of_java, plugin_line
from app.diagnosis.rules.jvm.reading_sayings import BUILDS, EXCEPTIONS

RULES: tuple[Rule, ...] = (
    Rule(
        code="java-says",
        pattern=EXCEPTIONS.pattern,
        read=of_java,
        place=exception_frame,
        rank=Rank.ROOT,
        title="{title}",
        message="{told}.",
        fix="{advice}",
    ),
    Rule(
        code="java-build-says",
        pattern=BUILDS.pattern,
        read=BUILDS.read,
        place=first(plugin_line, BUILDS.place),
        rank=Rank.ROOT,
        title="{title}",
        message="{told}.",
        fix="{advice}",
    ),
)
