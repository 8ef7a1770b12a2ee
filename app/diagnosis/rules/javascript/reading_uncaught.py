"""Errors that ended a Node process: what was thrown, and where."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.javascript.packages import near
from app.diagnosis.javascript.stacks import after, bare, before, code_at, header, thrown_at, variables
from app.diagnosis.lost_client import lost_client
from app.diagnosis.places import anywhere
from app.diagnosis.rule import Hit
from app.diagnosis.rules.machine.reading_thrown import GIVEN_ALWAYS, asked_by, given, may_be_unset
from app.model import Place


def _crashed(hit: Hit) -> bool:
    """Node ended with this error: its code stands above, or Node's version below."""
    if header(hit, 8) or any(line.startswith("Node.js v") for line in after(hit, 40)):
        return True
    return any(
        re.search(r"triggerUncaughtException|throw er; // Unhandled|process/promises:", line)
        for line in before(hit, 8)
    )


def uncaught(hit: Hit) -> Mapping[str, str] | None:
    place = thrown_at(hit)
    if place is None or not _crashed(hit):
        return None
    return _told(hit, place)


def thrown(hit: Hit) -> Mapping[str, str] | None:
    """An error that somebody printed with its stack."""
    place = thrown_at(hit)
    if place is None or lost_client(hit.line, after(hit, 20)):
        return None
    return _told(hit, place)


def _told(hit: Hit, place: Place) -> Mapping[str, str]:
    code = code_at(hit, place)
    unset = _unset(hit, place, code)
    if "PEM" in hit.line:
        hint = "The key lost its line breaks in the variable: write .replace(/\\\\n/g, '\\n') behind it, or mount the secret as a file."
    elif len(unset) > 1:
        hint = f"It reads {', '.join(unset)}: see that each of them is set here, and whole."
    elif unset:
        hint = f"It reads {', '.join(unset)}. {given(hit, unset[0])}."
    elif undefined := re.search(r"(?:reading|property) '(\w+)'", hit.line):
        hint = f"What stands before .{undefined[1]} is undefined or null there: check where it comes from."
    elif missing := re.match(r"ReferenceError: (\w+) is not defined", bare(hit.line)):
        hint = f"Import or declare {missing[1]} before it is used."
    elif "Class extends value undefined" in hit.line:
        hint = "What it extends is undefined when the class is made: two files import each other, or the import names what is not exported."
    elif default := re.search(r"\b(\w+?)_\d+\.default is not a (?:function|constructor)", hit.line):
        hint = f"{default[1]} has no default export for this compiler: import it by name ({{ … }} or import * as), or set esModuleInterop in tsconfig.json."
    else:
        asked = asked_by(hit, bare(hit.line), place)
        hint = f"{asked}." if asked else "It is the deepest line of yours in the stack."
    return {"file": place.path, "at": str(place.line), "code": f": {code}" if code else "", "hint": hint}


def _unset(hit: Hit, place: Place, code: str) -> tuple[str, ...]:
    """What the line reads, and a neighbour where it is a check or a call of several lines, that may be missing."""
    checks = "throw " in code
    if not (checks or may_be_unset(hit.line)):
        return ()
    reach = 1 if checks or code.endswith(("(", "{", "[", ",")) else 0
    return tuple(name for name in variables(hit, place, reach) if name not in GIVEN_ALWAYS)


_NAMES_FILES = (".ts", ".js", ".mjs", ".cjs", ".mts", ".json")


def reads_file(hit: Hit) -> Place | None:
    """The line of ours that opened the file; where a tool opened it, the line that names it to the tool."""
    if place := thrown_at(hit):
        return place
    folder, _, base = hit["path"].rpartition("/")
    if not folder or "node_modules/" in hit["path"] or base in _ALWAYS_NAMED:
        return None
    tail = rf"['\"](?:\.?/)?(?:[\w.-]+/)*{re.escape(folder.rpartition('/')[2])}/{re.escape(base)}['\"]"
    return anywhere(tail, *_NAMES_FILES)(hit)


# What tools look for by themselves: a line that names one is not why it was opened.
_ALWAYS_NAMED = frozenset({"package.json", "tsconfig.json", "index.html", "index.js", "index.ts"})


def missing_file(hit: Hit) -> Mapping[str, str] | None:
    place = reads_file(hit)
    path = hit["path"]
    if place is None or "package.json" in path:
        return None
    base = path.rpartition("/")[2]
    here = [p for p in hit.files.paths if p.rpartition("/")[2] == base]
    like = near(base, [p.rpartition("/")[2] for p in hit.files.paths], 0.75)
    if here:
        fix = f"{here[0]} is in the repository: COPY it into the image (look into .dockerignore), or open it by a path from import.meta.dirname or __dirname."
    elif like:
        fix = f"The repository has {like}: correct the path on line {place.line} of {place.path}."
    else:
        fix = f"Add {base} to the repository and the image, or make it before line {place.line} of {place.path} runs."
    return {"file": place.path, "at": str(place.line), "base": base, "fix": fix}
