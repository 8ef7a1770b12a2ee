"""package.json as it stands in the repository: where it breaks, what it lacks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.javascript.packages import broken_json_line, dependency_place
from app.diagnosis.javascript.stacks import after, bare, before
from app.diagnosis.paths import nearest_first
from app.diagnosis.places import matching, whole_file
from app.diagnosis.rule import Hit
from app.model import Place


def broken_json(hit: Hit) -> Mapping[str, str] | None:
    path = _broken_file(hit)
    said = next(
        (
            re.sub(
                r"(?:^JSON\.parse (?:Invalid package\.json: )?|^\S*JSONParseError: | while parsing.*$)",
                "",
                line,
            ).strip()
            for line in (bare(hit.line), *after(hit, 6))
            if re.search(
                r"Unexpected|Expected|Bad control|Unterminated|Merge conflict|JSON input|double-quoted", line
            )
        ),
        "it does not parse",
    )
    line, near_line = broken_json_line(hit.files, path)
    return {
        "file": path.rpartition("/")[2] or "package.json",
        "path": path,
        "line": str(line),
        "said": said,
        "code": near_line,
    }


def _broken_file(hit: Hit) -> str:
    named = re.search(
        r"(?:path|file|at|in) \"?(/[\w@./-]+\.json)", "\n".join((hit.line, *after(hit, 6), *before(hit, 3)))
    )
    wanted = named[1].rpartition("/")[2] if named else "package.json"
    paths = nearest_first(hit, hit.files.named(wanted))
    ends = [each for each in paths if named and named[1].endswith(f"/{each}")]
    return next((each for each in (*ends, *paths) if hit.files.json(each) is None), (*paths, "")[0])


def broken_place(hit: Hit) -> Place | None:
    return hit.files.place(hit["path"], int(hit["line"])) if hit["path"] else None


def no_manifest(hit: Hit) -> Mapping[str, str] | None:
    path = hit["path"]
    here = nearest_first(hit, hit.files.named("package.json"))
    if here and here[0] != "package.json":
        fix = f"package.json is in {here[0].rpartition('/')[0]}/: COPY it from there, or set WORKDIR (or the build's dir) to that folder."
    elif here:
        fix = "COPY package*.json into the WORKDIR before this instruction, and set WORKDIR to the folder that holds it."
    else:
        fix = "Commit package.json, or run this in the folder that has one."
    return {"path": path, "fix": fix}


def invalid_manifest(hit: Hit) -> Mapping[str, str] | None:
    said = bare(hit.line).strip()
    word = re.search(r'Invalid [\w ]+:? "([^"]+)"', said) or re.search(
        r'(?:tag name|name|version|comparator|Invalid \w+):? "?([^"\s]+)', said
    )
    return {"said": said, "word": word[1] if word else ""}


def invalid_place(hit: Hit) -> Place | None:
    word = re.escape(hit["word"])
    field = next(
        (
            each
            for each in ("version", "name")
            if f"nvalid {each}" in hit.line or f"json: {each.title()} " in hit.line
        ),
        "",
    )
    return (
        dependency_place(hit, hit["word"])
        or (matching(rf'"{word}"', "package.json")(hit) if word else None)
        or (matching(rf'^\s*"{field}"\s*:', "package.json")(hit) if field else None)
        or (matching(rf'"[^"]*{word}[^"]*"', "package.json")(hit) if word else None)
        or whole_file("package.json")(hit)
    )
