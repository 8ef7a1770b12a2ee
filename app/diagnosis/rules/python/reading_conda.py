"""What the rows of conda.py read in other lines."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.rule import Hit


def listed(hit: Hit) -> Mapping[str, str]:
    """The packages that conda lists below its error, as `- name=version`."""
    found = [
        match[1]
        for line in hit.after(14)
        if (match := re.match(r"\s+- (?:nothing provides (?:requested )?)?([\w.-]+\S*)", line))
    ]
    if drawn := re.match(r"\s*[└├]─ ([\w.-]+) ?(\S*) ", hit.line):  # libmamba draws its reasons as a tree
        found = [f"{drawn[1]}{drawn[2]}".rstrip("*")]
    what = ", ".join(found[:4]) or hit["asked"] or "package"
    return {
        "what": what,
        "name": re.split(r"[=<>*\[ ]", found[0] if found else what)[0],
        "kind": hit["kind"].strip(" └├─"),
    }
