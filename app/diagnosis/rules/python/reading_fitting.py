"""Installed packages of Python that do not fit the image, or each other."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.dependencies import dependency_line, manifest
from app.diagnosis.instructions import failing_dockerfile, final_image
from app.diagnosis.places import first
from app.diagnosis.rule import Hit
from app.diagnosis.rules.python.reading_distributions import distribution
from app.diagnosis.rules.python.reading_errors import frames
from app.diagnosis.rules.python.reading_gone import NAMES, SINCE, caller
from app.model import Place


def told_again(hit: Hit) -> bool:
    """Whether the line is printed once more below, with the stack that says who asked."""
    return not frames(hit) and hit.line in hit.section.lines[hit.index + 1 :]


def compiled_part(hit: Hit) -> Mapping[str, str] | None:
    """Only where the package itself was asking for it: its own folder is in the deepest frame."""
    deepest = next(iter(frames(hit)), ("", ""))[0]
    return {} if re.search(rf"/{re.escape(hit['package'])}/[^/]*", deepest) else None


def compiled_place(hit: Hit) -> Place | None:
    """What takes the packages over from another image; else the image that runs."""
    found = failing_dockerfile(hit)
    if found is None:
        return None
    path, parsed = found
    last = len(parsed.stages) - 1
    taken = next((each for each in parsed.of("COPY") if each.stage == last and "from" in each.flags), None)
    return hit.files.place(path, taken.line, taken.end) if taken else final_image(hit)


def unfit_pair(hit: Hit) -> Mapping[str, str] | None:
    """A package that imports from another one; None for what another row knows by its name."""
    module, name = hit["module"], hit["name"]
    if (module, name) in NAMES or (module, name) in SINCE:
        return None
    who, of = caller(hit), module.partition(".")[0]
    if not who or who == of or module.startswith("google.protobuf"):
        return None
    return {"caller": distribution(who).replace("_", "-"), "package": distribution(of)}


def unfit_place(hit: Hit) -> Place | None:
    return first(
        lambda each: dependency_line(each, "python", each["caller"]),
        lambda each: dependency_line(each, "python", each["package"]),
        manifest("python"),
    )(hit)
