"""What webpack, Babel and a bundler's configuration mean by an error."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.javascript.image import install_without_dev
from app.diagnosis.javascript.packages import dependency_place, list_place, package, package_name
from app.diagnosis.javascript.paths import own_path, spot
from app.diagnosis.javascript.stacks import after, bare, before, code_at, own_frame
from app.diagnosis.left_out import said_missing
from app.diagnosis.places import matching, whole_file
from app.diagnosis.rule import Hit
from app.diagnosis.rules.javascript.reading_frameworks import command_copy
from app.diagnosis.rules.javascript.reading_spots import near_spot
from app.diagnosis.transcript import Kind
from app.model import Place

_OPENS = re.compile(
    r"^(?:Failed to compile|error during build|✗ Build failed|Build failed|> Build failed|ERROR: process|\S* Invalid Options)",
    re.I,
)

_PATH_ALONE = re.compile(r"\./[\w@./ \[\]()-]+$")

# What a plugin says of itself, of its settings or of other rows' matters: no line of a source is to be corrected.
OF_THE_TOOLS = re.compile(
    r"esolve|is not exported|is not a (?:function|constructor)|as a PostCSS plugin|into (?:client-side|public-facing) code"
)


def is_of_the_program(hit: Hit) -> bool:
    """`Error: Missing …` or `Error: Invalid …` with a stack below: a program that checks its values, no parser."""
    if not re.match(
        r"Error: (?:Missing|Invalid) (?!\w*(?:semicolon|initializer|token|expression|export|\())", hit.line
    ):
        return False
    stack = r"^\s+at .*(?:/src/|/config/|Module\._compile|node:internal)"
    return hit.section.kind is Kind.CONTAINER or hit.find_after(stack, 8) is not None


def told_below(hit: Hit) -> str:
    """The first line of what the bundler says below its headline; a headline of its own says nothing."""
    below = [line.strip() for line in after(hit, 12)]
    told = [line for line in below if len(line) > 6 and not _OPENS.match(line)]
    if len(told) > 1 and _PATH_ALONE.match(told[0]):
        told = told[1:]
    return re.sub(r"^(?:Error: +)?[x×] +", "", told[0]) if told else ""


def parsed(hit: Hit) -> Mapping[str, str] | None:
    """Module parse failed: Unexpected token (3:4), under the line that names the module."""
    place = near_spot(hit, 6, 4)
    if place is None:
        return None
    number = hit["at"] or str(place.line)
    place = spot(hit, place.path, number) or place
    return {
        "path": place.path,
        "line": str(place.line),
        "source": f": {code}" if (code := code_at(hit, place)) else "",
    }


def configuration(hit: Hit) -> Mapping[str, str] | None:
    said = next(
        (line.strip(" -") for line in after(hit, 6) if re.match(r"\s*-\s", line)), bare(hit.line).strip()
    )
    prop = re.search(r"unknown property '(\w+)'|configuration\.([\w.[\]]+)", said)
    return {"said": said, "name": (prop[1] or prop[2].split(".")[-1]) if prop else ""}


def configuration_place(hit: Hit) -> Place | None:
    names = (
        "webpack.config.js",
        "webpack.config.ts",
        "webpack.config.cjs",
        "webpack.prod.js",
        "webpack.common.js",
        "webpack.config.mjs",
    )
    return (matching(r"\b{name}\b", *names)(hit) if hit["name"] else None) or whole_file(*names)(hit)


# What a package's own program or native part says where node_modules came with COPY from another machine.
_COPIED = re.compile(
    r"node_modules/\S+ EACCES|node_modules/\S+: (?:Permission denied|invalid ELF|.*wrong ELF|not found)|"
    r"native binding|[\w-]+[.-]linux-(?:x64|arm64)|for another platform"
)
_COPIED_FIX = (
    "Write node_modules into .dockerignore and run npm ci in the image, above COPY . .: the packages that were copied "
    "are of another machine. Where they were not copied, remove the lock file and make it again with npm install."
)


def loading(hit: Hit) -> Mapping[str, str] | None:
    """A configuration file of the bundler that ended with an error of its own."""
    told = [line.strip() for line in after(hit, 12) if line.strip()]
    said = next(
        (
            line
            for line in told
            if re.match(r"\W*(?:\w*Error|Cannot|✘|Failed|Could not|ReferenceError)", line)
        ),
        told[0] if told else "",
    )
    missing = re.search(r"Cannot find (?:package|module) '([^']+)'", "\n".join((hit.line, *told)))
    name = package_name(missing[1]) if missing and not missing[1].startswith((".", "/")) else ""
    if _COPIED.search("\n".join((hit.line, *told))):
        return {"said": said, "name": "", "fix": _COPIED_FIX}
    return {
        "said": said,
        "name": name,
        "fix": f"Run npm install --save-dev {name} and commit the lock file, or install development dependencies for the build."
        if name
        else _correction(hit, said),
    }


def _correction(hit: Hit, said: str) -> str:
    file = hit["path"].rpartition("/")[2]
    if undeclared := re.search(r"ReferenceError: ([\w$]+) is not defined", said):
        return f"Declare or import {undeclared[1]} in {file}, which uses it and has it nowhere, or correct the name."
    return f"Correct {file}."


def loading_place(hit: Hit) -> Place | None:
    if hit["name"]:
        return (
            install_without_dev(hit)
            if package(hit).group_of(hit["name"]) == "devDependencies"
            else dependency_place(hit, hit["name"]) or list_place(hit)
        )
    if hit["fix"] == _COPIED_FIX and (copy := command_copy(hit)):
        return copy
    return own_frame(hit, 15) or _thrower(hit) or near_spot(hit, 12, 0) or spot(hit, hit["path"], 1)


def _thrower(hit: Hit) -> Place | None:
    """A configuration runs from a copy whose lines are not ours: look for the name that the error tells."""
    path = own_path(hit, hit["path"])
    told = re.search(r"reading '(\w+)'|(\w+) is not (?:defined|a function)", hit["said"])
    if not path or not told:
        return None
    number = hit.files.search(path, rf"\b{re.escape(told[1] or told[2])}\b")
    return hit.files.place(path, number) if number else None


def loader_words(hit: Hit) -> Mapping[str, str] | None:
    """The loader stands on the line above: `Module build failed (from ./node_modules/sass-loader/dist/cjs.js)`."""
    told = " ".join((hit.line, *before(hit, 4)))
    loaders = re.findall(r"node_modules/((?:@[\w-]+/)?[\w-]+-loader)", told)
    loader = loaders[-1] if loaders else "sass-loader"
    return {
        "said": hit["said"] or bare(hit.line).strip(),
        "name": hit["name"] or f"{loader}@latest",
        "loader": loader,
    }


def failed_words(hit: Hit) -> Mapping[str, str]:
    """What the bundler said, and the file that the image has not where that is what it misses."""
    said = told_below(hit)
    lacking = said_missing(hit, said)
    return {"said": said, "fix": f"{lacking.advice}." if lacking else "Correct what the bundler names."}


def failed_place(hit: Hit) -> Place | None:
    lacking = said_missing(hit, hit["said"])
    return lacking.place if lacking else None
