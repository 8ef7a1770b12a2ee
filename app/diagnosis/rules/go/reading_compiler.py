"""Go's compiler: what an error means in this repository, and the line to change."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import replace

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.left_out import LeftOut, left_out
from app.diagnosis.places import matching
from app.diagnosis.rule import Hit, once_per_log
from app.diagnosis.rules.go.reading_modules import toolchain_place
from app.diagnosis.rules.go.reading_packages import (
    at,
    folder_of,
    go_line,
    import_place,
    module_advice,
    modules,
    package_above,
    path_said,
    required,
    sources,
)
from app.model import Place

_NEWER = {
    "slices": "1.21", "maps": "1.21", "cmp": "1.21", "log/slog": "1.21", "testing/slogtest": "1.21", "iter": "1.23",
    "unique": "1.23", "structs": "1.23", "math/rand/v2": "1.22", "go/version": "1.22", "net/netip": "1.18",
    "embed": "1.16", "io/fs": "1.16", "weak": "1.24", "crypto/hkdf": "1.24", "crypto/sha3": "1.24",
    "testing/synctest": "1.25", "arena": "1.20", "crypto/ecdh": "1.20",
}  # fmt: skip

_UNUSED = re.compile(
    r"\"(?P<a>[^\"]+)\" imported (?:as \w+ )?and not used|imported and not used: \"(?P<b>[^\"]+)\""
)

_UNUSED_NAME = re.compile(r"declared and not used: (?P<a>\w+)|(?P<b>\w+) declared (?:and|but) not used")


def compile_error(hit: Hit) -> Mapping[str, str] | None:
    said = hit["said"]
    if said.startswith(("too many errors", "other declaration of", "note: ", "warning: ")):
        return None
    more = " ".join(
        line.strip()
        for line in hit.after(3)
        if re.match(r"\t\s*(?:have|want|\(missing|\(wrong|\(but|\S+ .*other declaration)", line)
    )
    note = ""
    if "/pkg/mod/" in hit["path"] and (found := hit.find_after(r"^note: .*module requires Go [\d.]+")):
        note = found[0]
    return {
        "more": f"{more} {note}",
        "note": note,
        "fix": _compile_fix(hit, said),
        "short": said.partition(" (")[0] if len(said) > 76 else said,
    }


def _needs_cgo(said: str) -> bool:
    """Names of go-sqlite3 that stand in its files with cgo: without a C compiler Go leaves those files out."""
    return bool(re.match(r"undefined: sqlite3\.\w+", said))


def _compile_fix(hit: Hit, said: str) -> str:
    if _needs_cgo(said):
        return "Build with cgo: ENV CGO_ENABLED=1, and a C compiler in the image (apk add --no-cache gcc musl-dev; the Debian image of golang has one); or a driver in Go alone (modernc.org/sqlite, github.com/glebarez/sqlite)."
    if match := re.search(r"/pkg/mod/(\S+?@[^/]+)", hit["path"]):
        return f"{match[1]} does not build with this Go: use a newer golang image in FROM, or another version of the module (go get {match[1].partition('@')[0]}@latest)."
    where = f"line {hit['line']} of {hit['path'].removeprefix('./')}"
    if match := _UNUSED.search(said):
        return f'Remove the import "{match["a"] or match["b"]}" on {where}, or use it.'
    if match := _UNUSED_NAME.search(said):
        name = match["a"] or match["b"]
        return f"Use {name} or remove it ({where}); an assignment to _ drops a value."
    if "no matching files found" in said or "cannot embed" in said:
        return f"Add the files that the go:embed pattern on {where} names (git or .dockerignore may leave them out), or build them before go build."
    if match := re.match(r"undefined: ([\w.]+)$", said):
        return _undefined_fix(hit, match[1], where)
    if match := re.search(r"but does have (?:method |field )?(\w+)", said):
        return f"Write {match[1]} on {where}."
    if "missing return" in said:
        return f"Return a value at the end of the function that ends on {where}."
    if said.startswith("syntax error"):
        return f"Correct the syntax on {where} or just above it: {said.removeprefix('syntax error: ')}."
    if "build constraints exclude all Go files" in said:
        return "Build with CGO_ENABLED=1 and a C compiler in that stage (apk add gcc musl-dev, apt-get install -y gcc), or for the platform that this package is for, or do not import it."
    if match := re.search(r"\((\w+)\)$", said):
        return f"Correct {where}; {match[1]} is the linter that says so."
    return f"Correct {where}: {said}."


def _undefined_fix(hit: Hit, name: str, where: str) -> str:
    bare = name.rpartition(".")[2]
    if other := _defined_beside(hit, bare):
        return f"Build the whole package (go build . instead of single files): {bare} is defined in {other}."
    near = difflib.get_close_matches(bare, sorted(_names(hit) - {bare}), 1, 0.75)
    return (
        f"Write {near[0]} instead of {bare} on {where}."
        if near
        else f"Define {name}, import what defines it, or correct its name on {where}."
    )


@once_per_log
def _names(hit: Hit) -> frozenset[str]:
    """What the repository's own Go code defines at its top level."""
    found: set[str] = set()
    for path in sources(hit):
        for line in hit.files.lines(path):
            if (match := re.match(r"(?:func(?: \([^)]{0,80}\))?|type|var|const)\s+(\w+)", line)) or (
                match := re.match(r"\s{0,8}(\w+)\s*:?=", line)
            ):
                found.add(match[1])
    return frozenset(found)


