"""Syntax, exports and module systems: the file that Node could not read, and why."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.javascript.imports import import_line, import_of_file, importer, meant
from app.diagnosis.javascript.packages import broken_json_line, dependency_place, near, package, package_name
from app.diagnosis.javascript.paths import own_path, spot
from app.diagnosis.javascript.stacks import after, bare, code_at, header, thrown_at
from app.diagnosis.places import CODE
from app.diagnosis.rule import Hit
from app.diagnosis.rules.javascript.reading_toolchain import SINCE
from app.diagnosis.unclosed import braces, misplaced
from app.model import Place

_PATH = r"(?:file://)?/[\w@./ \[\]()-]+?\.[cm]?[jt]sx?"

_OPEN = re.compile(
    r"Unexpected end of input|missing \) after argument list|Unexpected token '?[})\]]|Unexpected EOF"
)

_OF_MODULES = re.compile(
    r"Cannot use import statement outside|Unexpected token '?export'?|does not provide an export|Named export '|[Ee]xport '\S+' not found"
)


def syntax(hit: Hit) -> Mapping[str, str] | None:
    place = syntax_place(hit)
    if place is None or _OF_MODULES.search(hit.line):
        return None
    opened = _left_open(hit, place)
    hint = f" A bracket that opens on line {opened} is not closed." if opened and opened != place.line else ""
    code = code_at(hit, place)
    return {"file": place.path, "at": str(place.line), "code": f": {code}" if code else "", "hint": hint}


def _left_open(hit: Hit, place: Place) -> int:
    if not _OPEN.search(hit.line):
        return 0
    return misplaced(hit.files.lines(place.path), braces("//"))[0]


def syntax_place(hit: Hit) -> Place | None:
    above = header(hit)
    place = spot(hit, *above) if above else None
    place = place or thrown_at(hit)
    if place is not None and "end of input" in hit.line and (opened := _left_open(hit, place)):
        return hit.files.place(place.path, opened)
    return place


def exports(hit: Hit) -> Mapping[str, str] | None:
    """A named import that the module does not export."""
    name, module = hit["name"], hit["module"]
    if name in SINCE and module.removeprefix("node:") in ("util", "module", "process", "crypto"):
        return None  # Node's own, and this Node is too old for it
    place = exports_place(hit)
    target = resolved(hit, place.path, module) if place else ""
    exported = (
        re.findall(
            r"export (?:async )?(?:const|let|var|function\*?|class|enum) (\w+)", hit.files.text(target)
        )
        if target
        else []
    )
    listed = re.findall(r"export \{([^{}]*)\}", hit.files.text(target)) if target else []
    exported += [
        part.split(" as ")[-1].strip() for each in listed for part in each.split(",") if part.strip()
    ]
    like = near(name, exported, 0.7)
    if like:
        fix = f"{module} exports {like}: import that instead of {name}."
    elif target:
        fix = f"Export {name} from {target} (it exports {', '.join(exported[:6]) or 'nothing by name'}), or correct the import."
    else:
        fix = f"Import the default ({package_name(module)} is CommonJS, or has no {name}): import pkg from '{module}'; const {{ {name} }} = pkg."
    return {"fix": fix, "file": place.path if place else "", "at": str(place.line) if place else ""}


def resolved(hit: Hit, path: str, specifier: str) -> str:
    """The file of ours that a relative import means."""
    if specifier.startswith("/"):
        return own_path(hit, specifier)
    if not specifier.startswith("."):
        return ""
    found = meant(hit, path, specifier)
    wanted = (found or specifier).removeprefix("./")
    return next(
        (
            p
            for p in sorted(hit.files.paths, key=len)
            if re.sub(r"\.\w+$", "", p).endswith(re.sub(r"\.\w+$", "", wanted.replace("../", "")))
        ),
        "",
    )


def exports_place(hit: Hit) -> Place | None:
    if not hit["module"].startswith("/"):
        return syntax_place(hit) or importer(hit, hit["module"])
    asking = (
        path
        for path in sorted(hit.files.paths)
        if path.endswith(CODE[1:9]) and hit["name"] in hit.files.text(path)
    )
    return next((place for path in asking if (place := import_of_file(hit, path, hit["module"]))), None)


# Words of CommonJS, which an ES module does not have; Node leaves "in ES module scope" out of some of its messages.
_NO_COMMONJS = re.compile(r"\b(require|module|exports|__dirname|__filename) is not defined")


def esm(hit: Hit) -> Mapping[str, str] | None:
    place = esm_place(hit)
    named = esm_package(hit)
    name = named[1] if named else ""
    module_type = str(package(hit).held.get("type") or "commonjs")
    if name:
        fix = f"Load {name} with await import('{name}'), or take an older version of {name} that is CommonJS (npm install {name}@<older>)."
    elif found := _NO_COMMONJS.search(hit.line):
        word = found[1]
        fix = f'Use import instead of {word} here, name the file .cjs, or take "type": "module" out of package.json.'
    else:
        fix = 'Add "type": "module" to package.json (or name the file .mjs), or write require() instead of import.'
    return {
        "said": re.sub(r"^.*?(?=(?:SyntaxError|ReferenceError|Error)\b)", "", bare(hit.line)).strip(),
        "file": place.path if place else "",
        "fix": fix,
        "name": name,
        "type": module_type,
    }


def esm_package(hit: Hit) -> re.Match[str] | None:
    """The package of ES modules that was required."""
    lines = [hit.line, *(line for line in after(hit, 3) if line.lstrip().startswith("Requiring "))]
    return re.search(r"node_modules/((?:@[\w.-]+/)?[\w.-]+)", "\n".join(lines))


def esm_place(hit: Hit) -> Place | None:
    told = re.search(rf"from ({_PATH}) not supported", hit.line) or re.search(
        rf"^[^\S\n]*From ({_PATH})[^\S\n]*$", "\n".join(after(hit, 3)), re.MULTILINE
    )
    named = esm_package(hit)
    above = header(hit)
    if "SyntaxError" in hit.line and above and (place := spot(hit, *above)):
        return place
    if told and named and (own := own_path(hit, told[1])) and (line := import_line(hit.files, own, named[1])):
        return hit.files.place(own, line)
    return (
        thrown_at(hit)
        or (importer(hit, named[1]) if named else None)
        or (dependency_place(hit, named[1]) if named else None)
    )


def broken_json(hit: Hit) -> Mapping[str, str] | None:
    """A JSON file that Node itself reads; of a package.json a package manager speaks with more knowledge."""
    if hit.line.startswith("error "):
        return None
    file = own_path(hit, hit["path"])
    line = broken_json_line(hit.files, file)[0] if file else 1
    return {
        "said": hit["said"] or bare(hit.line).strip(),
        "file": file,
        "path": file or hit["path"],
        "line": str(line),
    }
