"""What the rows of typescript.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from app.diagnosis.javascript.image import install_without_dev
from app.diagnosis.javascript.imports import BUILTIN, meant
from app.diagnosis.javascript.packages import (
    dependency_place,
    list_place,
    near,
    package,
    package_name,
    packages,
)
from app.diagnosis.javascript.paths import own_path, spot
from app.diagnosis.javascript.stacks import after, before, code_at
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Hit
from app.model import Place

# What to do about the errors that come up most; the rest says its own.
FIXES = {
    "TS2322": "Give the value the type that is asked for, or change the declared type on line {line}.",
    "TS2345": "Pass an argument of the type that the parameter has, or widen the parameter's type.",
    "TS2339": "Correct the property's name, or add it to the type.",
    "TS2551": "Write the name that TypeScript suggests.",
    "TS2552": "Write the name that TypeScript suggests.",
    "TS2304": "Import or declare {name}, or correct its name.",
    "TS2305": "Import a name that the module exports, or export {name} there (@prisma/client: run npx prisma generate before).",
    "TS2724": "Import the name that TypeScript suggests.",
    "TS2614": "Import it as the default (without braces), or export {name} there.",
    "TS2554": "Pass as many arguments as the function asks for.",
    "TS2555": "Pass as many arguments as the function asks for.",
    "TS2741": "Add the property that is missing.",
    "TS2739": "Add the properties that are missing.",
    "TS2740": "Add the properties that are missing.",
    "TS2353": "Take the unknown property out, or add it to the type.",
    "TS2561": "Write the property's name as TypeScript suggests.",
    "TS2531": "Check that it is not null before it is used.",
    "TS2532": "Check that it is not undefined before it is used.",
    "TS18046": "Narrow the unknown value (error instanceof Error) before it is used.",
    "TS18047": "Check that it is not null before it is used.",
    "TS18048": "Check that it is not undefined before it is used.",
    "TS2571": "Narrow the unknown value before it is used.",
    "TS7006": "Write the parameter's type.",
    "TS7031": "Write the type of the destructured value.",
    "TS7053": "Give the object an index signature, or a key of its own type.",
    "TS6133": "Use {name} or delete it (noUnusedLocals is on in tsconfig.json).",
    "TS6196": "Use {name} or delete it (noUnusedLocals is on in tsconfig.json).",
    "TS6192": "Delete the import (noUnusedLocals is on in tsconfig.json).",
    "TS2580": "npm install --save-dev @types/node, and commit the lock file.",
    "TS2591": "npm install --save-dev @types/node, and add \"node\" to types in tsconfig.json.",
    "TS2582": "npm install --save-dev @types/jest (or import it from vitest), or leave tests out of this tsconfig.",
    "TS2593": "npm install --save-dev @types/jest (or import it from vitest), or leave tests out of this tsconfig.",
    "TS2584": "Add \"dom\" to lib in tsconfig.json.",
    "TS2583": "Set lib (or target) in tsconfig.json to es2015 or later.",
    "TS2550": "Set lib (or target) in tsconfig.json to the edition that has it (es2022).",
    "TS1259": "Set \"esModuleInterop\": true in tsconfig.json, or import * as {name}.",
    "TS1192": "Import it by name, or add a default export there.",
    "TS2769": "Pass arguments that one of the overloads takes.",
    "TS2355": "Return a value, or declare the result void.",
    "TS2366": "Return a value on every path.",
    "TS7030": "Return a value on every path.",
    "TS2564": "Give the property an initial value, or declare it with ! or ?.",
    "TS1378": "Set module to esnext and target to es2017 or later in tsconfig.json for top-level await.",
    "TS2802": "Set target to es2015 or later, or downlevelIteration, in tsconfig.json.",
    "TS2834": "Write the file's ending in the import: './file.js'.",
    "TS2835": "Write the file's ending in the import, as TypeScript suggests.",
    "TS1484": "Write import type for {name} (verbatimModuleSyntax).",
    "TS17004": "Set \"jsx\": \"react-jsx\" in tsconfig.json.",
    "TS2503": "npm install --save-dev the @types package that declares {name}.",
    "TS2694": "Correct the name {name}, or update the package that declares it.",
    "TS1005": "Write what is missing on line {line}, or on the line above.",
    "TS1128": "Look for a bracket too many above line {line}.",
    "TS1109": "Complete the expression on line {line}.",
    "TS1002": "Close the string on line {line}.",
    "TS17008": "Close the element that is opened here.",
    "TS17002": "Close the element with the tag that opened it.",
    "TS2367": "Compare values of types that can be equal.",
    "TS2451": "Rename one of the two, or add export {{}} to the file to make it a module.",
    "TS2300": "Rename one of the two declarations.",
    "TS2588": "Declare it with let, or do not assign it again.",
    "TS6059": "Correct \"rootDir\" or \"include\" in tsconfig.json, or move what is imported below rootDir.",
    "TS2420": "Implement what the interface asks for.",
    "TS2416": "Give the member the type of the base.",
    "TS1219": "Set \"experimentalDecorators\": true in tsconfig.json.",
    "TS1240": "Set \"experimentalDecorators\": true in tsconfig.json.",
    "TS1241": "Set \"experimentalDecorators\": true in tsconfig.json.",
}  # fmt: skip


def error(hit: Hit) -> Mapping[str, str] | None:
    """The error with its further lines, the source line, and what to do."""
    place = place_place(hit)
    said = re.sub(r"\s*(?:\[plugin [\w-]+\]|\[\d+m)+$", "", hit["said"]).strip()
    more = " ".join(_further(hit))
    code = code_at(hit, place)
    number = place.line if place else hit["line"]
    return {
        "code": hit["code"],
        "said": said,
        "more": more[:300],
        "source": f" (`{code}`)" if code else "",
        "file": place.path if place else hit["path"],
        "at": str(number),
        "fix": _fix(hit, said, place),
    }


def _further(hit: Hit) -> list[str]:
    """The indented lines that go on with the message."""
    found = []
    for line in after(hit, 6):
        if not re.match(r"\s{2,}\S", line) or re.match(
            r"\s*(?:\d+\s*[│|]?\s|[>~│╵|╷]|at |\S+:\d+:\d+|src/)", line
        ):
            break
        found.append(line.strip())
    return found


def _fix(hit: Hit, said: str, place: Place | None) -> str:
    code = hit["code"]
    if suggested := re.search(r"Did you mean (?:to \w+ )?(?:the \w+ \w+ )?['\"]?([\w./@]+)", said):
        return f"Write {suggested[1]} on line {hit['line']}."
    name = (re.search(r"['\"“`]([^'\"”`]+)['\"”`]", said) or ["", ""])[1]
    if code in ("TS2307", "TS7016", "TS2792", "TS2306", "TS2732", "TS6137"):
        return _module_fix(hit, code, name, place)
    if code in ("TS2304", "TS2503", "TS2580", "TS2591", "TS2582") and name in (
        "process",
        "require",
        "Buffer",
        "__dirname",
        "NodeJS",
        "module",
        "global",
    ):
        return f"npm install --save-dev @types/node and commit the lock file: {name} is declared there."
    if code in ("TS2304", "TS2582", "TS2593") and name in ("describe", "it", "test", "expect", "jest"):
        return "npm install --save-dev @types/jest (or import it from vitest), or leave tests out of this tsconfig."
    template = FIXES.get(code, "Correct line {line} of {path}.")
    return (
        template.replace("{{", "{")
        .replace("}}", "}")
        .replace("{line}", hit["line"])
        .replace("{path}", hit["path"])
        .replace("{name}", name or "it")
    )


def _module_fix(hit: Hit, code: str, name: str, place: Place | None) -> str:
    if name.startswith("."):
        like = meant(hit, place.path, name) if place else ""
        return (
            f"Write '{like}' instead of '{name}'."
            if like and like != name
            else f"Add the file that '{name}' names, or correct the import; git or .dockerignore may leave it out."
        )
    owner = package_name(name)
    if owner in BUILTIN:
        return f"npm install --save-dev @types/node and commit the lock file: {name} is declared there."
    if code == "TS7016":
        return f"npm install --save-dev @types/{owner.lstrip('@').replace('/', '__')} and commit the lock file, or declare module '{owner}' in a .d.ts file."
    group = package(hit).group_of(owner)
    if group == "devDependencies" and install_without_dev(hit):
        return f"{owner} is in devDependencies, which this install leaves out: install them for the build, or move {owner} to dependencies."
    if group:
        return f"{owner} is in {group}: look whether the install ran, whether the version has {name}, and what moduleResolution in tsconfig.json is."
    wrong = near(owner, package(hit).dependencies, 0.8)
    if wrong and wrong != owner:
        return f"Write {wrong} instead of {owner} (package.json asks for {wrong}), or npm install {owner}."
    if owner.startswith(("@/", "~", "src/", "#")) or owner in ("@", "src", "app"):
        return f"Correct paths in tsconfig.json for '{name}', or add the file."
    return f"Run npm install {owner} and commit package.json with its lock file."


def place_place(hit: Hit) -> Place | None:
    folders = [
        each.folder for each in packages(hit) if hit["where"] and hit["where"] in (each.folder, each.name)
    ]
    if folders and (found := spot(hit, f"{folders[0]}/{hit['path'].removeprefix('./')}", hit["line"])):
        return found
    return spot(hit, hit["path"], hit["line"])


# Layouts that name the place on another line


_SPOT = re.compile(
    r"^(?:\s*|\s*(?:ERROR in|File:?|FILE|>|-->|at)\s+)(?P<path>(?:[\w@./ ()\[\]$+-]*?[\w)\]])\.(?:[cm]?tsx?|[cm]?jsx?|vue|svelte|astro|html|css|scss|mdx?))"
    r"(?::(?P<line>\d+)(?::\d+)?|\((?P<line2>\d+)[,:]\d+\)| \(?(?P<line3>\d+):\d+(?:-\d+)?\)?)?:?\s*$"
)


def spot_before(hit: Hit, count: int = 4) -> tuple[str, str]:
    """Path and line from one of the lines above."""
    for line in before(hit, count):
        if found := _SPOT.match(line):
            return found["path"].strip(), found["line"] or found["line2"] or found["line3"] or ""
    return "", ""


def spot_after(hit: Hit, count: int = 6) -> tuple[str, str]:
    """Path and line from one of the lines below."""
    for line in after(hit, count):
        if (found := _SPOT.match(line)) and (found["line"] or found["line2"] or found["line3"]):
            return found["path"].strip(), found["line"] or found["line2"] or found["line3"]
    return "", ""


def above(hit: Hit) -> Mapping[str, str] | None:
    """ERROR in src/App.tsx:5:9, and the error on the next line."""
    path, line = spot_before(hit)
    if not path or not line:
        path, line = _in_frame(hit)
    return _filled(hit, path, line) if path else None


def _in_frame(hit: Hit) -> tuple[str, str]:
    """The file that has the line which a code frame below shows as `> 7 | …`; create-react-app 5 names no file."""
    shown = next(
        (found for line in after(hit, 12) if (found := re.match(r"\s*>\s*(\d{1,6}) \| (.*\S)", line))), None
    )
    if shown is None or len(shown[2].strip()) < 8:
        return "", ""
    number, code = int(shown[1]), shown[2].strip()
    for path in sorted(hit.files.paths):
        if path.endswith((".ts", ".tsx", ".jsx", ".js", ".vue")):
            lines = hit.files.lines(path)
            if number <= len(lines) and lines[number - 1].strip() == code:
                return path, str(number)
    return "", ""


def below(hit: Hit) -> Mapping[str, str] | None:
    """✘ [ERROR] TS2322: …, and src/app/app.component.ts:10:2: some lines below."""
    path, line = spot_after(hit)
    return _filled(hit, path, line) if path else None


def checker(hit: Hit) -> Mapping[str, str] | None:
    found = below(hit)
    return found and {**found, "code": "TypeScript"}


def _filled(hit: Hit, path: str, line: str) -> Mapping[str, str] | None:
    words = {**hit.words, "path": path, "line": line}
    found = error(replace(hit, words=words))
    return None if found is None else {"path": path, "line": line, **found}


def next_words(hit: Hit) -> Mapping[str, str] | None:
    found = above(hit)
    return found and {**found, "code": hit["code"] or "Type error"}


def svelte(hit: Hit) -> Mapping[str, str] | None:
    """The message below the place; svelte-check ends it with what it is about: (ts)."""
    told = "\n".join(after(hit, 8))
    found = re.match(r"Error: (.+?) \((?:ts|js|svelte|css)\)(?:\n|$)", told, re.DOTALL)
    return _said_as(hit, "svelte-check", " ".join(found[1].split())) if found else None


def webpack(hit: Hit) -> Mapping[str, str] | None:
    told = next((found for line in after(hit, 2) if (found := re.match(r"\s*(TS\d+): (.+)", line))), None)
    if told is None:
        return None
    return _said_as(hit, told[1], told[2])


def cra(hit: Hit) -> Mapping[str, str] | None:
    told = [line.strip() for line in after(hit, 6) if line.strip()]
    code = next((found[1] for line in told if (found := re.search(r"(TS\d+)$", line))), "Type error")
    return _said_as(hit, code, re.sub(r"\s*TS\d+$", "", next(iter(told), "")))


def _said_as(hit: Hit, code: str, said: str) -> Mapping[str, str] | None:
    found = error(replace(hit, words={**hit.words, "code": code, "said": said}))
    return found and {**found, "code": code, "said": said}


# tsconfig.json


def config_words(hit: Hit) -> Mapping[str, str] | None:
    said = hit["said"]
    name = (re.search(r"'([^']+)'", said) or ["", ""])[1]
    fixes = {
        "TS18003": 'Correct "include" or "files" in tsconfig.json, or COPY the sources (src/) into the image before the build.',
        "TS5023": f"Take the option {name} out of tsconfig.json, correct its name, or install a TypeScript version that knows it.",
        "TS5025": "Write the option's name as TypeScript suggests.",
        "TS6046": "Use one of the values that the message lists, or install a TypeScript version that knows this one.",
        "TS5083": f'Add {name} to the repository and COPY it into the image, or correct "extends" in tsconfig.json.',
        "TS6053": f"Add {name} to the repository and COPY it into the image, or correct what names it in tsconfig.json.",
        "TS5058": "COPY tsconfig.json into the image before the build, or correct the path after -p.",
        "TS5057": "COPY tsconfig.json into the image before the build, or correct the path after -p.",
        "TS2688": f"npm install --save-dev @types/{name} (development dependencies must be installed for the build), or take {name} out of types in tsconfig.json.",
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
    return {
        "name": name.rpartition("/")[2] if "/" in name and hit["code"] in ("TS5083", "TS6053") else name,
        "fix": fixes.get(hit["code"], "Correct tsconfig.json."),
    }


def config_place(hit: Hit) -> Place | None:
    if hit["path"] and (place := spot(hit, hit["path"], hit["line"])):
        return place
    name = re.escape(hit["name"])
    configs = tuple(
        p.rpartition("/")[2] for p in sorted(hit.files.paths) if re.search(r"tsconfig[\w.-]*\.json$", p)
    ) or ("tsconfig.json",)
    config = re.search(r"config file '([^']+)'", hit["said"])
    if hit["code"] == "TS18003" and config and (own := own_path(hit, config[1])):
        line = hit.files.search(own, r'"(?:include|files)"\s*:') or 1
        return hit.files.place(own, line)
    if hit["code"] in ("TS5058", "TS5057"):
        return None
    return first(
        matching(rf'["/]{name}["/]', *configs) if name else lambda _: None,
        matching(r'"extends"', *configs) if hit["code"] in ("TS5083", "TS6053") else lambda _: None,
        lambda each: dependency_place(each, f"@types/{hit['name']}") if hit["code"] == "TS2688" else None,
        whole_file("tsconfig.json"),
        lambda each: list_place(each) if hit["code"] == "TS2688" else None,
    )(hit)
