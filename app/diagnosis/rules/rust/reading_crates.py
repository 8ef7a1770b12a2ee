"""Rust's crates: manifests, sources, and the places that the compiler prints."""

from __future__ import annotations

import re
from dataclasses import replace

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.paths import nearest_first, repository_path
from app.diagnosis.places import matching
from app.diagnosis.rule import Hit, once_per_log
from app.model import Place

_ARROW = re.compile(r"\s*--> (?P<path>[^\s:]+):(?P<line>\d{1,7})(?::\d+)?$")

REGISTRY = re.compile(
    r"/(?:registry/src/[^/]+|git/checkouts)/(?P<name>[\w-]+?)-(?P<version>\d[\w.+-]*|[0-9a-f]{16})/"
)


def manifests(hit: Hit) -> tuple[str, ...]:
    return nearest_first(hit, hit.files.named("Cargo.toml"))


@once_per_log
def is_rust(hit: Hit) -> bool:
    return bool(hit.files.named("Cargo.toml")) or any(p.endswith(".rs") for p in hit.files.paths)


def arrow_found(hit: Hit) -> re.Match[str] | None:
    """The ` --> src/main.rs:1:5` under an error, before the next error begins."""
    for line in hit.after(30):
        if match := _ARROW.match(line):
            return match
        if re.match(r"(?:error|warning)(?:\[E\d+\])?: |\s+(?:Compiling|Checking) ", line):
            return None
    return None


def own_place(hit: Hit, path: str, line: str) -> Place | None:
    found = repository_path(hit.files, path, hit)
    return hit.files.place(found, int(line)) if found else None


def locked_place(hit: Hit) -> Place | None:
    """Where Cargo.lock names the crate."""
    return matching(r'^name = "{name}"', "Cargo.lock")(hit)


def crate_place(hit: Hit, name: str) -> Place | None:
    words = {**hit.words, "name": name}
    return (
        dependency_line(hit, "rust", name)
        or dependency_line(hit, "rust", name.replace("_", "-"))
        or locked_place(replace(hit, words=words))
    )


# The first Rust that has an edition: https://doc.rust-lang.org/edition-guide/
EDITIONS = {"2018": "1.31", "2021": "1.56", "2024": "1.85"}
