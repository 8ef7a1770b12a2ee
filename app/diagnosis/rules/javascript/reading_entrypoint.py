"""A program's name that Node was given as the file to run, because ENTRYPOINT starts Node already."""

from __future__ import annotations

import re

from app.diagnosis.instructions import failing_dockerfile
from app.diagnosis.rule import Hit

_PROGRAMS = frozenset(
    {"node", "npm", "npx", "yarn", "pnpm", "bun", "tsx", "ts-node", "nodemon", "next", "sh", "bash"}
)

_FIRST = re.compile(r"\[?\s*[\"']?(?P<program>[\w./-]+)[\"']?,?\s*(?P<rest>.*)")


def started_twice(hit: Hit, name: str) -> tuple[str, str] | None:
    """Why, and what to do, where CMD begins with the program that is missing as a file; None where it does not."""
    program, found = name.rpartition("/")[2], failing_dockerfile(hit)
    commands = list(found[1].of("CMD")) if found and program in _PROGRAMS else []
    first = _FIRST.match(commands[-1].value) if commands else None
    if first is None or first["program"].rpartition("/")[2] != program:
        return None
    why = f"ENTRYPOINT starts Node already, and gets {program} of CMD as its file"
    if program == "node":
        rest = f"[{first['rest']}" if first["rest"].endswith("]") else first["rest"]
        return (
            why,
            f"Take node out of CMD: CMD {rest} (the image's ENTRYPOINT, as distroless has one, is node).",
        )
    return why, (
        f"Name in CMD the file that Node is to run, or set ENTRYPOINT [] (an ENTRYPOINT that is node cannot start {program})."
    )
