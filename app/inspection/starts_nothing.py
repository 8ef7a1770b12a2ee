"""Starts nothing: a Dockerfile that leaves the command to the image of a language, an interpreter without a program.

It finds no terminal in Cloud Run and ends at once; what a Compose file says beside it is not read there. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.diagnosis.files import Files
from app.dockerfile import Dockerfile
from app.dockerfile.interpreters import interpreter
from app.inspection.stages import lineage
from app.model import Finding, Place, Target, Weight
from app.start_command import image_command

_LINK = "https://docs.docker.com/reference/dockerfile/#cmd"


def starts_nothing(
    files: Files, inside: str, target: Target, path: str, parsed: Dockerfile
) -> Iterator[Finding]:
    """A warning where neither the image that is built, nor servergem.yml, says what starts."""
    stages = lineage(parsed, target.service.build.target)
    if not stages or target.service.command or target.service.args:
        return
    if any(each.stage in stages for each in parsed.of("CMD", "ENTRYPOINT")):
        return
    base = parsed.stages[min(stages)]
    prompt = interpreter(base.image)
    if not prompt:
        return
    start = image_command(files, inside)
    write = f"`CMD {start}`" if start else "a CMD with what starts the server"
    yield Finding(
        code="image-starts-nothing",
        weight=Weight.WARN,
        title=f"{re.sub(r'.*/', '', path)} does not say what starts",
        message=f"Without CMD or ENTRYPOINT the container runs `{prompt}`, as {base.image} says, "
        "which ends at once. A command in a Compose file is not read.",
        fix=f"Write {write} as the last line of {path}.",
        place=Place(path, base.line),
        link=_LINK,
    )
