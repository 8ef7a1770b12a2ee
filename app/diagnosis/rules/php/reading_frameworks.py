"""Laravel and Symfony: where .env files, folders and settings stand."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import failing_dockerfile, instruction
from app.diagnosis.places import anywhere, variable
from app.diagnosis.rule import Hit
from app.diagnosis.rules.php.reading_syntax import ours
from app.model import Place


def folder_line(hit: Hit) -> Place | None:
    """The Dockerfile's chown or chmod, its USER, or its COPY of everything."""
    if (found := failing_dockerfile(hit)) is None:
        return None
    path, parsed = found
    for each in parsed.of("RUN"):
        if re.search(r"chown|chmod", each.value):
            return hit.files.place(path, each.line, each.end)
    return instruction("USER")(hit) or instruction("COPY")(hit)


def env_place(hit: Hit) -> Place | None:
    name = hit["name"]
    return (
        anywhere(r"%env\((?:\w+:)*{name}\)%", ".yaml", ".yml", ".php", ".xml")(hit) or variable("name")(hit)
        if name
        else None
    )


def yaml_line(hit: Hit) -> Mapping[str, str] | None:
    match = re.search(r"at line (\d+)", " ".join((hit.line, *hit.after(4))))
    return {"line": match[1] if match else "1"}


def key_in(hit: Hit) -> Place | None:
    path = ours(hit, hit["path"])
    line = hit.files.search(path, rf"^\s*{re.escape(hit['name'])}\s*:") if path else 0
    return hit.files.place(path, line or 1) if path else None
