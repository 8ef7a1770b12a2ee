"""First memory: what a service may need of it, by the language that runs and not by what lies beside it; pure."""

from __future__ import annotations

import re

from app.diagnosis.files import Files
from app.dockerfile import Dockerfile
from app.inspection.languages import languages
from app.inspection.stages import lineage

# What a process of the language takes before it serves anything much.
MEMORY = {
    "java": ("1Gi", "a JVM takes more than the usual 512Mi"),
    "dotnet": ("1Gi", ".NET takes more than the usual 512Mi under load"),
    "node": ("1Gi", "Node.js takes more than the usual 512Mi when it renders pages"),
    "python": ("1Gi", "Python takes more than the usual 512Mi with several workers"),
    "ruby": ("1Gi", "Rails takes more than the usual 512Mi with several workers"),
    "php": ("1Gi", "PHP takes more than the usual 512Mi with several workers"),
    "go": ("256Mi", "Go serves in less than the usual 512Mi"),
}
# What an image runs, by a word of its name; a server of files runs none of them.
_IMAGES = {
    "java": "openjdk|temurin|corretto|zulu|java\\d*|maven|gradle|tomcat",
    "dotnet": "dotnet",
    "node": "node|nodejs\\d*|bun",
    "python": "python\\d*|uv|miniconda\\d*",
    "ruby": "ruby|rails",
    "php": "php|frankenphp",
    "go": "golang",
    "": "nginx|httpd|caddy",
}
_RUNS = {language: re.compile(rf"(?:^|[^a-z])(?:{words})(?:[^a-z]|$)") for language, words in _IMAGES.items()}


def first_memory(files: Files, inside: str, parsed: Dockerfile | None) -> tuple[str, str] | None:
    """The amount and why; None where nothing is known, or where what is usual does."""
    base = parsed.stages[min(lineage(parsed, ""))].image.lower() if parsed and parsed.stages else ""
    for language, pattern in _RUNS.items():
        if pattern.search(base.partition("@")[0]):
            return MEMORY.get(language)
    known = languages(files, inside)
    return next((told for language, told in MEMORY.items() if language in known), None)
