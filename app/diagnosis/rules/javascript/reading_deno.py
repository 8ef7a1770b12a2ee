"""What the rows of deno.py read in other lines."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.javascript.paths import spot
from app.diagnosis.places import anywhere
from app.diagnosis.rule import Hit
from app.model import Place


def permission(hit: Hit) -> Mapping[str, str]:
    """What was asked for, and the file that deno was to run."""
    ran = hit.find(r"at file:///(?:\S*/)?([\w.-]+\.[jt]sx?):\d+")
    return {"to": f" to {hit['to']}" if hit["to"] else "", "file": ran[1] if ran else "main.ts"}


def missing(hit: Hit) -> Mapping[str, str]:
    """Where the import stands, as the line below says."""
    found = hit.find_after(r"at (?:.*\()?file://(?P<path>/\S+?):(?P<line>\d+)", 4)
    at = {"path": found["path"], "line": found["line"]} if found else {"path": "", "line": ""}
    return {**at, "name": re.sub(r"^.*/", "", hit["url"])}


def remote_export(hit: Hit) -> Mapping[str, str]:
    """An export that a module of the net does not have: whose module it is says what to write."""
    url, name = hit["url"], hit["name"]
    if url.startswith("npm:"):
        advice = f"Import the default ({url} is CommonJS, or has no {name}): import pkg from '{url}'; const {{ {name} }} = pkg; or ask for a version that has it"
    elif re.search(r"@v?\d", url):
        advice = f"Write what this version exports instead of {name}, or ask for the version that has it (its own page lists both)"
    else:
        advice = f"Write the version into the address (NAME@1.2.3/…): without one deno takes the newest, which has no {name}; then run deno cache --reload and commit deno.lock"
    return {**missing(hit), "name": name, "what": _module(url), "advice": advice}


def remote_local(hit: Hit) -> Mapping[str, str]:
    """The host of the module that asks, and what it asks for; the import of ours is the first that names the host."""
    asked = hit.find_after(r"Importing: (?P<name>\S+)", 3)
    at = hit.find_after(r"at https?://(?P<host>[\w.-]+)/", 4)
    host = at["host"] if at else "the net"
    return {
        "host": host,
        "url": f"https://{host}/",
        "name": asked["name"] if asked else "a file",
        "path": "",
        "line": "",
    }


def remote_missing(hit: Hit) -> Mapping[str, str]:
    url = hit["url"] or hit["url2"] or hit["url3"]
    host, _, path = url.partition("://")[2].partition("/")
    return {**missing(hit), "url": url, "host": host, "name": path}


def remote_place(hit: Hit) -> Place | None:
    """Where deno says that the import stands; else the first file that has the address."""
    named = spot(hit, hit["path"], hit["line"]) if hit["path"] else None
    return named or anywhere("{url}", ".ts", ".tsx", ".js", ".mjs", ".json", ".jsonc")(hit)


def _module(url: str) -> str:
    """The address without what is the same for all: `dotenv/mod.ts` of deno.land/x."""
    return re.sub(r"^https?://(?:deno\.land/(?:x/)?|esm\.sh/|jsr\.io/)?", "", url)
