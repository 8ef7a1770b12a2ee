"""PHPUnit and analysers: which test or rule failed, and where."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.rule import Hit
from app.diagnosis.rules.php.reading_syntax import ours
from app.model import Place


def phpunit(hit: Hit) -> Mapping[str, str] | None:
    told: list[str] = []
    for line in hit.after(30):
        if re.match(r"\S*?[\w./-]+\.php:\d+$", line.strip()) or re.match(r"\d+\) ", line):
            break
        if line.strip():
            told.append(line.strip())
    if not told or not re.search(
        r"Failed asserting|Error|Exception|expect|Expect|does not|not ", " ".join(told)
    ):
        return None
    return {"error": " ".join(told)[:260]}


def phpunit_place(hit: Hit) -> Place | None:
    for line in hit.after(45):
        if re.match(r"\d+\) ", line):
            break
        if (match := re.match(r"(\S+?\.php):(\d+)$", line.strip())) and (path := ours(hit, match[1])):
            return hit.files.place(path, int(match[2]))
    return None


def phpstan(hit: Hit) -> Mapping[str, str] | None:
    head = hit.find_before(r"^\s+Line\s{2,}(\S.*?\.php)(?: \(in context.*)?\s*$", 60)
    return {"path": head[1]} if head else None


def phpcs(hit: Hit) -> Mapping[str, str] | None:
    head = hit.find_before(r"^FILE: (\S+)", 200)
    return {"path": head[1]} if head else None


def pest(hit: Hit) -> Mapping[str, str] | None:
    told = [line.strip() for line in hit.after(4) if line.strip()]
    return {"error": " ".join(told[:2])[:220]} if hit.find_after(r"at \S+\.php:\d+", 30) else None


PREFIX = r"(?:^|\s|\")(?:PHP )?"
