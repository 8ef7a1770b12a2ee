"""Rust's compiler: what an error means, and the line to change."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.rule import Hit
from app.diagnosis.rules.rust.reading_crates import REGISTRY, arrow_found, crate_place, own_place
from app.model import Place


def error(hit: Hit) -> Mapping[str, str] | None:
    said = hit["said"]
    if re.match(r"could not compile|aborting due to|process didn't exit|test failed|\d+ target", said):
        return None
    arrow = arrow_found(hit)
    if arrow is None:
        return None
    labels = [
        match[1].strip()
        for line in hit.after(14)
        if (match := re.search(r"\|.*?[\^-] ([^\^\-|`=].*|`.*)$", line)) and not line.strip().startswith("=")
    ]
    said_help = next(
        (m[1] for line in hit.after(30) if (m := re.match(r"\s*(?:= )?help: (.+)", line))),
        "",
    )
    place = own_place(hit, arrow["path"], arrow["line"])
    return {
        "path": arrow["path"],
        "line": arrow["line"],
        "code": hit["code"],
        "head": f"{hit['code']}: {said}" if hit["code"] else said,
        "more": "; ".join(dict.fromkeys(labels[:3])),
        "fix": _error_fix(hit, said, arrow, said_help, place),
        "variable": quoted(said) if "not defined at compile time" in said else "",
    }


def quoted(words: str) -> str:
    match = re.search(r"`([^`]+)`", words)
    return match[1] if match else ""


_MISSING_CRATE = re.compile(
    r"(?:unresolved import|use of (?:undeclared|unresolved) (?:crate or module|module or unlinked crate|type or module)|"
    r"failed to resolve: (?:use of (?:undeclared|unresolved) \D*?|maybe a missing crate )|can't find crate for|"
    r"cannot find (?:module or crate|crate)|maybe a missing crate) ?`(?P<name>[\w:]+)`"
)

_DERIVES = {"serde": 'serde = { version = "1", features = ["derive"] }', "tokio": 'tokio = { version = "1", features = ["full"] }'}  # fmt: skip


def _error_fix(hit: Hit, said: str, arrow: re.Match[str], said_help: str, place: Place | None) -> str:
    where = f"line {arrow['line']} of {arrow['path']}"
    if match := REGISTRY.search(arrow["path"]):
        name = match["name"]
        return f"{name} {match['version']} does not build with this Rust: cargo update -p {name} and commit Cargo.lock, or pin another rust image in FROM."
    if match := _MISSING_CRATE.search(said):
        name = match["name"].split("::")[0]
        if name not in ("crate", "self", "super", "std", "core", "alloc") and not _is_module(hit, name):
            entry = _DERIVES.get(name, f'{name} = "…"')
            return f"Add {entry} to [dependencies] of Cargo.toml (cargo add {name}) and commit Cargo.lock."
    if "similar name exists" in said_help or "did you mean" in said_help:
        wanted = _suggested(hit)
        if wanted:
            return f"Write {wanted} on {where}."
    if match := re.search(r"environment variable `(\w+)` not defined at compile time", said):
        return f"Give the build {match[1]} (ARG and ENV {match[1]} in the Dockerfile), or read it when the program starts."
    if "cargo sqlx prepare" in said or "no cached data for this query" in said or "DATABASE_URL" in said:
        return "Run cargo sqlx prepare, commit .sqlx, and build with SQLX_OFFLINE=true."
    if match := re.search(r"couldn't read `?([^`:]+)`?:", said):
        return f"Add {match[1]} to the repository and COPY it before cargo build."
    if "file not found for module" in said:
        return (
            f"Create the file of module {quoted(said)}, or remove its mod line ({where}); COPY all of src/."
        )
    if hit.find_after(r"implied by `(?:-D|#\[deny|#!\[deny)", 20) or "unused" in said:
        return f"Remove or use it on {where} (a leading underscore keeps a variable); warnings are errors in this build."
    if said_help and len(said_help) < 200:
        return f"On {where}: {said_help}."
    told = f"; rustc --explain {hit['code']} tells more" if hit["code"] else ""
    return f"Correct {where}{told}."


def _suggested(hit: Hit) -> str:
    lines = hit.after(24)
    for line in lines:
        if match := re.search(
            r"similar name exists[^:]*: `([^`]+)`|did you mean(?: to write)?:? `([^`]+)`", line
        ):
            return match[1] or match[2]
    after_help = next((n for n, line in enumerate(lines) if "similar name exists" in line), 0)
    return next(
        (m[1].strip() for line in lines[after_help:] if (m := re.match(r"\s*\d+\s*[+|]\s(.+)$", line))),
        "",
    )


def _is_module(hit: Hit, name: str) -> bool:
    return any(p.endswith((f"/{name}.rs", f"/{name}/mod.rs")) for p in hit.files.paths)


def error_place(hit: Hit) -> Place | None:
    if place := own_place(hit, hit["path"], hit["line"]):
        return place
    if match := REGISTRY.search(hit["path"]):
        return crate_place(hit, match["name"])
    return None
