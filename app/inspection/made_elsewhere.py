"""Whether what COPY takes is made by a step outside of the image, and so is in no commit; pure, and only for words."""

from __future__ import annotations

from collections.abc import Iterator

from app.config.patterns import Pattern
from app.diagnosis.files import Files
from app.dockerfile import joined

GITIGNORE = ".gitignore"
MOST_PATTERNS = 100
# Where tools of most languages put what they build.
OUTPUTS = frozenset({"target", "dist", "build", "out", "bin", "publish", "node_modules", ".next", "_build"})


def is_made_elsewhere(files: Files, inside: str, source: str) -> bool:
    """By the name of its folder, or since .gitignore keeps it out of the commit."""
    path = joined("/", source)[1:]
    if path.partition("/")[0] in OUTPUTS:
        return True
    whole = inside + path
    patterns = [each for name in {GITIGNORE, inside + GITIGNORE} for each in _patterns(files, name)]
    return any(pattern.fits(whole) for pattern in patterns[:MOST_PATTERNS])


def _patterns(files: Files, name: str) -> Iterator[Pattern]:
    """https://git-scm.com/docs/gitignore#_pattern_format; one that is taken back (`!`) is left out."""
    folder = name.removesuffix(GITIGNORE)
    for line in files.lines(name)[: 10 * MOST_PATTERNS]:
        written = line.strip()
        if not written or written.startswith(("#", "!")):
            continue
        deep = "" if "/" in written.rstrip("/") else "**/"
        try:
            yield Pattern(f"{folder}{deep}{written.lstrip('/')}")
        except ValueError:
            continue
