"""What a JavaScript repository says of itself: its packages, their dependencies and scripts."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from app.diagnosis.files import Files
from app.diagnosis.paths import nearest_first
from app.diagnosis.rule import Hit, Read
from app.dockerfile import joined
from app.model import Place

GROUPS = (
    "dependencies",
    "devDependencies",
    "peerDependencies",
    "optionalDependencies",
    "resolutions",
    "overrides",
)

LOCKS = ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb")

_BANNER = re.compile(r"^> (@?[\w./-]+?)(?:@\S*)? (?:[\w:.-]+)(?: (/\S+))?$")


def unnumbered(read: Read | None = None) -> Read:
    """`name2`, `name3` … of a pattern's alternatives are read as `name`: the first that is there."""

    def merged(hit: Hit) -> Mapping[str, str] | None:
        words: dict[str, str] = {}
        for key, value in hit.words.items():
            base = key.rstrip("0123456789")
            words[base] = words.get(base) or value
        more = read(replace(hit, words={**hit.words, **words})) if read else {}
        return None if more is None else {**words, **more}

    return merged


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
    def where(self) -> str:
        """The words for its folder after a command that changes it: at the root it would be the root's."""
        return f" in {self.folder}" if self.folder else ""

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
        held = hit.files.json(path)
        if isinstance(held, dict):
            found.append(Package(path, held))
    folder = running_folder(hit, found)
    if folder is not None:
        found.sort(key=lambda each: each.folder != folder)
    return found


def package(hit: Hit) -> Package:
    """The package.json of what was running; an empty one when there is none."""
    return next(iter(packages(hit)), Package("", {}))


def package_of(hit: Hit, path: str) -> Package:
    """The package that a file of ours belongs to: the nearest package.json above it, else the one that was running."""
    above = [
        each
        for each in packages(hit)
        if path and f"{path}".startswith(f"{each.folder}/" if each.folder else "")
    ]
    return max(above, key=lambda each: len(each.folder), default=package(hit))


def running_folder(hit: Hit, among: Iterable[Package]) -> str | None:
    """The folder of the package whose script a banner above the line names: `> web@1.0.0 build`."""
    banner = next(
        (
            found
            for line in hit.before(400)
            if line.startswith("> ") and (found := _BANNER.match(line.strip()))
        ),
        None,
    )
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


def install_hook(hit: Hit, path: str) -> tuple[str, str] | None:
    """The script that npm runs at install and that names this file, with its name; none outside an install."""
    if not re.search(r"(?:npm|yarn|pnpm|bun) (?:ci|i|install|add)\b|^RUN yarn", hit.section.instruction):
        return None
    stem = path.rpartition("/")[2].removesuffix(".js")
    for each in packages(hit):
        for name in ("preinstall", "install", "postinstall", "prepare", "prepublish"):
            if stem and stem in each.scripts.get(name, ""):
                return name, each.scripts[name]
    return None


def near(wanted: str, among: Iterable[str], cutoff: float = 0.6) -> str:
    """The name most like `wanted`; empty when none is like it."""
    lower = {each.lower(): each for each in sorted(among)[:5000]}
    found = difflib.get_close_matches(wanted.lower(), list(lower), 1, cutoff)
    return lower[found[0]] if found else ""


def broken_json_line(files: Files, path: str) -> tuple[int, str]:
    """The line to correct (for a comma too few or too many the one above where a parser stops), and its fault."""
    if conflict := files.search(path, r"^<{7} "):
        return conflict, "a merge conflict"
    text = files.text(path)
    try:
        json.loads(text.lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        lines = files.lines(path)
        number = min(error.lineno, len(lines))
        above = lines[number - 2].rstrip() if number > 1 else ""
        here = lines[number - 1].lstrip() if lines else ""
        comma = "delimiter" in error.msg or (here[:1] in "}]" and above.endswith(","))
        number -= comma and number > 1 and not lines[number - 1][: error.colno - 1].strip()
        return number, lines[number - 1].strip() if lines else ""
    return 1, ""
