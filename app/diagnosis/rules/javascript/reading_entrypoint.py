"""What Node was told to load in words that it cannot follow: a program's name as its file, an import without its ending."""

from __future__ import annotations

import re

from app.diagnosis.instructions import failing_dockerfile
from app.diagnosis.rule import Hit
from app.model import Place

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


def without_ending(hit: Hit, place: Place, written: str) -> tuple[str, str] | None:
    """Why, and what to do, where an ES module imports a file of the repository without the ending that Node wants."""
    last = written.rpartition("/")[2]
    if "ERR_MODULE_NOT_FOUND" not in hit.line or not written.startswith(".") or "." in last.lstrip("."):
        return None
    return "an ES module names the file that it imports with its ending", (
        f"Write {written}.js in {place.path} line {place.line}, although the source ends in .ts: tsc leaves imports as they are. "
        'With "module": "nodenext" in tsconfig.json it finds them all; or bundle the program (esbuild, tsup).'
    )
