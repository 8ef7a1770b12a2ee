"""What the rows of typescript.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from app.diagnosis.javascript.image import install_without_dev
from app.diagnosis.javascript.imports import BUILTIN, meant
from app.diagnosis.javascript.packages import (
    near,
    package,
    package_name,
    package_of,
    packages,
)
from app.diagnosis.javascript.paths import spot
from app.diagnosis.javascript.stacks import after, before, code_at
from app.diagnosis.javascript.workspaces import own
from app.diagnosis.rule import Hit, once_per_log
from app.diagnosis.rules.javascript.reading_typescript_fixes import FIXES
from app.model import Place


def error(hit: Hit) -> Mapping[str, str] | None:
    """The error with its further lines, the source line, and what to do; None where all follow from another one."""
    if ungenerated(hit):
        return None
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


@once_per_log
def ungenerated(hit: Hit) -> bool:
    """Whether a client was not generated: every error of a type that it has is only a consequence."""
    return hit.find(r"@prisma/client\"?' has no exported member '?PrismaClient\b") is not None


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
    copies = set(re.findall(r'import\("([^"]*/node_modules/(?:@[^/"]+/)?[^/"]+)', said))
    if len(copies) > 1:
        package = min(copies).rpartition("node_modules/")[2]
        return f"Two copies of {package} are installed ({', '.join(sorted(copies))}): ask for one version of it in every package.json (overrides or resolutions), and install again."
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
        return f"{owner} is in devDependencies, which this install leaves out: install them for the build, or move {owner} to dependencies (npm install --save-prod {owner})."
    if here := own(hit, owner):
        return f'{owner} is a package of this repository ({here.folder}): ask for it in {package(hit).path} ("{owner}": "workspace:*"), and build it before what imports it, since its types come of its build.'
    if group:
        return f"{owner} is in {group}: look whether the install ran, whether the version has {name}, and what moduleResolution in tsconfig.json is."
    wrong = near(owner, package(hit).dependencies, 0.8)
    if wrong and wrong != owner:
        return f"Write {wrong} instead of {owner} (package.json asks for {wrong}), or npm install {owner}."
    if owner.startswith(("@/", "~", "src/", "#")) or owner in ("@", "src", "app"):
        return f"Correct paths in tsconfig.json for '{name}', or add the file."
    where = package_of(hit, place.path if place else "").where
    return f"Run npm install {owner}{where} and commit package.json with its lock file."


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
