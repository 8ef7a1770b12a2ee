"""The configuration of TypeScript: what tsc does not take of it, and where it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.javascript.packages import dependency_place, list_place
from app.diagnosis.javascript.paths import own_path, spot
from app.diagnosis.left_out import LeftOut, left_out
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Hit
from app.model import Place

# What to do, by the code; {name} is the first word that the message quotes.
FIXES = {
    "TS5112": 'Write tsc -p with a tsconfig.json that lists these files ("files" or "include"), or --ignoreConfig: since TypeScript 6 files on the command line and a tsconfig.json exclude each other.',
    "TS18003": 'Correct "include" or "files" in tsconfig.json, or COPY the sources (src/) into the image before the build.',
    "TS5023": "Take the option {name} out of tsconfig.json, correct its name, or install a TypeScript version that knows it.",
    "TS5025": "Write the option's name as TypeScript suggests.",
    "TS6046": "Use one of the values that the message lists, or install a TypeScript version that knows this one.",
    "TS5083": 'Add {name} to the repository and COPY it into the image, or correct "extends" in tsconfig.json.',
    "TS6053": "Add {name} to the repository and COPY it into the image, or correct what names it in tsconfig.json.",
    "TS5058": "Commit {name} and COPY it into the image before the build, or correct the path after -p.",
    "TS5057": "Commit a tsconfig.json and COPY it into the image before the build, or correct the path after -p.",
    "TS2688": "npm install --save-dev @types/{name} (development dependencies must be installed for the build), or take {name} out of types in tsconfig.json.",
    "TS5011": 'Write "rootDir": "./src" (the folder that the message names) in the tsconfig.json of the build: TypeScript 6 no longer infers it. A COPY that leaves out a folder of "include" changes what it inferred.',
    "TS5055": 'Set "outDir" in tsconfig.json, and exclude what was built.',
    "TS6059": 'Correct "rootDir" or "include" in tsconfig.json.',
    "TS5101": 'Set "ignoreDeprecations", or take the option out of tsconfig.json.',
    "TS5107": 'Set "ignoreDeprecations", or change the option in tsconfig.json.',
    "TS5110": 'Set "module" in tsconfig.json to what moduleResolution asks for.',
    "TS5095": 'Set "module" in tsconfig.json to "es2015" or later, or "preserve".',
    "TS6305": "Build the referenced project first (tsc --build).",
    "TS6306": 'Set "composite": true in the referenced tsconfig.json.',
    "TS6310": "Let the referenced project emit: take noEmit out of it.",
}


# What tsc looked for and did not find: its configuration, what that extends, or the files that it compiles.
_LOOKED_FOR = ("TS5083", "TS6053", "TS5058", "TS5057", "TS18003")


def config_words(hit: Hit) -> Mapping[str, str] | None:
    said = hit["said"]
    name = (re.search(r"'([^']+)'", said) or ["", ""])[1]
    lacking = _not_copied(hit, name)
    return {
        "name": name.rpartition("/")[2] if "/" in name and hit["code"] in ("TS5083", "TS6053") else name,
        "fix": _while_installing(hit)
        or (f"{lacking.advice}." if lacking else "")
        or FIXES.get(hit["code"], "Correct tsconfig.json.").format(name=name),
        "in": lacking.place.path if lacking else "",
        "at": str(lacking.place.line) if lacking else "",
    }


def _while_installing(hit: Hit) -> str:
    """An install runs the project's own prepare script, and the image has nothing but package.json by then."""
    ran = hit.find_before(r"^> \S+ (prepare|p(?:re|ost)install|install|prepublish)$", 12)
    if ran is None or hit["code"] not in _LOOKED_FOR:
        return ""
    return (
        f"The install runs {ran[1]} of package.json, which compiles: COPY tsconfig.json and the sources above it, "
        "or write npm ci --ignore-scripts and build after COPY . ."
    )


def _not_copied(hit: Hit, name: str) -> LeftOut | None:
    """Why the image has not the configuration that tsc names, where the repository has it."""
    if hit["code"] not in _LOOKED_FOR[:-1]:
        return None
    bare = f"{name.rstrip('/')}/tsconfig.json" if hit["code"] == "TS5057" else name
    own = own_path(hit, bare)
    return left_out(hit, own) if own else None


def config_place(hit: Hit) -> Place | None:
    if hit["path"] and (place := spot(hit, hit["path"], hit["line"])):
        return place
    if hit["fix"].startswith("The install runs "):
        return failing_instruction(hit)
    name = re.escape(hit["name"])
    configs = tuple(
        p.rpartition("/")[2] for p in sorted(hit.files.paths) if re.search(r"tsconfig[\w.-]*\.json$", p)
    ) or ("tsconfig.json",)
    config = re.search(r"config file '([^']+)'", hit["said"])
    if hit["code"] == "TS18003" and config and (own := own_path(hit, config[1])):
        line = hit.files.search(own, r'"(?:include|files)"\s*:') or 1
        return hit.files.place(own, line)
    if hit["at"]:
        return hit.files.place(hit["in"], int(hit["at"]))
    if hit["code"] == "TS5112":  # what calls tsc is to be changed, not the tsconfig.json that is in its way
        return matching(r"\btsc\b[^\"]*\.tsx?\b", "package.json")(hit)
    if hit["code"] in ("TS5058", "TS5057"):
        return None
    return first(
        matching(rf'["/]{name}["/]', *configs) if name else lambda _: None,
        matching(r'"extends"', *configs) if hit["code"] in ("TS5083", "TS6053") else lambda _: None,
        lambda each: dependency_place(each, f"@types/{hit['name']}") if hit["code"] == "TS2688" else None,
        whole_file("tsconfig.json"),
        lambda each: list_place(each) if hit["code"] == "TS2688" else None,
    )(hit)
