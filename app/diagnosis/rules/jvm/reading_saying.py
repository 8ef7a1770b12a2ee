"""Where a message of Java's libraries and of Maven's plugins belongs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.rule import Hit
from app.diagnosis.rules.jvm.reading_code import frame
from app.diagnosis.rules.jvm.reading_sayings import EXCEPTIONS
from app.model import Place

_JAVA = re.compile(
    r"\b(?:java|javax|jakarta|org|com|io|sun)\.\w|Exception\b|Error\b|\bbean\b|native image|initialized"
)


def of_java(hit: Hit) -> Mapping[str, str] | None:
    """Only in what a Java program or its builder printed."""
    return EXCEPTIONS.read(hit) if _JAVA.search(hit.line) else None


def exception_frame(hit: Hit) -> Place | None:
    """The first line of the stack below it that is the repository's."""
    return frame(hit, hit.after(60))


def plugin_line(hit: Hit) -> Place | None:
    """Where pom.xml has the plugin that the line names."""
    named = re.search(r":([\w-]+-plugin):", hit.line)
    of_tests = "test failures" in hit.line or "test errors" in hit.line
    return dependency_line(hit, "maven", named[1]) if named and not of_tests else None
