"""The port of a base image that listens by itself, where nothing in the Dockerfile leads it elsewhere; pure.

The usual container of static pages is one: nginx, httpd and PHP's Apache listen at 80 and know of no $PORT.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app import dockerfile
from app.diagnosis.files import Files
from app.dockerfile import Dockerfile, Instruction
from app.inspection.own_address import streamlit_port
from app.inspection.stages import lineage
from app.model import Place

# What the images' own Dockerfiles expose: https://hub.docker.com/_/nginx and the page of each other one.
PORTS = {
    "adminer": 8080,
    "drupal": 80,
    "ghost": 2368,
    "httpd": 80,
    "joomla": 80,
    "metabase/metabase": 3000,
    "n8nio/n8n": 5678,
    "nextcloud": 80,
    "nginx": 80,
    "nginxinc/nginx-unprivileged": 8080,
    "odoo": 8069,
    "php": 80,
    "phpmyadmin": 80,
    "tomcat": 8080,
    "wordpress": 80,
}
# These have variants without a server, or with one that speaks no HTTP.
ONLY = {"php": "apache", "wordpress": "(?!.*(?:fpm|cli))", "drupal": "(?!.*fpm)", "nextcloud": "(?!.*fpm)"}
# What may give the server another port: a file of its configuration, a script, a command of one's own, a setting.
_CONFIGURES = re.compile(
    r"(?i)\bport|listen|conf\b|conf\.d|/etc/|templates?\b|envsubst|\bsed\b|\.sh\b|\.xml\b|\.ya?ml\b|catalina"
)
_LISTEN = re.compile(r"^[^\S\n]*listen\s+(?:[\w.*]+:|\[[^\]\n]*\]:)?(\d+)\b", re.MULTILINE)
NGINX = re.compile(r"/etc/nginx/(?:nginx\.conf|(?:conf\.d|sites-enabled|http\.d)(?:/.*)?)")


@dataclass(frozen=True)
class Listening:
    """Where something listens whatever $PORT says, as `who` it is in a sentence, and the line that tells."""

    port: int
    who: str
    place: Place


def listening(files: Files, inside: str, path: str, parsed: Dockerfile, stage: str) -> Listening | None:
    """Where the image that is built surely listens; None where it cannot be told.

    `inside` is the folder of the build context, empty or with a slash at its end; `path` is the Dockerfile's.
    """
    stages = lineage(parsed, stage)
    if not stages:
        return None
    if streamlit := streamlit_port(files, inside, parsed, stages):
        return Listening(streamlit[0], "Streamlit", Place(path, streamlit[1]))
    base = parsed.stages[min(stages)]
    name = _name(base.image)
    if name is None:
        return None
    touching = [
        each
        for each in parsed.instructions
        if each.stage in stages and each.keyword != "FROM" and _CONFIGURES.search(each.value)
    ]
    if not touching:
        return Listening(PORTS[name], name, Place(path, base.line))
    return _as_configured(files, inside, touching) if name.startswith("nginx") else None


def _name(image: str) -> str | None:
    """The name in PORTS of an image that listens."""
    bare, _, tag = image.partition("@")[0].removeprefix("docker.io/").removeprefix("library/").partition(":")
    only = ONLY.get(bare, "")
    return bare if bare in PORTS and (not only or re.search(only, tag)) else None


def _as_configured(files: Files, inside: str, touching: list[Instruction]) -> Listening | None:
    """Where nginx listens by the files that are copied to it, when they are all that touches its configuration."""
    sources = [source for each in touching for source in _sources(each)]
    texts = {source: _text(files, inside + source) for source in sources if source}
    if "" in sources or not texts or not all(texts.values()):
        return None
    ports = list(_ports({source: text or "" for source, text in texts.items()}, inside))
    return ports[0] if len({each.port for each in ports}) == 1 else None


def _sources(each: Instruction) -> Iterator[str]:
    """The one file that is copied to nginx's configuration; an empty one for whatever else this does."""
    words = each.arguments if each.keyword in ("COPY", "ADD") else ()
    ours = not each.heredoc and "from" not in each.flags
    plain = len(words) == 2 and not any(letter in words[0] for letter in "*?[$\\'\":")
    if ours and plain and NGINX.fullmatch(words[1]):
        yield dockerfile.joined("/", words[0])[1:]
    elif not (words and words[-1].startswith("/usr/share/nginx/html")):
        yield ""


def _text(files: Files, path: str) -> str | None:
    return files.text(path) if path in files.paths and files.was_read(path) else None


def _ports(texts: dict[str, str], inside: str) -> Iterator[Listening]:
    for source, text in texts.items():
        for found in _LISTEN.finditer(text):
            line = text.count("\n", 0, found.start(1)) + 1
            yield Listening(int(found[1][:6]), source, Place(inside + source, line))
