"""Perl and Lua: which module, which file."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.paths import repository_path
from app.diagnosis.rule import Hit
from app.diagnosis.unclosed import bare_code, braces, code_before, misplaced


def perl(hit: Hit) -> Mapping[str, str] | None:
    path = repository_path(hit.files, hit["path"], hit)
    number = int(hit["line"])
    change = number
    if path and hit["error"].startswith("syntax error"):
        above = code_before(hit.files.lines(path), number)
        near = re.search(r"near \"(\S+)", hit["error"])
        here = hit.files.lines(path)[number - 1].strip() if number <= len(hit.files.lines(path)) else ""
        if (
            above
            and near
            and here.startswith(near[1].strip('"')[:12])
            and not re.search(r"[;{}]\s*$", bare_code(hit.files.lines(path)[above - 1]))
        ):
            change = above
    elif path and "Missing right curly" in hit["error"]:
        change = misplaced(hit.files.lines(path), braces("#"))[0] or number
    name = path or hit["path"]
    return {
        "file": name,
        "change": str(change),
        "advice": f"End line {change} of {name} with ;"
        if change != number
        else f"Correct line {change} of {name}",
    }


def lua(hit: Hit) -> Mapping[str, str] | None:
    match = re.search(r"\(to close '(\w+)' at line (\d+)\)", hit["error"])
    change = match[2] if match else hit["line"]
    return {"file": repository_path(hit.files, hit["path"], hit) or hit["path"], "change": change}
