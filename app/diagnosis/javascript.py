"""What a JavaScript repository says of itself: its packages and scripts, its imports, the frames of its stacks."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.diagnosis.files import Files
from app.diagnosis.places import (
    failing_dockerfile,
    failing_instruction,
    find_instruction,
    nearest_first,
    repository_path,
    workdir,
)
from app.diagnosis.rule import Hit
from app.dockerfile import Dockerfile, Instruction, joined
from app.model import Place

ENDINGS = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte", ".astro", ".json")
SOURCES = (*ENDINGS[:-1], ".css", ".scss", ".sass", ".less", ".mdx", ".html")
GROUPS = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies", "resolutions", "overrides")
LOCKS = ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb")
BUILTIN = frozenset(
    "assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain events "
    "fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl stream "
    "string_decoder sys timers tls tty url util v8 vm wasi worker_threads zlib".split()
)
SPECIFIER = r"""(?:from|import|require|require\.resolve|export|@import|@use|@forward|src|href|mock)\b[^'"`]*"""

_PREFIX = re.compile(r"npm (?:ERR!|error) ?|\s*│ ?|➤ \S+ ?[│┌└:]? ?")
_BANNER = re.compile(r"^> (@?[\w./-]+?)(?:@\S*)? (?:[\w:.-]+)(?: (/\S+))?$")


# Packages


@dataclass(frozen=True)
class Package:
    """One package.json: its path and what it holds."""

    path: str
    held: Mapping[str, object]

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        return str(self.held.get("name") or "")

    @property
    def scripts(self) -> dict[str, str]:
        found = self.held.get("scripts")
        return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}

    def group_of(self, name: str) -> str:
        """The list that asks for this dependency; empty when none does."""
        for group in GROUPS:
            found = self.held.get(group)
            if isinstance(found, dict) and name in found:
                return group
        return ""

    def range_of(self, name: str) -> str:
        """The version that is asked for."""
        found = self.held.get(self.group_of(name) or "-")
        return str(found.get(name) or "") if isinstance(found, dict) else ""

    @property
    def dependencies(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for group in GROUPS[:4]:
            held = self.held.get(group)
            if isinstance(held, dict):
                found.update({str(name): str(version) for name, version in held.items()})
        return found


def packages(hit: Hit) -> list[Package]:
    """Every package.json that can be read, the one this log is about first."""
    found = []
    for path in nearest_first(hit, hit.files.named("package.json"))[:200]:
        try:
            held = json.loads(hit.files.text(path))
        except ValueError:
            continue
        if isinstance(held, dict):
            found.append(Package(path, held))
    folder = running_folder(hit, found)
    if folder is not None:
        found.sort(key=lambda each: each.folder != folder)
    return found


def package(hit: Hit) -> Package:
    """The package.json of what was running; an empty one when there is none."""
    return next(iter(packages(hit)), Package("", {}))


def running_folder(hit: Hit, among: Iterable[Package]) -> str | None:
    """The folder of the package whose script a banner above the line names: `> web@1.0.0 build`."""
    banner = next((found for line in hit.before(400) if (found := _BANNER.match(line.strip()))), None)
    if banner is None:
        return None
    named = [each for each in among if each.name == banner[1] or (each.folder == banner[1] and each.folder)]
    if len(named) == 1:
        return named[0].folder
    if banner[2]:
        below = joined("/", banner[2]).strip("/").partition("/")[2]
        ends = [each.folder for each in named or among if each.folder and below.endswith(each.folder)]
        return ends[0] if ends else None
    return None


def package_name(specifier: str) -> str:
    """`@scope/name/deep/file` is of `@scope/name`."""
    parts = specifier.removeprefix("node:").split("/")
    return "/".join(parts[: 2 if specifier.startswith("@") else 1])


def split_spec(spec: str) -> tuple[str, str]:
    """Name and version of `name@version`, scoped or not, `npm:` left out."""
    spec = spec.strip("'\"`,.: ")
    name, _, version = spec[1:].partition("@")
    return spec[:1] + name, version.removeprefix("npm:")


def dependency_place(hit: Hit, name: str) -> Place | None:
    """The line of a package.json that asks for this dependency."""
    if not name:
        return None
    for each in packages(hit):
        if (line := _line_in_groups(hit.files, each.path, name)) or (
            line := hit.files.search(each.path, rf'^\s*"{re.escape(name)}"\s*:') if each.group_of(name) else 0
        ):
            return hit.files.place(each.path, line)
    return None


def _line_in_groups(files: Files, path: str, name: str) -> int:
    """The line inside a list of dependencies, not a script or a field of the same name."""
    inside = False
    for number, line in enumerate(files.lines(path), 1):
        if head := re.match(r'\s*"([\w.]+)"\s*:\s*\{', line):
            inside = head[1] in GROUPS or head[1] in ("pnpm", "catalog")
        if inside and re.search(rf'"{re.escape(name)}(?:@[^"]*)?"\s*:\s*["{{]', line):
            return number
        if inside and line.strip().startswith("}"):
            inside = False
    return 0


def list_place(hit: Hit, path: str = "") -> Place | None:
    """The head of the list of dependencies, where a missing one is to be added."""
    path = path or package(hit).path
    for group in ("dependencies", "devDependencies"):
        if line := hit.files.search(path, rf'^\s*"{group}"\s*:') if path else 0:
            return hit.files.place(path, line)
    return hit.files.place(path, 1) if path else None


def script_place(hit: Hit, script: str = "", calls: str = "") -> Place | None:
    """The line of a script by its name, or the first script that calls this command."""
    for each in packages(hit):
        for name, command in each.scripts.items():
            if (script and name == script) or (
                calls and re.search(rf"(?<![\w@/.-]){re.escape(calls)}(?![\w/-])", command)
            ):
                line = hit.files.search(each.path, rf'"{re.escape(name)}"\s*:\s*"')
                return hit.files.place(each.path, line)
    return None


def running_script(hit: Hit) -> str:
    """The name of the npm script that was running, by its banner or the instruction."""
    for line in hit.before(400):
        if found := re.match(r"> @?[\w./-]+?(?:@\S*)? ([\w:.-]+)(?: /\S+)?$", line.strip()):
            return found[1]
    ran = re.search(r"(?:npm|yarn|pnpm|bun)(?: run)?(?: --?\S+)* ([\w:-]+)", hit.section.instruction)
    return ran[1] if ran else ""


def near(wanted: str, among: Iterable[str], cutoff: float = 0.6) -> str:
    """The name most like `wanted`; empty when none is like it."""
    lower = {each.lower(): each for each in sorted(among)[:5000]}
    found = difflib.get_close_matches(wanted.lower(), list(lower), 1, cutoff)
    return lower[found[0]] if found else ""


# Paths


def own_path(hit: Hit, path: str) -> str:
    """The repository's path of what a tool named, seen from the package that was running, or as its source."""
    path = re.sub(r"^(?:file://|webpack://[^/]*/|\./)+", "", path.strip()).split("?")[0]
    if not path or "node_modules/" in path:
        return ""
    if not path.startswith("/"):
        folder = running_folder(hit, packages(hit))
        for start in (folder or "", *_below(hit)):
            inside = joined("/", f"{start}/{path}")[1:]
            if inside in hit.files.paths and (start or folder is not None):
                return inside
    return repository_path(hit.files, path, hit) or source_of(hit, path)


def _below(hit: Hit) -> tuple[str, ...]:
    """The folder that the working directory of the failing command is in the repository."""
    found = failing_dockerfile(hit)
    if found is None:
        return ()
    parts = workdir(hit).strip("/").split("/")
    return tuple("/".join(parts[start:]) for start in range(len(parts)))


def source_of(hit: Hit, path: str) -> str:
    """What a built file was made from: dist/routes/user.js from src/routes/user.ts."""
    found = re.search(r"(?:^|/)(?:dist|build|out|lib|\.output|\.next/server)/(.+)\.[cm]?js$", path)
    if found is None:
        return ""
    stems = [found[1]] + ([found[1].removeprefix("src/")] if found[1].startswith("src/") else [])
    candidates = [
        each
        for each in hit.files.paths
        if each.endswith((".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs")) and not each.endswith(".d.ts")
        for stem in stems
        if re.sub(r"\.\w+$", "", each) in (stem, f"src/{stem}") or re.sub(r"\.\w+$", "", each).endswith(f"/src/{stem}")
    ]
    return nearest_first(hit, tuple(sorted(candidates, key=len)))[0] if candidates else ""


def spot(hit: Hit, path: str, line: str | int) -> Place | None:
    """That line of a file of ours; a file that ends earlier is annotated at its end."""
    found = own_path(hit, path)
    if not found:
        return None
    number = int(line or 1) if str(line or 1).isdecimal() and len(str(line)) < 8 else 1
    if repository_path(hit.files, path, hit) != found and source_of(hit, path) == found:
        return in_source(hit, found, number)
    last = len(hit.files.lines(found))
    while number > 1 and not hit.files.has_line(found, number) and number > last - 3:
        number -= 1
    return hit.files.place(found, number)


def in_source(hit: Hit, path: str, built_line: int) -> Place | None:
    """The source line of a built one: by the code that Node printed above the error, or by the error's own text."""
    wanted = [line.strip().rstrip(";") for line in hit.before(6) if len(line.strip()) > 8]
    said = re.sub(r"^\w*(?:Error|Exception)(?: \[\w+\])?: ", "", hit.line.strip())
    for text in (*wanted, said, *re.findall(r"['\"`]([^'\"`]{4,})['\"`]", hit.line)):
        for number, line in enumerate(hit.files.lines(path), 1):
            if len(text) > 3 and (text in line or text.replace('"', "'") in line):
                return hit.files.place(path, number)
    named = re.search(r"at (?:async )?(?:new )?(?:\w+\.)*(\w{3,}) \(", "\n".join(hit.after(3)))
    number = hit.files.search(path, rf"\b{re.escape(named[1])}\b") if named else 0
    return hit.files.place(path, number or min(built_line, max(1, len(hit.files.lines(path)) - 1))) or hit.files.place(path, 1)


# Imports


def import_line(files: Files, path: str, specifier: str) -> int:
    """The line of a file that imports this; 0 when none does."""
    if not specifier:
        return 0
    exact = rf"['\"`(]{re.escape(specifier)}['\"`)]"
    return (
        files.search(path, rf"{SPECIFIER}{exact}")
        or files.search(path, exact)
        or files.search(path, rf"['\"`]{re.escape(specifier)}(?:/[^'\"`]*)?['\"`]")
    )


def importer(hit: Hit, specifier: str) -> Place | None:
    """The first file of ours that imports this."""
    paths = sorted((p for p in hit.files.paths if p.endswith(SOURCES)), key=lambda p: (p.count("/"), p))
    for path in nearest_first(hit, tuple(paths[:3000])):
        if line := import_line(hit.files, path, specifier):
            return hit.files.place(path, line)
    return None


def import_of_file(hit: Hit, path: str, missing: str) -> Place | None:
    """Where the file `path` imports a local file that a tool named by its whole path."""
    stem = re.sub(r"\.\w+$", "", missing.rpartition("/")[2])
    if not path or not stem:
        return None
    if stem == "index":
        stem = missing.split("/")[-2] if missing.count("/") else stem
    line = hit.files.search(path, rf"{SPECIFIER}['\"`][^'\"`]*\b{re.escape(stem)}(?:\.\w+)?/?(?:index(?:\.\w+)?)?['\"`]")
    return hit.files.place(path, line) if line else None


def meant(hit: Hit, path: str, specifier: str) -> str:
    """How an import of a local file should be written, when a file almost like it is there; empty when none is."""
    wanted = joined("/", f"{path.rpartition('/')[0]}/{specifier}")[1:]
    bare = re.sub(r"\.(?:[cm]?[jt]sx?|vue|svelte|json)$", "", wanted)
    stems = {re.sub(r"(?:/index)?\.\w+$", "", each): each for each in hit.files.paths if each.endswith(SOURCES)}
    if bare in stems:
        found = stems[bare]
    else:
        folder, _, name = bare.rpartition("/")
        beside = [each for each in stems if each.rpartition("/")[0] == folder]
        same_name = [each for each in stems if each.rpartition("/")[2].lower() == name.lower()]
        like = near(bare, stems, 0.85) or (f"{folder}/{n}".lstrip("/") if (n := near(name, [b.rpartition("/")[2] for b in beside])) else "")
        found = stems.get(like) or (stems[same_name[0]] if len(same_name) == 1 else "")
    if not found or found == path:
        return ""
    return _relative(path, found, bool(re.search(r"\.\w+$", specifier)))


def _relative(path: str, target: str, with_ending: bool) -> str:
    """`target` as `path` would import it."""
    here, there = path.split("/")[:-1], target.split("/")
    while here and len(there) > 1 and here[0] == there[0]:
        here, there = here[1:], there[1:]
    name = "/".join([".."] * len(here) + there)
    if not with_ending:
        name = re.sub(r"(?:/index)?\.(?:[cm]?[jt]sx?)$", "", name)
    return name if name.startswith("..") else f"./{name}"


# Stacks


_FRAME = re.compile(
    r"(?:^\s*(?:at|❯|›)\s|\()(?:.*?[( ])?(?P<path>(?:file://|webpack://[^/]*)?/?[\w@./\[\]-]+\.(?:[cm]?[jt]sx?|vue|svelte|astro)):(?P<line>\d+)(?::\d+)?\)?"
)
_HEADER = re.compile(r"^(?:file://)?(?P<path>/[\w@./ \[\]-]+\.[cm]?[jt]sx?):(?P<line>\d+)$")


def after(hit: Hit, count: int = 40) -> Iterator[str]:
    """The next lines without the prefix that npm puts before what a script printed."""
    return (bare(line) for line in hit.after(count))


def before(hit: Hit, count: int = 40) -> Iterator[str]:
    """The lines above, the nearest first, without npm's prefix."""
    return (bare(line) for line in hit.before(count))


def bare(line: str) -> str:
    """The line without what a package manager puts before it."""
    found = _PREFIX.match(line) if line[:1] in "n➤│ " else None
    return line[found.end() :] if found else line


def frames(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Path and line of each frame of a stack, the deepest first, until Node's version ends it."""
    for line in lines:
        if line.startswith("Node.js v"):
            return
        if found := _FRAME.search(line):
            yield found["path"], found["line"]


def own_frame(hit: Hit, count: int = 40) -> Place | None:
    """The deepest frame below the line that is in the repository."""
    for path, line in frames(after(hit, count)):
        if "node_modules/" not in path and (place := spot(hit, path, line)):
            return place
    return None


def header(hit: Hit, count: int = 14) -> tuple[str, str] | None:
    """Path and line that Node prints above the code of an uncaught error."""
    for line in before(hit, count):
        if found := _HEADER.match(line):
            return found["path"], found["line"]
    return None


def thrown_at(hit: Hit) -> Place | None:
    """Where an error came from: the deepest frame of ours, or the header above it."""
    if place := own_frame(hit):
        return place
    above = header(hit)
    return spot(hit, *above) if above else None


def code_at(hit: Hit, place: Place | None) -> str:
    """The source line of a place, for the message."""
    if place is None:
        return ""
    lines = hit.files.lines(place.path)
    return lines[place.line - 1].strip()[:160] if place.line <= len(lines) else ""


def variables(hit: Hit, place: Place | None, reach: int = 2) -> tuple[str, ...]:
    """The environment variables that the code around a place reads."""
    if place is None:
        return ()
    lines = hit.files.lines(place.path)
    around = sorted(
        range(max(1, place.line - reach), min(len(lines), place.line + reach) + 1), key=lambda n: abs(n - place.line)
    )
    found = [name for n in around for name in re.findall(r"\benv(?:\.|\[['\"])([A-Z][A-Z0-9_]+)", lines[n - 1])]
    return tuple(dict.fromkeys(found))


# Dockerfiles


def start_place(hit: Hit) -> Place | None:
    """What starts the container: the start script when CMD calls it, or CMD itself."""
    found = failing_dockerfile(hit)
    if found:
        path, parsed = found
        starts = list(parsed.of("CMD", "ENTRYPOINT"))
        if starts and not re.search(r"\b(?:npm|yarn|pnpm)\b", starts[-1].value):
            return hit.files.place(path, starts[-1].line, starts[-1].end)
        if starts:
            return script_place(hit, "start") or hit.files.place(path, starts[-1].line)
    return script_place(hit, "start")


def install_without_dev(hit: Hit) -> Place | None:
    """The instruction that leaves development dependencies out."""
    found = failing_dockerfile(hit)
    if found is None:
        return None
    path, parsed = found
    for each in _of_stage(hit, parsed):
        if each.keyword == "RUN" and re.search(
            r"--omit[= ]dev|--only[= ]prod|--production|--prod\b|(?:npm|pnpm|yarn).*\s-P\b|workspaces focus.*--production", each.value
        ):
            return hit.files.place(path, each.line, each.end)
    for each in _of_stage(hit, parsed):
        if each.keyword in ("ENV", "ARG") and re.search(r"NODE_ENV[ =]\"?production", each.value):
            return hit.files.place(path, each.line, each.end)
    return None


def _of_stage(hit: Hit, parsed: Dockerfile) -> list[Instruction]:
    """The instructions of the stage that was running, up to the one that ran."""
    ran = find_instruction(parsed, hit.section.instruction or hit.transcript.failed_instruction, hit.section.stage)
    stage = ran.stage if ran else max((each.stage for each in parsed.instructions), default=0)
    return [each for each in parsed.instructions if each.stage == stage and (ran is None or each.line <= ran.line)]


def copied_from(hit: Hit, name: str) -> Place | None:
    """The COPY that brings a package.json without this file."""
    found = failing_dockerfile(hit)
    if found is None:
        return None
    path, parsed = found
    for each in _of_stage(hit, parsed):
        if each.keyword in ("COPY", "ADD") and "from" not in each.flags and "package.json" in each.value and name not in each.value:
            return hit.files.place(path, each.line, each.end)
    return None


def command_place(hit: Hit, words: str) -> Place | None:
    """The Dockerfile's line that says these words in what it runs."""
    found = failing_dockerfile(hit)
    if found is None or not words:
        return None
    path, parsed = found
    for each in parsed.of("RUN", "CMD", "ENTRYPOINT"):
        for number in range(each.line, each.end + 1):
            line = re.sub(r"[\"',\[\] ]+", " ", hit.files.lines(path)[number - 1])
            if re.search(rf"(?<![\w@/.-]){re.escape(words)}(?![\w/:-])", line):
                return hit.files.place(path, number)
    return None


def ran_place(hit: Hit) -> Place | None:
    """What was running: the failing instruction, or what starts the container."""
    return failing_instruction(hit) if hit.section.instruction or not hit.transcript.started else start_place(hit)
