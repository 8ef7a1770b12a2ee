"""Runners of monorepos: the task, the project and the configuration that are meant."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.javascript.image import command_place, ran_place
from app.diagnosis.javascript.packages import dependency_place, near, packages, script_place
from app.diagnosis.javascript.paths import spot
from app.diagnosis.javascript.stacks import after, code_at
from app.diagnosis.places import matching, whole_file
from app.diagnosis.rule import Hit
from app.model import Place


def task(hit: Hit) -> Mapping[str, str] | None:
    names = [each.name for each in packages(hit) if each.name]
    like = near(hit["name"], [each for each in names if each != hit["name"]], 0.5)
    return {
        "fix": f"Write {like} instead of {hit['name']}."
        if like
        else f"Name one of the packages of this repository: {', '.join(names[:6])}."
    }


def named_in_command(hit: Hit) -> Place | None:
    return command_place(hit, hit["name"]) or script_place(hit, calls=hit["name"]) or ran_place(hit)


def placed(hit: Hit) -> Mapping[str, str] | None:
    """An error line that has its own place."""
    place = spot(hit, hit["path"], hit["line"])
    if place is None:
        return None
    code = code_at(hit, place)
    return {
        "path": place.path,
        "line": str(place.line),
        "said": hit["said"].strip(),
        "source": f": {code}" if code else "",
    }


def turbopack(hit: Hit) -> Mapping[str, str] | None:
    """`./app/page.tsx:3:10`, and what is wrong there on the next line."""
    said = next((line.strip() for line in after(hit, 2) if line.strip()), "")
    if not re.match(
        r"(?:Parsing|Expected|Export|Ecmascript|Unexpected|Error:|You're|Build|Syntax|the name|Failed|Reading|Unknown|JSX|Invalid|Transforming)",
        said,
    ):
        return None
    if re.search(
        r"Module not found|Type error|Export \w+ doesn't exist|Cannot apply unknown|class does not exist",
        said,
    ):
        return None
    place = spot(hit, hit["path"], hit["line"])
    if place is None:
        return None
    more = next(
        (
            line.strip()
            for line in list(after(hit, 14))[1:]
            if re.match(
                r"(?:Expected|Unexpected|the name|Unterminated|JSX|'|Expression|Return|You're)", line.strip()
            )
        ),
        "",
    )
    return {
        "path": place.path,
        "line": str(place.line),
        "said": f"{said} {more}".strip(),
        "source": f": {code}" if (code := code_at(hit, place)) else "",
    }


def project(hit: Hit) -> Mapping[str, str] | None:
    said = hit["said"]
    if "pages" in said and "directory" in said:
        return {
            "fix": "COPY app/ or pages/ (or src/) into the image before next build; look into .dockerignore and WORKDIR."
        }
    if "TypeScript" in said:
        return {
            "fix": "Install development dependencies for the build (npm ci without --omit=dev and NODE_ENV=production), or add typescript and @types/react to package.json."
        }
    return {"fix": "Change what the message names in next.config.js or in the folders of the routes."}


def schema(hit: Hit) -> str:
    more = (
        next((line.strip() for line in after(hit, 3) if line.strip()), "")
        if "Schema validation" in hit.line
        else ""
    )
    return f"{hit['said']} {more}".strip()


def angular_place(hit: Hit) -> Place | None:
    if "requires TypeScript" in hit.line:
        return dependency_place(hit, "typescript")
    if extra := re.search(
        r"additional properties\((\w+)\)|property name '?(\w+)'?|Property (\w+) is not allowed",
        hit.line + " ".join(after(hit, 3)),
    ):
        return matching(rf'"{next(each for each in extra.groups() if each)}"', "angular.json")(hit)
    return command_named(hit) or whole_file("angular.json")(hit)


def command_named(hit: Hit) -> Place | None:
    """The script or instruction that says the name."""
    name = hit["name"].strip("'\"-")
    return (
        script_place(hit, calls=name)
        or command_place(hit, name)
        or matching(rf"\b{re.escape(name)}\b", "package.json")(hit)
    )


def named_twice(hit: Hit) -> Mapping[str, str] | None:
    """The first name of the list, and the folders under it."""
    name = hit.find_after(r"^- (\S+?):\s*$", 3)
    folders = [found[1] for line in hit.after(8) if (found := re.match(r"\s+- (\S+)$", line))]
    if name is None or not folders:
        return None
    return {"name": name[1], "folder": folders[-1], "folders": ", ".join(folders)}


def named_twice_place(hit: Hit) -> Place | None:
    """The name of the last folder in the list."""
    for file in ("project.json", "package.json"):
        path = f"{hit['folder']}/{file}"
        if path in hit.files.paths and (line := hit.files.search(path, r'"name"\s*:')):
            return hit.files.place(path, line)
    return None
