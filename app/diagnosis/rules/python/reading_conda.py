"""What the rows of conda.py read in other lines."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.rule import Hit
from app.model import Place

_NEEDED_BY = re.compile(r"\s+- (?:nothing provides .* needed by |package )(?P<name>[\w.-]+?)-\d[^-\s]*-\S+")


def _asked_for(hit: Hit) -> list[str]:
    """What libmamba says could not be served, where it is asked for in the list: the one that has to change."""
    named = [match["name"] for line in hit.after(14) if (match := _NEEDED_BY.match(line))]
    lists = [path for path in hit.files.paths if path.endswith((".yml", ".yaml"))]
    return [
        name
        for name in dict.fromkeys(named)
        if any(hit.files.search(path, rf"^\s*-\s*[\"']?{re.escape(name)}(?![\w-])") for path in lists)
    ]


def list_place(hit: Hit) -> Place | None:
    """The line of conda's list, whatever the file is called: one with a key `dependencies`."""
    for path in sorted(p for p in hit.files.paths if p.endswith((".yml", ".yaml"))):
        if hit.files.search(path, r"^dependencies:") and (
            line := hit.files.search(path, rf"^\s*-\s*[\"']?{re.escape(hit['name'])}(?![\w-])")
        ):
            return hit.files.place(path, line)
    return None


def listed(hit: Hit) -> Mapping[str, str]:
    """The packages that conda lists below its error, as `- name=version`."""
    found = [
        match[1]
        for line in hit.after(14)
        if (match := re.match(r"\s+- (?!package )(?:nothing provides (?:requested )?)?([\w.-]+\S*)", line))
    ]
    found = _asked_for(hit) or found
    if drawn := re.match(r"\s*[└├]─ ([\w.-]+) ?(\S*) ", hit.line):  # libmamba draws its reasons as a tree
        found = [f"{drawn[1]}{drawn[2]}".rstrip("*")]
    what = ", ".join(found[:4]) or hit["asked"] or "package"
    return {
        "what": what,
        "name": re.split(r"[=<>*\[ ]", found[0] if found else what)[0],
        "kind": hit["kind"].strip(" └├─"),
    }
