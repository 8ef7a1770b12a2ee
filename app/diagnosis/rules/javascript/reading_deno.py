"""What the rows of deno.py read in other lines."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.rule import Hit


def permission(hit: Hit) -> Mapping[str, str]:
    """What was asked for, and the file that deno was to run."""
    ran = hit.find(r"at file:///(?:\S*/)?([\w.-]+\.[jt]sx?):\d+")
    return {"to": f" to {hit['to']}" if hit["to"] else "", "file": ran[1] if ran else "main.ts"}


def missing(hit: Hit) -> Mapping[str, str]:
    """Where the import stands, as the line below says."""
    found = hit.find_after(r"at file://(?P<path>/\S+?):(?P<line>\d+)", 4)
    at = {"path": found["path"], "line": found["line"]} if found else {"path": "", "line": ""}
    return {**at, "name": re.sub(r"^.*/", "", hit["url"])}
