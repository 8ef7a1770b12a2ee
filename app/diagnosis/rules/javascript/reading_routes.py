"""A route that Express refuses: its line in the stack, or in the code where the stack ends before it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.javascript.stacks import code_at, thrown_at
from app.diagnosis.paths import nearest_first
from app.diagnosis.rule import Hit
from app.model import Place

# A path that path-to-regexp 8 does not take: a wildcard or a colon without a name, or what it keeps for itself.
# https://github.com/pillarjs/path-to-regexp#errors
_REFUSED = r"(?:[*:](?!\w)|[()?+!\[\]])"
_ROUTE = re.compile(
    rf"\.(?:get|post|put|patch|delete|all|use|head|options|route)\(\s*(?P<quote>['\"`])(?P<path>(?=[/*])[^'\"`\s]*?{_REFUSED}[^'\"`\s]*)(?P=quote)"
)
_ENDINGS = (".js", ".ts", ".mjs", ".cjs", ".mts", ".cts")
_NAME_IT = "Give the wildcard a name: Express 5 takes '/{*splat}' (or '/*splat'), not '*', and {/:id} instead of /:id?"
_HANDLER = (
    "Correct this route: every handler must be an exported function (look for a wrong or circular import)"
)


def _of_path(hit: Hit) -> bool:
    return re.search(r"parameter name|Unexpected|Unterminated", hit.line) is not None


def route_place(hit: Hit) -> Place | None:
    """Node prints ten frames, and path-to-regexp alone fills them."""
    if place := thrown_at(hit):
        return place
    if not _of_path(hit):
        return None
    candidates = [p for p in hit.files.paths if p.endswith(_ENDINGS) and "node_modules" not in p]
    for path in nearest_first(hit, tuple(sorted(candidates, key=lambda p: (p.count("/"), p))[:3000])):
        for number, line in enumerate(hit.files.lines(path), 1):
            if _ROUTE.search(line):
                return hit.files.place(path, number)
    return None


def express(hit: Hit) -> Mapping[str, str] | None:
    place = route_place(hit)
    if place is None:
        return None
    fix = _NAME_IT if _of_path(hit) else _HANDLER
    return {"file": place.path, "at": str(place.line), "code": code_at(hit, place), "fix": fix}
