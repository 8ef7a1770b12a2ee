"""The registry: which host, which access, which network."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.javascript.packages import LOCKS
from app.diagnosis.javascript.stacks import after, bare, before
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Hit
from app.diagnosis.rules.javascript.reading_dependencies import dependency
from app.model import Place

_HOST = re.compile(r"https?://([\w.-]+)")


def access(hit: Hit) -> Mapping[str, str] | None:
    text = "\n".join((hit.line, *after(hit, 8), *before(hit, 4)))
    host = _HOST.search(text)
    found = re.search(r"https?://[\w.:-]+/\S*?(@[\w.-]+(?:%2[fF]|/)[\w.-]+)", text) or re.search(
        r"https?://[\w.:-]+/(?:\S*?/)??([\w.-]+)(?:\s|\"|:|$|/-/)", text
    )
    return {
        "host": host[1] if host else "the registry",
        "name": found[1].replace("%2f", "/").replace("%2F", "/") if found else "",
        "said": bare(hit.line).strip(),
    }


def access_place(hit: Hit) -> Place | None:
    token = matching(r"_auth(?:Token)?\s*=|npmAuthToken|_password\s*=", ".npmrc", ".yarnrc.yml")
    return first(
        token, dependency, matching(r"registry", ".npmrc", ".yarnrc", ".yarnrc.yml"), failing_instruction
    )(hit)


def network(hit: Hit) -> Mapping[str, str] | None:
    text = "\n".join((hit.line, *after(hit, 10), *before(hit, 6)))
    hosts = [each for each in _HOST.findall(text) if not each.startswith(("docs.", "github.com"))]
    hosts += re.findall(r"(?:ENOTFOUND|EAI_AGAIN) ([\w.-]+)", text)
    host = hosts[0] if hosts else "registry.npmjs.org"
    ours = re.search(
        r"(?:npmjs\.(?:org|com)|yarnpkg\.com|nodejs\.org|githubusercontent\.com|github\.com|pkg\.dev|jsr\.io)$",
        host,
    )
    return None if not ours and "NOTFOUND" in text else {"host": host, "said": bare(hit.line).strip()}


def unknown_host(hit: Hit) -> Mapping[str, str] | None:
    return (
        {"host": hit["host"]}
        if not re.search(r"npmjs\.|yarnpkg\.com|nodejs\.org|github", hit["host"])
        else None
    )


def integrity(hit: Hit) -> Mapping[str, str] | None:
    text = "\n".join((hit.line, *after(hit, 8)))
    wanted = re.search(r"(?:wanted|Wanted) \"?(sha\d+-[\w+/=]+)", text)
    named = re.search(
        r"failed for tarball: (@?[\w./-]+)|/((?:@[\w.-]+/)?[\w.-]+)/-/[\w.-]+\.tgz|Integrity check failed for \"([^\"]+)\"|│ (@?[\w./-]+)@npm:|tarball: (\S+)",
        text,
    )
    name = next((each for each in (named.groups() if named else ()) if each), "")
    return {"hash": wanted[1] if wanted else "", "name": name or _of_hash(hit, wanted[1] if wanted else "")}


def _of_hash(hit: Hit, wanted: str) -> str:
    """The package that the lock file gives this hash."""
    for path in hit.files.named(*LOCKS):
        at = hit.files.search(path, re.escape(wanted)) if wanted else 0
        for line in reversed(hit.files.lines(path)[max(0, at - 8) : at]):
            if found := re.search(
                r"node_modules/(@?[\w./-]+)\"|^\"?(@?[\w./-]+)@|^    \"(@?[\w./-]+)\": \{", line
            ):
                return found[1] or found[2] or found[3]
    return ""
