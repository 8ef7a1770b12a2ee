"""Node's modules: whose a missing one is, and what was meant."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import base_image, instruction
from app.diagnosis.javascript.image import ran_place, start_place
from app.diagnosis.javascript.imports import BUILTIN, import_line, import_of_file, importer, meant
from app.diagnosis.javascript.packages import (
    Package,
    dependency_place,
    install_hook,
    list_place,
    near,
    package,
    package_name,
    package_of,
    packages,
    script_place,
)
from app.diagnosis.javascript.paths import own_path, source_of, spot
from app.diagnosis.javascript.stacks import after, code_at, frames, header
from app.diagnosis.places import CODE, matching
from app.diagnosis.rule import Hit
from app.diagnosis.rules.javascript.reading_syntax import resolved
from app.diagnosis.transcript import Kind
from app.model import Place

ANY = frozenset(Kind)


# Modules


def module_words(hit: Hit) -> Mapping[str, str] | None:
    name = hit["name"].removeprefix("file://").split("?")[0]
    if name.startswith(("node_modules/.", ".prisma/")) or (name.startswith("/") and install_hook(hit, name)):
        return None
    if name.startswith((".", "/")):
        return local_module(hit, name)
    owner = package_name(name)
    if owner in BUILTIN:
        return {
            "name": name,
            "owner": owner,
            "why": "it is a module of a newer Node",
            "fix": "Use a newer Node in FROM.",
        }
    return _package_module(hit, name, owner)


def _package_module(hit: Hit, name: str, owner: str) -> Mapping[str, str]:
    own = _own_package(hit)
    group = own.group_of(owner)
    wrong = near(owner, [each for each in own.dependencies if each != owner], 0.75)
    elsewhere = owner in {each.name for each in packages(hit)}
    if native := re.match(
        r"@(?:rollup/rollup|esbuild|img/sharp|swc/core|tailwindcss/oxide|next/swc|parcel/watcher|lightningcss|biomejs/cli|oxc-\w+)[/-]?.*linux",
        name,
    ):
        why = f"the lock file was made on another system and lacks the optional package of {native[0].split('/')[0]} for Linux"
        fix = f"Delete node_modules and package-lock.json, run npm install, and commit the lock file; keep node_modules in .dockerignore ({name})."
    elif group == "devDependencies":
        why = "it is in devDependencies, which the image does not have"
        fix = f"Move {owner} from devDependencies to dependencies (npm install --save-prod {owner}), and commit the lock file."
    elif group and owner != name:
        why = f"{owner} is installed, but has no {name.removeprefix(owner + '/')} in this version"
        fix = f"Correct the import, or take a version of {owner} that has {name}."
    elif group:
        why = f"package.json asks for it ({group}), but node_modules does not have it"
        fix = "Run npm ci in the image's WORKDIR (and COPY node_modules from the stage that did), and keep node_modules in .dockerignore."
    elif elsewhere:
        why = "it is a package of this repository that was not linked or not built"
        fix = f"Add {owner} to the dependencies as a workspace, COPY its folder, and build it before."
    elif wrong:
        why = f"package.json asks for {wrong}, not for {owner}"
        fix = f"Write {wrong} in the import, or run npm install {owner}."
    else:
        why = "package.json does not ask for it"
        fix = f"Run npm install {owner}, and commit package.json with its lock file."
    return {
        "name": name,
        "owner": owner,
        "group": group,
        "why": why,
        "fix": fix,
        "wrong": wrong if not group else "",
        "from": _from(hit),
        "manifest": own.path,
    }


def _own_package(hit: Hit) -> Package:
    """The package whose file asked for the module."""
    asking = next((own for path, _ in _importers(hit) if (own := own_path(hit, path))), "")
    return package_of(hit, asking) if asking else package(hit)


def local_module(hit: Hit, name: str) -> Mapping[str, str]:
    place = _importer_place(hit, name)
    base = name.rstrip("/").rpartition("/")[2]
    like = _as_written(hit, place, name)
    if place is None:
        built = re.search(r"/(?:dist|build|out|lib|\.next|\.output)/", name)
        source = source_of(hit, name)
        script = "build" if "build" in package(hit).scripts else ""
        if built and script:
            why = "nothing built it"
            fix = (
                f"RUN npm run {script} in the image (and COPY the result from that stage), or correct the path {name} that starts it"
                + (f"; {source} is its source." if source else ".")
            )
        else:
            other = near(base, [p.rpartition("/")[2] for p in hit.files.paths if p.endswith(CODE)], 0.6)
            named = [p for p in sorted(hit.files.paths, key=len) if p.rpartition("/")[2] in (base, other)]
            start = next(iter((*named, *_entries(hit))), "")
            why = "it is not in the image"
            fix = (
                f"Start {start} instead of {name}."
                if start
                else f"Add {base} to the repository, or correct the path {name} that starts it."
            )
        return {"name": name, "owner": "", "why": why, "fix": fix, "from": ""}
    if like:
        real = resolved(hit, place.path, _as_imported(hit, place, name))
        fix = f"Write {like} in {place.path} line {place.line}: upper and lower case count on Linux."
        why = f"the file is {real.rpartition('/')[2] or like}"
    elif re.search(r"/(?:generated|dist|build|\.prisma|__generated__|gen)/", name):
        why, fix = (
            "it is generated, and nothing made it in the image",
            f"Generate {base} in the image before it is imported (prisma generate, codegen, the build).",
        )
    else:
        why, fix = (
            "there is no such file",
            f"Add {base} to the repository (git or .dockerignore may leave it out), or correct the import.",
        )
    return {
        "name": _as_imported(hit, place, name),
        "owner": "",
        "why": why,
        "fix": fix,
        "from": f" from {place.path}",
    }


def _entries(hit: Hit) -> tuple[str, ...]:
    """The files by which such a program is usually started, as far as they are there."""
    own = package(hit)
    names = (
        str(own.held.get("main") or ""),
        *(f"{stem}.{end}" for stem in ("server", "index", "app", "main") for end in ("js", "mjs", "cjs")),
    )
    return tuple(
        path for name in names if name and (path := f"{own.folder}/{name}".lstrip("/")) in hit.files.paths
    )


def _as_imported(hit: Hit, place: Place, name: str) -> str:
    """The specifier as the source has it, where Node printed the whole path."""
    found = re.search(r"['\"](\.[^'\"]+)['\"]", code_at(hit, place))
    return found[1] if found and name.startswith("/") else name


def _as_written(hit: Hit, place: Place | None, name: str) -> str:
    if place is None:
        return ""
    specifier = _as_imported(hit, place, name)
    found = meant(hit, place.path, specifier) if specifier.startswith(".") else ""
    return (
        found
        if found != specifier
        else (f"{found}.js" if "ERR_MODULE_NOT_FOUND" in hit.line and not re.search(r"\.\w+$", found) else "")
    )


def _importers(hit: Hit) -> list[tuple[str, str]]:
    """The files that asked for the module, the nearest first: (path, line or "")."""
    found = []
    told = re.search(r"imported from ([^\s']+)", hit.line)
    if told:
        found.append((told[1], ""))
    for line in after(hit, 30):
        if stack := re.match(r"- (/\S+)$", line.strip()):
            found.append((stack[1], ""))
    found += [(path, line) for path, line in frames(after(hit, 30)) if "node_modules/" not in path]
    if (above := header(hit)) and not above[0].startswith("node:"):
        found.append(above)
    return found


def _importer_place(hit: Hit, name: str) -> Place | None:
    """The line that imports a local module, in the first file of ours that did."""
    specifier = name if name.startswith(".") else ""
    for path, line in _importers(hit):
        own = own_path(hit, path)
        if not own:
            continue
        number = import_line(hit.files, own, specifier) if specifier else 0
        if number:
            return hit.files.place(own, number)
        if place := import_of_file(hit, own, name):
            return place
        if line and (place := spot(hit, path, line)):
            return place
        return hit.files.place(own, 1)
    return importer(hit, name) if specifier else None


def module_place(hit: Hit) -> Place | None:
    if not hit["owner"]:
        return _importer_place(hit, _original(hit)) or _start_or_step(hit)
    if hit["wrong"]:
        return importer(hit, hit["name"]) or list_place(hit)
    if hit["owner"] in BUILTIN:
        return base_image(hit)
    asked = dependency_place(hit, hit["owner"]) if hit["group"] else None
    return asked or list_place(hit, hit["manifest"]) or importer(hit, hit["name"])


def _original(hit: Hit) -> str:
    found = re.search(r"Cannot find (?:module|package) ['\"]([^'\"]+)", hit.line)
    return found[1].removeprefix("file://") if found else hit["name"]


def _start_or_step(hit: Hit) -> Place | None:
    """What names the file that Node was to run: a script, CMD, or the instruction."""
    path = _original(hit)
    base = path.rpartition("/")[2]
    stem = re.sub(r"\.\w+$", "", base)
    if hit.transcript.started and (found := _started_directly(hit, path)):
        return found
    return (
        script_place(hit, calls=base) or _script_with(hit, stem) or _command_with(hit, base) or ran_place(hit)
    )


def _started_directly(hit: Hit, path: str) -> Place | None:
    """CMD, where it names the file itself rather than a script of package.json."""
    parts = path.split("/")
    tails = ["/".join(parts[start:]) for start in range(1, len(parts))]
    tails += [re.sub(r"\.\w+$", "", tail) for tail in tails]
    found = start_place(hit)
    if found is None or found.path.endswith("package.json"):
        return None
    words = re.split(r"[\"',\[\] ]+", " ".join(hit.files.lines(found.path)[found.line - 1 : found.last_line]))
    return found if any(word.removeprefix("./") in tails for word in words if word) else None


def _script_with(hit: Hit, stem: str) -> Place | None:
    found = matching(rf'"[\w:-]+"\s*:\s*"[^"]*\bnode\b[^"]*\b{re.escape(stem)}\b', "package.json")(hit)
    return found if found and not _command_with(hit, stem) else None


def _command_with(hit: Hit, base: str) -> Place | None:
    found = instruction("CMD", "ENTRYPOINT")(hit)
    if (
        found
        and base
        and any(base in line for line in hit.files.lines(found.path)[found.line - 1 : found.last_line])
    ):
        return found
    return matching(rf"(?i)^\s*\w+:.*{re.escape(base)}", "Procfile")(hit)


def _from(hit: Hit) -> str:
    found = next((own for path, _ in _importers(hit) if (own := own_path(hit, path))), "")
    return f" from {found}" if found else ""
