"""What the rows about apt's repositories read in other lines: who refused, and whether a key is missing at all."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import base_image, failing_dockerfile, failing_instruction
from app.diagnosis.rule import Hit
from app.diagnosis.rules.docker.reading_apt import own_mirror
from app.model import Place

# What names a key: without it nobody can say that one is missing.
_KEY = r"(?:NO_PUBKEY|EXPKEYSIG|Missing key) ([0-9A-F]{8,})"


def unsigned(hit: Hit) -> Mapping[str, str] | None:
    """The repository whose key is missing; one that was not read at all has no signature to judge."""
    repo = hit["repo"] or hit["repo2"] or _address(hit)
    if hit.find(rf"Failed to fetch {re.escape(repo.split(' ')[0])}\S* +[45]\d\d "):
        return None
    named = hit.find(_KEY)
    return {"repo": repo, "key": named[1]} if named else None


def no_key_named(hit: Hit) -> Mapping[str, str] | None:
    """A signature that does not fit although no key is missing."""
    return None if hit.find(_KEY) else {"said": hit.line.strip()}


def refusing(hit: Hit) -> Mapping[str, str] | None:
    """Somebody else's repository that answers with an error: the distribution's own have rows of their own."""
    if own_mirror(hit["url"]):
        return None
    named = f"{hit['release']}" if hit["release"] else "this release"
    if hit["status"].startswith("5"):
        return {"advice": "Run it again: the repository's own server fails. If it stays so, leave it out"}
    return {
        "advice": f"See in a browser whether `{hit['url']}/dists` has {named}: if not, take a base image of a release that it has, "
        "or leave it out (delete its file of /etc/apt/sources.list.d before apt-get update); if it has, it asks for a login"
    }


def source_line(hit: Hit) -> Place | None:
    """The line that adds the repository; where none does, the image that brings it."""
    if (found := failing_dockerfile(hit)) is None:
        return failing_instruction(hit)
    host = hit["url"].partition("://")[2].partition("/")[0]
    path, _ = found
    line = hit.files.search(path, re.escape(host))
    return hit.files.place(path, line) if line else base_image(hit)


def _address(hit: Hit) -> str:
    """The repository that a warning about a signature names."""
    found = re.search(r"https?://\S+", hit.line)
    return found[0].rstrip(":") if found else "a repository"
