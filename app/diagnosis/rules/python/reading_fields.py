"""What pydantic says of settings: the fields that have no value, and those whose value does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from app.diagnosis.places import anywhere
from app.diagnosis.rule import Hit
from app.diagnosis.rules.python.reading_errors import frames, own_frame, where
from app.model import Place


def _each_missing_setting(hit: Hit) -> Iterator[str]:
    for line in hit.after(40):
        if re.fullmatch(r"[A-Za-z_][\w.]*", line.strip()):
            yield line.strip()


def _required(hit: Hit) -> list[str]:
    """The fields that have no value at all: those of which the line below says so."""
    below = [line.strip() for line in hit.after(60)]
    return [
        name
        for name, said in pairwise(below)
        if re.fullmatch(r"[A-Za-z_][\w.]*", name) and re.match(r"[Ff]ield required", said)
    ]


def pydantic(hit: Hit) -> Mapping[str, str] | None:
    names = _required(hit)
    if not names:
        return None
    return where(hit) | {
        "name": names[0].upper(),
        "names": ", ".join(name.upper() for name in names),
        "field": names[0],
    }


def pydantic_value(hit: Hit) -> Mapping[str, str] | None:
    """A field whose value is there and does not fit: its name, and the reason on the line below it."""
    names = list(_each_missing_setting(hit))
    reason = hit.find_after(r"^  (\S.*?)(?: \[type=(\w+).*)?$")
    if not names or reason is None or reason[1] == "Field required":
        return None
    name, settings = names[0], any("pydantic_settings" in path for path, _ in frames(hit))
    advice = f"Correct the value of {name}, or the type of the field"
    if reason[2] == "extra_forbidden":
        advice = f'Declare the field {name}, take it out of what is read (.env too), or allow it: extra="ignore" in model_config'
    elif settings:
        advice = (
            f"Set {name.upper()} for the service to a value that fits the field's type, or correct the type"
        )
    return where(hit) | {"field": name, "reason": reason[1], "advice": advice}


def pydantic_place(hit: Hit) -> Place | None:
    for path in sorted(p for p in hit.files.paths if p.endswith(".py")):
        if line := hit.files.search(path, rf"^\s+{re.escape(hit['field'])}\s*:"):
            return hit.files.place(path, line)
    return anywhere(r"^class {model}\b", ".py")(hit) or own_frame(hit)
