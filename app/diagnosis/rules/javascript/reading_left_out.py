"""What the rows of left_out.py read in the repository: which file an import means, and what leaves it out of the image."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch

from app.diagnosis.javascript.imports import ENDINGS, SOURCES
from app.diagnosis.javascript.packages import LOCKS, package
from app.diagnosis.javascript.paths import own_path
from app.diagnosis.left_out import LeftOut, left_out
from app.diagnosis.rule import Hit
from app.dockerfile import joined
from app.model import Place

# Without its configuration a bundler looks for the entry that it has by itself.
_CONFIGURED = re.compile(r"(?:^|/)(?:vite|svelte|astro|nuxt|rollup|webpack)\.config\.[cm]?[jt]s$")


def _words(path: str, found: LeftOut) -> Mapping[str, str]:
    place = found.place
    return {
        "file": path,
        "advice": found.advice,
        "in": place.path,
        "at": str(place.line),
        "until": str(place.last_line),
    }


def left_place(hit: Hit) -> Place | None:
    return hit.files.place(hit["in"], int(hit["at"]), int(hit["until"]))


def entry(hit: Hit) -> Mapping[str, str] | None:
    """The entry itself, or the configuration that names another one, where either did not come into the image."""
    folder = f"{package(hit).folder}/".lstrip("/")
    configured = sorted(p for p in hit.files.paths if _CONFIGURED.search(p) and p.startswith(folder))
    for path in (*configured, f"{folder}{hit['name']}"):
        if found := left_out(hit, path):
            return _words(path, found)
    return None


def imported(hit: Hit) -> Mapping[str, str] | None:
    """The file that a relative import names, where the repository has it and the image has not."""
    importer = own_path(hit, hit["path"])
    target = joined("/", f"{importer.rpartition('/')[0]}/{hit['name']}")[1:] if importer else ""
    for path in _meant(hit, target) if target else ():
        if found := left_out(hit, path):
            return {**_words(path, found), "importer": importer}
    return None


def _meant(hit: Hit, target: str) -> Iterator[str]:
    bare = re.sub(r"\.[cm]?js$", "", target)
    endings = ("", *ENDINGS, *SOURCES)
    yield from (path for end in endings if (path := target + end) in hit.files.paths)
    yield from (
        path for end in ENDINGS for path in (bare + end, f"{bare}/index{end}") if path in hit.files.paths
    )


def _name(hit: Hit, path: str) -> str:
    held = hit.files.json(path)
    return str(held.get("name")) if isinstance(held, dict) else ""


# What an install says where a member of the workspace is not copied yet; each of them may have another reason.
WORKSPACE_LEFT_OUT = (
    r"lockfile had changes, but lockfile is frozen|lockfile would have been modified by this install|"
    r"ERR_PNPM_OUTDATED_LOCKFILE|ERR_PNPM_WORKSPACE_PKG_NOT_FOUND"
)


def members(hit: Hit) -> Mapping[str, str] | None:
    """The first member of the workspace whose package.json is not there when the install runs."""
    asked = package(hit).held.get("workspaces")
    patterns = asked.get("packages") if isinstance(asked, dict) else asked
    if not isinstance(patterns, list):
        patterns = re.findall(
            r"^[^\S\n]*-[^\S\n]*['\"]?([^'\"#\s]+)", hit.files.text("pnpm-workspace.yaml"), re.MULTILINE
        )
    wanted = [str(each).strip("./").rstrip("/") for each in patterns if not str(each).startswith("!")]
    named = re.search(r"\"(@?[\w./-]+)@workspace:", hit.line)
    manifests = [
        p
        for p in sorted(hit.files.named("package.json"))[:200]
        if "/" in p and (named is None or _name(hit, p) == named[1])
    ]
    for path in manifests:
        if any(fnmatch(path.rpartition("/")[0], each) for each in wanted) and (found := left_out(hit, path)):
            lock = next((each for each in LOCKS if hit.files.named(each)), "the lock file")
            return {**_words(path, found), "lock": lock, "folder": path.rpartition("/")[0]}
    return None


def sources(hit: Hit) -> Mapping[str, str] | None:
    """The folder of the sources beside the configuration, where nothing brought it before tsc."""
    config = own_path(hit, hit["name"])
    folder = config.rpartition("/")[0]
    inside = f"{folder}/src/" if folder else "src/"
    path = next(
        (p for p in sorted(hit.files.paths) if p.startswith(inside) and p.endswith((".ts", ".tsx"))), ""
    )
    found = left_out(hit, path) if path else None
    return {**_words(path, found), "file": inside.rstrip("/")} if found else None


def patch(hit: Hit) -> Mapping[str, str] | None:
    """The patch of a package that did not come into the image, where the repository has it."""
    own = next((p for p in hit.files.paths if f"/{hit['name'].lstrip('/')}".endswith(f"/{p}")), "")
    found = left_out(hit, own) if own else None
    return _words(own, found) if found else None


def lock_file(hit: Hit) -> Mapping[str, str] | None:
    path = next((p for p in hit.files.named(*LOCKS)), "")
    found = left_out(hit, path) if path else None
    return _words(path, found) if found else None
