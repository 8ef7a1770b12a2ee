"""Where code throws the words of an error whose stack shows only what a bundler made of it."""

from __future__ import annotations

import re

from app.diagnosis.javascript.paths import spot
from app.diagnosis.rule import Hit
from app.model import Place

_ENDINGS = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte", ".astro")
_THROWS = re.compile(r"\bthrow\b|\bError\(|\bassert\w*\(|\binvariant\(|\breject\(")
_FEWEST_LETTERS = 12  # a shorter message is nobody's own words
_MOST_FILES = 3000


def throws_words(hit: Hit, error: str) -> Place | None:
    """The one line of the repository that throws this message; None where none or several do."""
    words = re.sub(r"^\W*(?:\w*Error|\w*Exception)(?: \[\w+\])?: ", "", error.strip()).strip()
    if len(words) < _FEWEST_LETTERS:
        return None
    found: list[tuple[str, int]] = []
    paths = [path for path in hit.files.paths if path.endswith(_ENDINGS) and "node_modules/" not in path]
    for path in sorted(paths)[:_MOST_FILES]:
        lines = hit.files.lines(path)
        found += (
            (path, number)
            for number, line in enumerate(lines, 1)
            if words in line and _THROWS.search(f"{lines[number - 2] if number > 1 else ''} {line}")
        )
        if len(found) > 1:
            return None
    return spot(hit, found[0][0], str(found[0][1])) if found else None
