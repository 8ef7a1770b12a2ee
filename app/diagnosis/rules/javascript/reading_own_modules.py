"""A missing module that is the repository's own: which file asked for it, and what is meant."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.followed import runs
from app.diagnosis.javascript.imports import import_line, import_of_file, importer, meant
from app.diagnosis.javascript.managers import manager
from app.diagnosis.javascript.packages import (
    near,
    package,
)
from app.diagnosis.javascript.paths import own_path, source_of, spot
from app.diagnosis.javascript.stacks import after, code_at, frames, header
from app.diagnosis.javascript.workspaces import own
from app.diagnosis.left_out import LeftOut, not_brought_beside
from app.diagnosis.rule import Hit
from app.diagnosis.rules.javascript.reading_astro import astro_without_server
from app.diagnosis.rules.javascript.reading_copied_modules import of_a_member, standalone
from app.diagnosis.rules.javascript.reading_entrypoint import started_twice, without_ending
from app.diagnosis.rules.javascript.reading_syntax import resolved
from app.model import Place
from app.source.services_below import services_below
from app.source.services_to_write import instead_of_the_root
from app.start_command import start_command
from app.start_command.node import foreign_adapter, with_adapter_of_node

# Where Google's buildpacks put a source, and start index.js without a word of anybody's.
OF_BUILDPACKS = "/workspace/"
# What Node.js itself can start, with types since 22.18: https://nodejs.org/api/typescript.html
RUNS = re.compile(r"\.[cm]?[jt]s$")


def local_module(hit: Hit, name: str) -> Mapping[str, str]:
    place = importer_place(hit, name)
    if place is None:
        why, fix = _started(hit, name)
        return {"name": name, "owner": "", "why": why, "fix": fix, "from": ""}
    behind = left_behind(hit, name, place.path)
    why, fix = (
        (f"the stage that runs has no {behind[0]}", f"{behind[1].advice}.")
        if behind
        else _imported(hit, place, name)
    )
    return {
        "name": _as_imported(hit, place, name),
        "owner": "",
        "why": why,
        "fix": fix,
        "from": f" from {place.path}",
    }


def left_behind(hit: Hit, name: str, beside: str) -> tuple[str, LeftOut] | None:
    """The repository's file that a started program imports, which no COPY brings into the stage that runs."""
    if hit.section.instruction or hit.transcript.failed_instruction:
        return None
    path = next((p for p in hit.files.named(name.rpartition("/")[2]) if name.endswith(f"/{p}")), "")
    found = not_brought_beside(hit, path, beside) if path else None
    return (path, found) if found else None


OF_A_PACKAGE = re.compile(
    r"node_modules/(?:\.pnpm/[^/]+/node_modules/)?((?:@[\w.-]+/)?[\w.-]+)/(?!.*node_modules/)"
)


def _started(hit: Hit, name: str) -> tuple[str, str]:
    """Why the file is not there that a command starts, and what to do."""
    if twice := started_twice(hit, name):
        return twice
    if "{{" in name or "${" in name:
        return "a template in the command was not filled in", (
            "Correct the command that starts it: the path holds braces that a tool was to replace; name the built file itself (Nuxt: node .output/server/index.mjs)."
        )
    if found := OF_A_PACKAGE.search(name):
        of = found[1]
        if told := of_a_member(hit, name, of):
            return told
        if here := own(hit, of):
            return f"{of} is a package of this repository that nothing built", (
                f"Build {here.folder} before what needs it: pnpm --filter NAME... run build (with the three dots), turbo run build --filter=NAME, yarn workspaces foreach -Rpt run build; and COPY what it makes into the stage that runs."
            )
        if told := standalone(hit):
            return told
        asked = (
            f"pnpm asks for {of} under onlyBuiltDependencies (pnpm approve-builds), "
            if manager(hit) in ("pnpm", "")
            else ""
        )
        return f"the package {of} is not whole", (
            f"Where an install script of {of} downloads or builds this file, it did not run, or ran for another system: {asked}--ignore-scripts leaves it out, and a node_modules that is copied has that of its own image. Install again, or raise {of}."
        )
    if told := astro_without_server(hit, name):
        return told
    if re.search(r"/(?:dist|build|out|lib|\.next|\.output)(?:/|$)", name) and "build" in package(hit).scripts:
        source = source_of(hit, name)
        built = runs(hit, "npm run build")
        return "the build that ran did not leave it there" if built else "nothing built it", (
            f"RUN npm run build in the image (and COPY the result from that stage), or correct the path {name} that starts it"
            + (f"; {source} is its source." if source else ".")
        )
    return _not_there(hit, name)


# A folder that only a build makes.
_MADE = re.compile(r"/(?P<folder>\.output|\.next|\.svelte-kit|\.nuxt|\.vercel|dist|build)/")


