"""Node's modules: whose a missing one is, and what was meant."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import base_image, instruction
from app.diagnosis.javascript.image import not_installed, ran_place, start_place, uninstalled_copy
from app.diagnosis.javascript.imports import BUILTIN, importer
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
from app.diagnosis.javascript.paths import own_path
from app.diagnosis.left_out import LeftOut, left_out
from app.diagnosis.places import matching
from app.diagnosis.rule import Hit
from app.diagnosis.rules.javascript.reading_astro import BUILT_NO_SERVER, astro_output
from app.diagnosis.rules.javascript.reading_copied_modules import links_of, standalone
from app.diagnosis.rules.javascript.reading_own_modules import (
    OF_A_PACKAGE,
    importer_place,
    importers,
    left_behind,
    local_module,
)
from app.diagnosis.rules.javascript.reading_unbrought import bare_last_stage
from app.diagnosis.transcript import Kind
from app.model import Place

ANY = frozenset(Kind)


def module_words(hit: Hit) -> Mapping[str, str] | None:
    name = hit["name"].removeprefix("file://").split("?")[0]
    if name.startswith(("node_modules/.", ".prisma/")) or (name.startswith("/") and install_hook(hit, name)):
        return None
    if name.startswith(".") and name.endswith(".node") and hit.find_after(r"node_modules/", 4):
        return None  # what a package compiles when it is installed: node_codes tells
    if name.startswith((".", "/")):
        return local_module(hit, name)
    if re.search(r"-[0-9a-f]{16}$", name):
        return None  # the name that Turbopack gives to what it leaves outside: reading_next_codes tells
    if name.startswith(("@/", "~/", "#", "$")):
        return None  # an alias of the project: no registry has it, and a package's rules say nothing of it
    owner = package_name(name)
    if owner in BUILTIN:
        return {
            "name": name,
            "owner": owner,
            "why": "it is a module of a newer Node",
            "fix": "Use a newer Node in FROM.",
        }
    return _package_module(hit, name, owner)


_NATIVE = re.compile(
    r"@(?:rollup/rollup|esbuild|img/sharp|swc/core|tailwindcss/oxide|next/swc|parcel/watcher|lightningcss|biomejs/cli|oxc-\w+)[/-]?.*linux"
)


def _package_module(hit: Hit, name: str, owner: str) -> Mapping[str, str]:
    own = _own_package(hit)
    group = own.group_of(owner)
    wrong = near(owner, [each for each in own.dependencies if each != owner], 0.75)
    elsewhere = owner in {each.name for each in packages(hit)}
    if native := _NATIVE.match(name):
        why = f"the lock file was made on another system and lacks the optional package of {native[0].split('/')[0]} for Linux"
        fix = f"Delete node_modules and package-lock.json, run npm install, and commit the lock file; keep node_modules in .dockerignore ({name})."
    elif group == "devDependencies":
        why = "it is in devDependencies, which the image does not have"
        fix = f"Move {owner} from devDependencies to dependencies (npm install --save-prod {owner}), and commit the lock file."
    elif group and (without := bare_last_stage(hit)):
        why, fix = "the stage that runs has no node_modules", f"{without.advice}."
    elif group and owner != name:
        why, fix = not_installed(hit, owner, own.folder) or _of_another_version(name, owner)
    elif group and (told := standalone(hit) or links_of(hit, own) or _never_installed(hit, group)):
        why, fix = told
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
        fix = f"Run npm install {owner}{own.where}, and commit package.json with its lock file."
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


def _never_installed(hit: Hit, group: str) -> tuple[str, str] | None:
    if not uninstalled_copy(hit):
        return None
    return (
        f"package.json asks for it ({group}), and no line of the Dockerfile installs it",
        "Write RUN npm ci after this COPY (with the lock file in it too), before the sources are copied.",
    )


def _of_another_version(name: str, owner: str) -> tuple[str, str]:
    return (
        f"{owner} is installed, but has no {name.removeprefix(owner + '/')} in this version",
        f"Correct the import, or take a version of {owner} that has {name}.",
    )


def _own_package(hit: Hit) -> Package:
    """The package whose file asked for the module."""
    asking = next((own for path, _ in importers(hit) if (own := own_path(hit, path))), "")
    return package_of(hit, asking) if asking else package(hit)


def module_place(hit: Hit) -> Place | None:
    if (part := OF_A_PACKAGE.search(hit["name"])) and (asked := dependency_place(hit, part[1])):
        return asked
    if hit["why"] == BUILT_NO_SERVER and (configured := astro_output(hit)):
        return configured
    if not hit["owner"] and (behind := _left_behind(hit)):
        return behind.place
    if not hit["owner"]:
        importing = importer_place(hit, _original(hit))
        without = left_behind(hit, _original(hit), importing.path) if importing else None
        return without[1].place if without else importing or _start_or_step(hit)
    if hit["wrong"]:
        return importer(hit, hit["name"]) or list_place(hit)
    if hit["owner"] in BUILTIN:
        return base_image(hit)
    if hit["why"] == "the stage that runs has no node_modules" and (bare_stage := bare_last_stage(hit)):
        return bare_stage.place
    if brings := re.search(r"(\S+) line (\d+) brings are links", hit["why"]):
        return hit.files.place(brings[1], int(brings[2]))
    if "no line of the Dockerfile" in hit["why"]:
        return uninstalled_copy(hit)
    asked = dependency_place(hit, hit["owner"]) if hit["group"] else None
    return asked or list_place(hit, hit["manifest"]) or importer(hit, hit["name"])


def _left_behind(hit: Hit) -> LeftOut | None:
    """Why a file that Node was to run is not in the image, where the repository has it."""
    path = _original(hit)
    own = next((each for each in hit.files.named(path.rpartition("/")[2]) if path.endswith(f"/{each}")), "")
    return left_out(hit, own) if own else None


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
    found = next((own for path, _ in importers(hit) if (own := own_path(hit, path))), "")
    return f" from {found}" if found else ""
