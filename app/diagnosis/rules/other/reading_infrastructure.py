"""Terraform and Helm: the file and the line that are meant."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.rule import Hit


def terraform(hit: Hit) -> Mapping[str, str] | None:
    for line in hit.after(8):
        if match := re.search(r"\bon (\S+\.tf(?:vars|\.json)?) line (\d+)", line):
            told = [re.sub(r"^[│|]\s*", "", each).strip() for each in hit.after(14)]
            return {
                "path": match[1],
                "line": match[2],
                "told": " ".join(each for each in told if each and not re.match(r"on \S+ line|\d+:", each))[
                    :240
                ],
            }
        if re.match(r"[│|]?\s*Error:", line):
            return None
    return None


def terraform_other(hit: Hit) -> Mapping[str, str] | None:
    if terraform(hit) is not None or not any(p.endswith(".tf") for p in hit.files.paths):
        return None
    return {"told": " ".join(re.sub(r"^[│|]\s*", "", each).strip() for each in hit.after(8))[:240]}
