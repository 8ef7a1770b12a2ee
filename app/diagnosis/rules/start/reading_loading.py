"""A command that is there and cannot be begun: its form, or what its first line and its header ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import failing_dockerfile
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Hit
from app.diagnosis.rules.start.reading_binding import command_place, command_text
from app.model import Place

_VENV = re.compile(r"/(?:\.?venv|virtualenv|env)/bin/")


def bracketed(hit: Hit) -> Mapping[str, str]:
    """The command as Docker takes a list: https://docs.docker.com/reference/dockerfile/#exec-form"""
    keyword, _, rest = command_text(hit).partition(" ")
    words = [word.strip(" '\"`‘’“”") for word in rest.strip(" []").split(",")]
    listed = ", ".join(f'"{word}"' for word in words if word)
    return {"advice": f"Write {keyword or 'CMD'} [{listed}], with plain double quotes around each word"}


def _copied_over(hit: Hit) -> Place | None:
    """The COPY of everything behind what made the environment, in an image of one stage; None where .venv is left out."""
    found = failing_dockerfile(hit)
    if found is None or len(found[1].stages) != 1:
        return None
    ignored = "\n".join(hit.files.text(path) for path in hit.files.named(".dockerignore"))
    whole = [each for each in found[1].of("COPY") if "from" not in each.flags and each.sources == (".",)]
    made = [
        each for each in found[1].of("RUN") if re.search(r"\buv sync|\bvenv\b|poetry install", each.value)
    ]
    if "venv" in ignored or not whole or not made or whole[-1].line < made[-1].line:
        return None
    return hit.files.place(found[0], whole[-1].line, whole[-1].end)


def loaderless(hit: Hit) -> Mapping[str, str]:
    path = hit["path"] or hit["path2"]
    name = path.rpartition("/")[2]
    if _VENV.search(path) and (copy := _copied_over(hit)):
        advice = (
            f"COPY at line {copy.line} of {copy.path} lays another machine's environment over the image's own: write .venv "
            "into .dockerignore (and into .gitignore)"
        )
    elif _VENV.search(path):
        advice = (
            f"Its first line names the Python of the stage that made it: give both stages the same WORKDIR and the same "
            f"Python image (with uv UV_PYTHON_DOWNLOADS=0), or start it with python -m {name}"
        )
    else:
        advice = (
            "A program linked for glibc does not start on Alpine, nor one for musl on Debian: take the same distribution in "
            "the final stage as where it was built, or its static (musl) build; a script wants the shell of its first line"
        )
    said = "bad interpreter" if "bad interpreter" in hit.line else "required file not found"
    return {"path": path, "name": name, "said": said, "advice": advice}


def loaderless_place(hit: Hit) -> Place | None:
    """Where the environment comes into the final stage, or else what starts it."""
    if _VENV.search(hit["path"]):
        return _copied_over(hit) or first(
            matching(r"^COPY\s.*--from=.*(?:venv|\s/\w+)", "Dockerfile"), command_place
        )(hit)
    return command_place(hit)
