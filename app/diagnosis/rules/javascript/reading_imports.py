"""What an import means: the file that a specifier names, who imports it, and what it exports."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.javascript.image import install_without_dev
from app.diagnosis.javascript.imports import BUILTIN, SOURCES, import_line, importer, meant
from app.diagnosis.javascript.packages import (
    dependency_place,
    list_place,
    near,
    package,
    package_name,
    package_of,
)
from app.diagnosis.javascript.paths import own_path, spot
from app.diagnosis.javascript.stacks import after, bare, before, code_at
from app.diagnosis.places import matching
from app.diagnosis.rule import Hit
from app.diagnosis.rules.javascript.reading_spots import FILE, near_spot, spots
from app.model import Place


def unresolved(hit: Hit) -> Mapping[str, str] | None:
    name = hit["name"].split("?")[0].split("!")[-1]
    place = _importing(hit, name)
    path = place.path if place else ""
    like = meant(hit, path, name) if path and name.startswith(".") else ""
    owner = package_name(name)
    return {
        "name": name,
        "from": f" from {path}" if path else "",
        "importer": path,
        "owner": owner,
        "fix": _import_fix(hit, name, owner, like, place),
        "source": f": {code}" if (code := code_at(hit, place)) else "",
    }


# Where tools put what they make of a schema: no commit has it.
_GENERATED = re.compile(r"(?:^|/)(?:generated|__generated__|\.prisma|gen)(?:/|$)")


def _import_fix(hit: Hit, name: str, owner: str, like: str, place: Place | None) -> str:
    where = f" on line {place.line} of {place.path}" if place else ""
    if like and like != name:
        return f"The file is {like}: write '{like}' instead of '{name}'{where}; upper and lower case count on Linux."
    if _GENERATED.search(name):
        return f"'{name}' is generated, and nothing made it in this image: run what makes it (npx prisma generate, codegen) before the build in this stage; node_modules of another stage does not hold it."
    made = _MADE.search(name)
    if (
        made
        and not any(path.startswith(f"{made[1]}/") for path in hit.files.paths)
        and package(hit).scripts.get("build")
    ):
        return f"'{name}' is what a build makes ({made[1]}), and nothing made it in this image: RUN npm run build above this line, or what else writes {made[1]}."
    if name.startswith((".", "/")):
        return f"Add the file that '{name}' names (git or .dockerignore may leave it out), or correct the import{where}."
    if owner in BUILTIN:
        return f"{owner} is a module of Node, which a browser does not have: import it only on the server, or install a polyfill."
    if name.startswith(("@/", "~/", "#", "$lib", "src/", "@@/", "~~/")) or owner in ("@", "~"):
        inside = re.sub(r"^(?:@|~|src|\$lib|#|@@|~~)/", "", name)
        known = sorted(p for p in hit.files.paths if p.endswith(SOURCES))
        found = near(inside, [re.sub(r"^(?:\w+/)*?src/", "", re.sub(r"\.\w+$", "", p)) for p in known], 0.7)
        if found == inside:
            return _alias_unread(hit, name, place)
        hint = f"; {found} is the file that is most like it" if found and found != inside else ""
        return f"Add the file that {name} means, or declare the alias in the bundler's configuration and in paths of tsconfig.json{hint}."
    own = package_of(hit, place.path if place else "")
    group = own.group_of(owner) or package(hit).group_of(owner)
    if group == "devDependencies" and install_without_dev(hit):
        return f"{owner} is in devDependencies, which this install leaves out: install them for the build, or move {owner} to dependencies (npm install --save-prod {owner})."
    if group:
        return f"{owner} is in {group}: look whether the install ran in this stage, and whether its version has {name}."
    wrong = near(owner, package(hit).dependencies, 0.8)
    if wrong and wrong != owner:
        return f"Write {wrong} instead of {owner} (package.json asks for {wrong}), or npm install {owner}."
    return f"Run npm install {owner}{own.where}, and commit package.json with its lock file."


# A folder that only a build writes.
_MADE = re.compile(r"(?:^|/)(build|dist|lib|out)/[^/]+(?:/[^/]+)*$")


def _alias_unread(hit: Hit, name: str, place: Place | None) -> str:
    """What to do where the file is there, and nothing told the bundler what the alias means."""
    production = re.compile(r"NODE_ENV=production|--omit[= ]dev|--prod(?:uction)?\b")
    lines = [*(bare(each) for each in hit.before(400)), *hit.transcript.failed_instruction.splitlines()]
    if package(hit).group_of("typescript") == "devDependencies" and (
        install_without_dev(hit) or any(production.search(line) for line in lines)
    ):
        return f"The file of {name} is there, and typescript, without which paths of tsconfig.json are not read, is not: the install leaves devDependencies out. Give NODE_ENV=production only to what runs (availability: RUNTIME in apphosting.yaml), or move typescript to dependencies (npm install --save-prod typescript)."
    return f"The repository has the file of {name}: COPY it and tsconfig.json (jsconfig.json) with its paths into this stage before the build, and see that the bundler reads them; upper and lower case count."


def _importing(hit: Hit, name: str) -> Place | None:
    """The line that imports what cannot be resolved."""
    for path, line in [*_named_importer(hit), *((p, n) for p, n in _near_paths(hit))]:
        own = own_path(hit, path)
        if not own or own.endswith(".json"):
            continue
        number = import_line(hit.files, own, name)
        if number:
            return hit.files.place(own, number)
        if line:
            return spot(hit, path, line)
    return importer(hit, name)


def _named_importer(hit: Hit) -> list[tuple[str, str]]:
    path = hit["path"]
    if not path:
        return []
    found = re.match(rf"(?P<path>{FILE})(?::(?P<line>\d+))?", path)
    return [(found["path"], found["line"] or "")] if found else [(path, "")]


def _near_paths(hit: Hit) -> list[tuple[str, str]]:
    lines = list(before(hit, 6))
    return [*spots([hit.line]), *spots(list(after(hit, 10))), *spots(lines)]


def unresolved_place(hit: Hit) -> Place | None:
    if "NODE_ENV=production" in hit["fix"] and (
        place := matching(r"\bNODE_ENV\b", "apphosting.yaml")(hit) or install_without_dev(hit)
    ):
        return place
    return _importing(hit, hit["name"]) or dependency_place(hit, hit["owner"]) or list_place(hit)


def no_export(hit: Hit) -> Mapping[str, str] | None:
    """An import of a name that a module of ours does not export."""
    name = hit["name"]
    module = hit["module"] or _exporter(hit)
    if re.search(r"env/(?:static|dynamic)/", module):
        return None
    place = export_import(hit)
    target = own_path(hit, module) if not module.startswith(".") or "/" in module else ""
    if not target and place:
        base = re.sub(r"\.\w+$", "", module.rpartition("/")[2])
        target = next(
            (
                p
                for p in sorted(hit.files.paths, key=len)
                if re.sub(r"\.\w+$", "", p.rpartition("/")[2]) == base and p.endswith(SOURCES)
            ),
            "",
        )
    text = hit.files.text(target) if target else ""
    exported = re.findall(
        r"export (?:async )?(?:const|let|var|function\*?|class|enum|type|interface) (\w+)", text
    )
    like = near(name, [each for each in exported if each != name], 0.5) if name != "default" else ""
    if like:
        fix = f"{target} exports {like}: import {like} instead of {name}."
    elif name == "default":
        fix = f"Import by name ({', '.join(exported[:5]) or 'import { … }'}), or add export default to {target or module}."
    else:
        fix = f"Export {name} from {target or module} (it exports {', '.join(exported[:6]) or 'other names'}), or correct the import."
    return {
        "fix": fix,
        "module": module,
        "path": place.path if place else "",
        "line": str(place.line) if place else "",
    }


def _exporter(hit: Hit) -> str:
    """Turbopack names the module some lines below its code frame."""
    for line in after(hit, 14):
        if found := re.search(r"not found in module \[project\]/(\S+)", line):
            return found[1]
    return "the module"


def export_import(hit: Hit) -> Place | None:
    if place := near_spot(hit, 8, 4):
        number = (
            hit.files.search(place.path, rf"import\b.*\b{re.escape(hit['name'])}\b")
            if hit["name"] != "default"
            else 0
        )
        return (
            hit.files.place(place.path, number)
            if number and number != place.line and place.line == 1
            else place
        )
    if hit["path"] and (own := own_path(hit, hit["path"])):
        number = (
            hit.files.search(own, rf"\b{re.escape(hit['name'])}\b")
            or import_line(hit.files, own, hit["module"])
            or 1
        )
        return hit.files.place(own, number)
    return importer(hit, hit["module"])


def static_variable(hit: Hit) -> Mapping[str, str] | None:
    return {
        "fix": f"Give the build {hit['name']} (ARG and ENV in the Dockerfile, --build-arg), or read it at run time from $env/dynamic."
    }
