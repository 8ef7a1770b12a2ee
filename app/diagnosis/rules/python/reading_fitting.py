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
    """Whether the line is printed once more below, with the stack that says who asked, or an AppConfig's name is."""
    if hit.find_after(r"ImproperlyConfigured: Cannot import '[\w.]+'\. Check that '[\w.]+\.name' is correct"):
        return True
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
    words = {"caller": distribution(who).replace("_", "-"), "package": distribution(of)}
    return words | {"advice": _of_one_time(hit, **words)}


def _of_one_time(hit: Hit, caller: str, package: str) -> str:
    """Which of the two is to move: one that is held at a version is the older one, as a rule."""
    place = dependency_line(hit, "python", package)
    asked = hit.files.lines(place.path)[place.line - 1] if place else ""
    if held := re.search(r"(?:==|~=|<=?)\s*[\d.]+", asked):
        return f"Raise {package}, which is held at {held[0].strip()} and is older than what {caller} asks for (or pin {caller} to a version of its time)"
    return f"Raise {caller} to a version for the installed {package}, or pin {package} to one of {caller}'s time, where they are asked for"


def unfit_place(hit: Hit) -> Place | None:
    return first(
        lambda each: dependency_line(each, "python", each["caller"]),
        lambda each: dependency_line(each, "python", each["package"]),
        manifest("python"),
    )(hit)
