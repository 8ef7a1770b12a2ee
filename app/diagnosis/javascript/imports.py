"""Imports of JavaScript: who imports what, and which file is meant."""

from __future__ import annotations

import re

from app.diagnosis.files import Files
from app.diagnosis.javascript.packages import near
from app.diagnosis.paths import nearest_first
from app.diagnosis.rule import Hit
from app.dockerfile import joined
from app.model import Place

ENDINGS = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte", ".astro", ".json")

SOURCES = (*ENDINGS[:-1], ".css", ".scss", ".sass", ".less", ".mdx", ".html")

BUILTIN = frozenset(
    [
        "assert",
        "async_hooks",
        "buffer",
        "child_process",
        "cluster",
        "console",
        "constants",
        "crypto",
        "dgram",
        "diagnostics_channel",
        "dns",
        "domain",
        "events",
        "fs",
        "http",
        "http2",
        "https",
        "inspector",
        "module",
        "net",
        "os",
        "path",
        "perf_hooks",
        "process",
        "punycode",
        "querystring",
        "readline",
        "repl",
        "stream",
        "string_decoder",
        "sys",
        "timers",
        "tls",
        "tty",
        "url",
        "util",
        "v8",
        "vm",
        "wasi",
        "worker_threads",
        "zlib",
    ]
)

SPECIFIER = (
    r"""(?:from|import|require|require\.resolve|export|@import|@use|@forward|src|href|mock)\b[^'"`]*"""
)


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
    line = hit.files.search(
        path, rf"{SPECIFIER}['\"`][^'\"`]*\b{re.escape(stem)}(?:\.\w+)?/?(?:index(?:\.\w+)?)?['\"`]"
    )
    return hit.files.place(path, line) if line else None


def meant(hit: Hit, path: str, specifier: str) -> str:
    """How an import of a local file should be written, when a file almost like it is there; empty when none is."""
    wanted = joined("/", f"{path.rpartition('/')[0]}/{specifier}")[1:]
    by_case = [each for each in hit.files.paths if each.lower() == wanted.lower() and each != wanted]
    if len(by_case) == 1 and not wanted.endswith(SOURCES):
        return _relative(path, by_case[0], with_ending=True)
    bare = re.sub(r"\.(?:[cm]?[jt]sx?|vue|svelte|json)$", "", wanted)
    stems = {
        re.sub(r"(?:/index)?\.\w+$", "", each): each for each in hit.files.paths if each.endswith(SOURCES)
    }
    if bare in stems:
        found = stems[bare]
    else:
        folder, _, name = bare.rpartition("/")
        beside = [each for each in stems if each.rpartition("/")[0] == folder]
        same_name = [each for each in stems if each.rpartition("/")[2].lower() == name.lower()]
        like = near(bare, stems, 0.85) or (
            f"{folder}/{n}".lstrip("/") if (n := near(name, [b.rpartition("/")[2] for b in beside])) else ""
        )
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
