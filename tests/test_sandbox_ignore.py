"""What .dockerignore hides where the sandbox builds without an engine: https://docs.docker.com/build/concepts/context/"""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.dockerfile_stage import ignored

# The file, a path, and whether a build is kept from it.
HIDDEN = [
    ("*.md", "README.md", True),
    ("*.md", "docs/README.md", False),
    ("**/*.md", "README.md", True),
    ("**/*.md", "docs/a/README.md", True),
    ("**/node_modules", "node_modules", True),
    ("**/node_modules", "web/node_modules/a/b.js", True),
    ("*/temp*", "a/temporary.txt", True),
    ("*/temp*", "a/b/temporary.txt", False),
    ("/dist/", "dist/a.js", True),
    ("dist", "src/dist/a.js", False),
    ("?.txt", "ab.txt", False),
    ("**\n!src/**", "src/a/b.py", False),
    ("*\n!src", "main.py", True),
    ("[", "a", False),
]


@pytest.mark.parametrize(("text", "path", "hidden"), HIDDEN)
def test_a_pattern_hides_what_docker_hides(tmp_path: Path, text: str, path: str, hidden: bool) -> None:
    """The last pattern that fits decides; one star stays within a folder, two do not."""
    (tmp_path / ".dockerignore").write_text(text)
    said = [not shows for pattern, shows in ignored(tmp_path) if pattern.fullmatch(path)]
    assert (said[-1] if said else False) is hidden