_BUILDS = r"^\s*RUN\b.*\b(?:build|tsc)\b"


def _not_there(hit: Hit, name: str) -> tuple[str, str]:
    """A file that is neither built nor a package's: an adapter leaves none, or another one is meant."""
    if adapter := foreign_adapter(package(hit).held):
        return f"{adapter} builds no server", with_adapter_of_node(adapter, package(hit).path)
    base = name.rstrip("/").rpartition("/")[2]
    other = near(base, [p.rpartition("/")[2] for p in hit.files.paths if RUNS.search(p)], 0.6)
    named = [p for p in sorted(hit.files.paths, key=len) if p.rpartition("/")[2] in (base, other)]
    start = next(iter((*named, *_entries(hit))), "")
    if start and name.endswith(f"/{start}"):
        return "it is not in the image", (
            f"COPY {start} into the image (the repository has it): see which folders COPY and turbo prune bring into this stage, and what .dockerignore leaves out."
        )
    built = not start or start.endswith((".ts", ".tsx"))  # what is to be compiled is not what starts
    if built and name.startswith(OF_BUILDPACKS) and (told := _by_buildpacks(hit)):
        return "nothing says what to start", told
    made = None if start else _MADE.search(name)
    if made and any(hit.files.search(path, _BUILDS) for path in hit.files.dockerfiles):
        return "the build did not write it there", (
            f"See what the build writes (RUN find {made['folder']} -name '*.js'): beside other folders tsc writes {made['folder']}/src/{base}. Correct the path in CMD, or COPY {made['folder']} into this stage."
        )
    if made:
        return "nothing built it", (
            f"RUN the build in the image (it makes {made['folder']}), COPY --from that stage to where CMD starts it, and see that the framework builds a Node server."
        )
    return "it is not in the image", (
        f"Start {start} instead of {name}."
        if start
        else f"Add {base} to the repository, or correct the path {name} that starts it."
    )


def _by_buildpacks(hit: Hit) -> str:
    """What to write where the package.json is of a folder of services, or of the assets of another language."""
    inside = package(hit).path.removesuffix("package.json")
    if not inside and (below := services_below(hit.files)):
        return f"{instead_of_the_root(hit.files, below)}."
    start = start_command(hit.files, inside)
    return f"Write {inside}Procfile with the line `{start.procfile}`." if start else ""


def _imported(hit: Hit, place: Place, name: str) -> tuple[str, str]:
    """Why the file is not there that this line imports, and what to do."""
    if like := _as_written(hit, place, name):
        real = resolved(hit, place.path, _as_imported(hit, place, name))
        if told := without_ending(hit, place, _as_imported(hit, place, name)):
            return told
        if _is_source_of(real or like, name):
            return f"{(real or like).rpartition('/')[2]} was not compiled", (
                f"Build the package of {place.path} before it starts (tsc, tsup), COPY what that makes, and let exports (or main) of its package.json name the built file; imports that end in .js are right in TypeScript."
            )
        return (
            f"the file is {real.rpartition('/')[2] or like}",
            f"Write {like} in {place.path} line {place.line}: upper and lower case count on Linux.",
        )
    base = name.rstrip("/").rpartition("/")[2]
    if re.search(r"/(?:generated|dist|build|\.prisma|__generated__|gen)/", name):
        return (
            "it is generated, and nothing made it in the image",
            f"Generate {base} in the image before it is imported (prisma generate, codegen, the build).",
        )
    return (
        "there is no such file",
        f"Add {base} to the repository (git or .dockerignore may leave it out), or correct the import.",
    )


def _is_source_of(real: str, name: str) -> bool:
    """Whether one is the TypeScript of the other, which only a compiler makes."""
    own, asked = real.rpartition("/")[2], name.rpartition("/")[2]
    return bool(re.search(r"\.[cm]?tsx?$", own)) and asked in (
        re.sub(r"\.([cm]?)tsx?$", r".\1js", own),
        re.sub(r"\.tsx?$", "", own),
    )


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


def _as_written(hit: Hit, place: Place, name: str) -> str:
    """The specifier that finds the file; empty where there is none, or it is what stands there."""
    specifier = _as_imported(hit, place, name)
    found = meant(hit, place.path, specifier) if specifier.startswith(".") else ""
    return (
        found
        if found != specifier
        else (f"{found}.js" if "ERR_MODULE_NOT_FOUND" in hit.line and not re.search(r"\.\w+$", found) else "")
    )


def importers(hit: Hit) -> list[tuple[str, str]]:
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


def importer_place(hit: Hit, name: str) -> Place | None:
    """The line that imports a local module, in the first file of ours that did."""
    specifier = name if name.startswith(".") else ""
    for path, line in importers(hit):
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
