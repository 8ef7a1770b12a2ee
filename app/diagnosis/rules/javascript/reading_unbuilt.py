"""What the rows of unbuilt.py read in the configuration of the project."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import base_image
from app.diagnosis.javascript.imports import import_line
from app.diagnosis.javascript.packages import dependency_place, list_place, package, package_name, package_of
from app.diagnosis.javascript.paths import own_path
from app.diagnosis.javascript.stacks import after, bare, before
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Hit
from app.diagnosis.rules.javascript.reading_toolchain import native_of_newer
from app.model import Place

_PATHS = re.compile(r"\"((?:@|~|#|\w)[\w@/-]*?/?)\*\"\s*:\s*\[")


def _alias_of(hit: Hit) -> str:
    """The beginning of an alias in a tsconfig, such as `@/`, that the module's name has."""
    for path in hit.files.named("tsconfig.json", "tsconfig.base.json", "tsconfig.build.json"):
        for found in _PATHS.finditer(hit.files.text(path)):
            if found[1] and hit["name"].startswith(found[1]):
                return found[1]
    return "@/" if hit["name"].startswith("@/") else ""


def alias(hit: Hit) -> Mapping[str, str] | None:
    """An alias of the type checker that reached Node; a bundler's own errors are others' case."""
    found = _alias_of(hit)
    if not found or package(hit).group_of(hit["name"].partition("/")[0]):
        return None
    if not any(
        re.search(r"/(?:dist|build|out|lib)/\S+\.[cm]?js", line) for line in (hit.line, *after(hit, 12))
    ):
        return None
    return {"alias": f"{found}*"}


def alias_place(hit: Hit) -> Place | None:
    return first(
        matching(r'"{alias}"', "tsconfig.json", "tsconfig.base.json", "tsconfig.build.json"),
        lambda each: list_place(each),
    )(hit)


def release(hit: Hit) -> Mapping[str, str]:
    """Whether the repository has the file at all."""
    there = any(path.endswith(f".yarn/{_folder(hit)}/{hit['base']}") for path in hit.files.paths)
    return {
        "fix": "COPY .yarn ./.yarn (and .yarnrc.yml) before yarn install, and see that .dockerignore does not leave .yarn/releases out."
        if there
        else "Commit .yarn/releases (take it out of .gitignore) and COPY .yarn ./.yarn, or take yarnPath out of .yarnrc.yml and let corepack bring Yarn."
    }


def _folder(hit: Hit) -> str:
    found = re.search(r"/\.yarn/(\w+)/", hit["path"])
    return found[1] if found else "releases"


def svelte_output(hit: Hit) -> Mapping[str, str] | None:
    """The adapter that svelte.config names, where it is not the one for a server."""
    for path in hit.files.named("svelte.config.js", "svelte.config.ts"):
        if found := re.search(r"@sveltejs/adapter-(?!node)\w+", hit.files.text(path)):
            return {"adapter": found[0]}
    return None


def outside_node(hit: Hit) -> Mapping[str, str] | None:
    """The package whose `engines` npm complained of before, or which is known to ask for a newer Node: its native part is missing."""
    text = "\n".join((bare(hit.line), *after(hit, 8)))
    named = re.search(r"node_modules/((?:@[\w.-]+/)?[\w-]+)/|@([\w-]+?)/binding", text)
    name = (named[1] or named[2]) if named else ""
    lines = list(before(hit, 400))[::-1]
    for index, line in enumerate(lines):
        if not (told := re.search(r"EBADENGINE\s+package: '((?:@[\w.-]+/)?[\w.-]+?)@", line)):
            continue
        if name and name.split("/")[0].lstrip("@") not in told[1]:
            continue
        around = "\n".join(lines[index : index + 3])
        want, have = re.search(r"node: '([^']+)'", around), re.search(r"node: 'v([^']+)'", around)
        if want and have:
            return {"name": told[1], "want": want[1], "have": have[1]}
    return native_of_newer(hit)


def outside_place(hit: Hit) -> Place | None:
    return base_image(hit) or dependency_place(hit, hit["name"]) or list_place(hit)


def unresolved(hit: Hit) -> Mapping[str, str] | None:
    """The importing line, and whether a package or a file is missing."""
    path, name = own_path(hit, hit["path"]), hit["name"]
    if not path:
        return None
    owner = package_name(name)
    if name.startswith((".", "/", "~", "@/")):
        fix = f"Correct the path {name} in {path} (upper and lower case count), or add the file."
    elif package(hit).group_of(owner):
        fix = f"{owner} is asked for and not in node_modules: run npm ci in the image's WORKDIR, or take a version of {owner} that has {name}."
    else:
        where = package_of(hit, path).where
        fix = f"Run npm install {owner}{where}, and commit package.json with its lock file."
    return {"path": path, "line": str(import_line(hit.files, path, name) or 1), "fix": fix}
