"""The internet as far as this machine reaches it: what a build or a container asked for in vain for where it ran."""

from __future__ import annotations

import re
import socket
from functools import cache

# How tools tell that they could not fetch from a host by its name.
UNRESOLVED = re.compile(
    # Node, npm, yarn and pnpm
    r"getaddrinfo (?:ENOTFOUND|EAI_AGAIN) (?P<node>[\w.-]+)|"
    # yarn 1, where a firewall drops what is sent
    r"https?://(?P<yarn>[\w.-]+)\S*: E(?:SOCKET)?TIMEDOUT|"
    # curl, git and Composer; Bundler
    r"[Cc]ould not (?:resolve|reach) host:? '?(?P<curl>[\w.-]+)|"
    r"Could not fetch specs from https?://(?P<specs>[\w.-]+)|"
    r"Failed to open TCP connection to (?P<gem>[\w.-]+):\d+ \(getaddrinfo|"
    # Go
    r"lookup (?P<go>[\w.-]+)(?: on \S+)?: (?:no such host|server misbehaving|Temporary failure|dial|i/o timeout)|"
    # Gradle and its wrapper; Maven, which gives no reason under --quiet
    r"(?:UnknownHostException: |[Uu]nknown host:? '?)(?P<java>[\w.-]+)|"
    r"Could not transfer artifact .*\(https?://(?P<maven>[\w.-]+)|"
    # pip and uv; everything that passes on the C library's words
    r"Failed to resolve '(?P<pip>[\w.-]+)'|"
    r"(?:host='|//)(?P<url>[\w.-]+)\b.*(?:Name or service not known|Temporary failure in name resolution|dns error)|"
    r"(?P<libc>[\w-]+(?:\.[\w-]+)+):? ?(?:Name or service not known|Temporary failure in name resolution)"
)
# A proxy between this machine and the internet that says no; a build at Google meets none.
REFUSED = re.compile(r"(?:CONNECT tunnel failed|[Tt]unnel(?:ing|l?ing)? .*|[Pp]roxy .*)\b(?:403|407)\b")
# Names that only an organisation's own network knows are unknown to Cloud Build as well.
INSIDE = re.compile(r"(?:[^.]+|.*\.(?:local|localhost|internal|lan|intranet|corp|test|invalid|example))\Z")
WITNESS = "github.com"
# Tools say it in a sentence; what is longer is data, and would be looked at from each of its letters.
LONGEST_SENTENCE = 1000


def beyond_reach(line: str) -> str:
    """The public host that this line says was not found, where this machine finds none; empty for any other line."""
    line = line[:LONGEST_SENTENCE]
    found = UNRESOLVED.search(line)
    if found is None:
        return "the internet" if REFUSED.search(line) else ""
    host = next(name for name in found.groups() if name).strip(".")
    return "" if INSIDE.match(host) or _online() else host


def limit(host: str, asker: str, there: str) -> str:
    """The sentence for a build or a container that failed after it had asked for `host` in vain."""
    return f"this machine does not reach {host}, which the {asker} asks; {there} does"


@cache
def _online() -> bool:
    """Whether this machine finds the internet by name; one that does tells the truth about a name it does not find."""
    try:
        socket.getaddrinfo(WITNESS, 443)
    except OSError:
        return False
    return True
