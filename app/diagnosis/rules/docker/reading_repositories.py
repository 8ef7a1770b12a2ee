"""What the rows about apt's repositories read: whose they are, who refused, and whether a key is missing at all."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import base_image, failing_dockerfile, failing_instruction
from app.diagnosis.rule import Hit
from app.model import Place

# The distributions' own mirrors: who lacks a release there has one that is no longer served.
_OWN_MIRRORS = re.compile(r"//[\w.-]*(?:debian|ubuntu)\.(?:org|com)/")

# https://wiki.debian.org/DebianReleases and https://wiki.ubuntu.com/Releases
_RELEASES = {
    **dict.fromkeys(("buster", "bullseye", "bookworm", "trixie", "forky", "sid"), "debian"),
    **dict.fromkeys(("bionic", "focal", "jammy", "noble", "oracular", "plucky", "questing"), "ubuntu"),
}


def own_mirror(address: str) -> bool:
    return _OWN_MIRRORS.search(address) is not None


def no_longer_served(hit: Hit) -> Mapping[str, str] | None:
    """A repository of the distribution itself: another one's says nothing of the base image."""
    return {} if own_mirror(hit["repo"]) else None


def foreign_repository(hit: Hit) -> Mapping[str, str] | None:
    """A repository of somebody else that has not the base image's release, or is of the other distribution."""
    repo, release = hit["repo"], hit["release"]
    if own_mirror(repo):
        return None
    own = _RELEASES.get(release, "")
    other = {"debian": "ubuntu", "ubuntu": "debian"}.get(own, "")
    if other and f"/{other}" in repo:
        return {
            "advice": f"{release} is a release of {own.capitalize()}: write `{repo.replace(f'/{other}', f'/{own}')}` instead"
        }
    return {
        "advice": f"Take a release that it has (FROM an older {own or 'distribution'}, or its name instead of $VERSION_CODENAME in the source's line), or the distribution's own package"
    }


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
