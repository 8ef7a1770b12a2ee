"""Generators of sites: the template, the page, the configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.rule import Hit
from app.model import Place


def mkdocs(hit: Hit) -> Mapping[str, str] | None:
    return {"key": hit["key"], "error": hit["error"]}


def strict(hit: Hit) -> Mapping[str, str] | None:
    match = hit.find_before(r"WARNING +-? *(.*)", 60)
    told = match[1].strip() if match else ""
    path = re.search(r"[\"']?([\w./-]+\.md)", told)
    return {"told": told, "path": path[1] if path else "", "line": "1"}


def in_docs(hit: Hit) -> Place | None:
    if not hit["path"]:
        return None
    for candidate in (hit["path"], f"docs/{hit['path']}"):
        target = re.search(r"(?:link|reference) '?\"?([^'\" ]+)", hit["told"])
        if candidate in hit.files.paths:
            return hit.files.place(
                candidate, (hit.files.search(candidate, re.escape(target[1])) if target else 0) or 1
            )
    return None


def sphinx(hit: Hit) -> Mapping[str, str] | None:
    return (
        {"line": hit["line"] or "1"}
        if hit.find(r"Running Sphinx|sphinx-build|building \[|warnings treated as errors|Sphinx error")
        else None
    )


def ghc(hit: Hit) -> Mapping[str, str] | None:
    told = [line.strip() for line in hit.after(8) if line.strip() and not re.match(r"\s*\d*\s*\|", line)]
    head = hit["error"].strip()
    return {
        "error": (head if head and not head.startswith("[") else " ".join([*told[:3], head]).strip())[:220]
    }
