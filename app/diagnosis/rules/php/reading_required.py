"""A file that PHP requires and the image has not: another name, or what keeps it out."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.rule import Hit
from app.diagnosis.rules.php.reading_syntax import TRACE
from app.diagnosis.unversioned import unversioned


def missing_require(hit: Hit) -> Mapping[str, str] | None:
    wanted = hit["wanted"]
    if "/vendor/autoload" in wanted:
        return None
    near = hit.files.nearest(
        re.sub(r"^/(?:var/www/html|app|workspace|code|srv|var/www)/", "", wanted), cutoff=0.7
    )
    where = TRACE.where(hit, "the require")
    if ignored := unversioned(hit, wanted):
        return {"advice": ignored.advice, "where": where}
    advice = (
        f"Write {near} in {where}"
        if near
        else f"Add {wanted} to the repository and to the image (COPY, .dockerignore), or correct {where}"
    )
    return {"advice": advice, "where": where}