def _defined_beside(hit: Hit, name: str) -> str:
    """The file of the same package that defines it, when the build was given single files."""
    if package_above(hit) != "command-line-arguments":
        return ""
    own = path_said(hit)
    folder = own.rpartition("/")[0]
    for path in sources(hit):
        if (
            path != own
            and path.rpartition("/")[0] == folder
            and hit.files.search(path, rf"^(?:func|type|var|const)\s+{re.escape(name)}\b")
        ):
            return path
    return ""


def compile_place(hit: Hit) -> Place | None:
    if _needs_cgo(hit["said"]):
        return failing_instruction(hit)
    if "build constraints exclude all Go files" in hit["said"]:
        return matching(r"CGO_ENABLED[= ]0", "Dockerfile", "Makefile")(hit) or at(hit)
    if match := re.search(r"/pkg/mod/(?:cache/)?([^@]+)@", hit["path"]):
        words = {**hit.words, "name": re.sub(r"!(\w)", lambda m: m[1].upper(), match[1])}
        return toolchain_place(hit) if hit["note"] else required(replace(hit, words=words))
    if (match := re.match(r"undefined: (\w+)$", hit["said"])) and _defined_beside(hit, match[1]):
        return failing_instruction(hit) or at(hit)
    return at(hit)


# Packages that are not there


def missing(hit: Hit) -> Mapping[str, str] | None:
    name = next((hit[f"name{n}"] for n in ("", 2, 3, 4, 5, 6) if hit[f"name{n}"]), "").rstrip(":;,.")
    said = hit["said"] or hit.line.strip()
    if not name:
        return None
    return {"name": name, "said": said.rstrip(":;. "), "fix": _missing_fix(hit, name)}


def _missing_fix(hit: Hit, name: str) -> str:
    if wanted := _NEWER.get(name):
        return f"Use golang:{wanted} or newer in FROM: {name} is in the standard library since Go {wanted}."
    if "go.mod file not found" in hit.line:
        return f"{module_advice(hit)}."
    if name.endswith(".go") or name.startswith("."):
        return f"{name} is not there when go runs: COPY the sources before it, or correct the path in the command."
    if "lookup disabled by -mod=vendor" in hit.line:
        return "vendor/ lacks it: run go mod vendor after the last COPY (a COPY . . brings the repository's own vendor, or none), commit vendor/, or take -mod=vendor out of the command."
    folder = folder_of(hit, name)
    if folder is not None:
        if (lost := _left_behind(hit, name)) is not None:
            return f"{lost.advice}."
        if folder in hit.files.folders:
            return f"COPY {folder} into the image before this instruction: the repository has it, and the image has not."
        near = hit.files.nearest(folder, {p.rpartition("/")[0] for p in sources(hit)})
        return f"Import the folder that is there: {near or 'see the paths of the .go files'} instead of {folder}."
    own = next((m for m, f in modules(hit) if name.split("/")[0] == m.rpartition("/")[2]), "")
    if own:
        return f"Import it by the module's own path: {own}/{name.partition('/')[2]}."
    if "." not in name.split("/")[0]:
        folders = {p.rpartition("/")[0] for p in sources(hit)}
        if name in folders and modules(hit):
            return f"Import {modules(hit)[0][0]}/{name}: the path starts with the module of go.mod."
        return f"Correct the import {name}: it is no package of the standard library, and the first part of a module's path has a dot."
    return f"Run go get {name} (or go mod tidy) and commit go.mod and go.sum."


def _left_behind(hit: Hit, name: str) -> LeftOut | None:
    """What keeps an own package's folder out of the image, where the repository has it."""
    folder = folder_of(hit, name)
    own = (p for p in sources(hit) if p.rpartition("/")[0] == folder) if folder else iter(())
    path = next(own, "")
    return left_out(hit, path) if path else None


def missing_place(hit: Hit) -> Place | None:
    name = hit["name"]
    if name in _NEWER:
        return toolchain_place(hit)
    if (lost := _left_behind(hit, name)) is not None:
        return lost.place
    if name.endswith(".go") or name.startswith((".", "/")):
        return failing_instruction(hit) or go_line(hit)
    return (at(hit) if hit["path"] else None) or import_place(hit) or failing_instruction(hit)
