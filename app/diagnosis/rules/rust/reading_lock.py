"""Cargo.lock: where it does not fit Cargo.toml, or the Cargo that reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import base_image, failing_instruction
from app.diagnosis.paths import nearest_first
from app.diagnosis.places import matching, whole_file
from app.diagnosis.rule import Hit
from app.diagnosis.rules.rust.reading_cargo import causes
from app.diagnosis.rules.rust.reading_crates import manifests
from app.model import Place


def lock(hit: Hit) -> Mapping[str, str] | None:
    missing = _not_locked(hit)
    name = missing[1] if missing else ""
    said = hit.line.strip().removeprefix("error: ")
    return {
        "said": said,
        "name": f": {name} is not in it" if name else "",
        "fix": "Run cargo build (or cargo update --workspace) and commit Cargo.lock."
        + (
            ""
            if hit.files.named("Cargo.lock")
            else " It is not in the repository: take it out of .gitignore."
        ),
    }


def _not_locked(hit: Hit) -> tuple[Place, str] | None:
    """The dependency of Cargo.toml that Cargo.lock does not have."""
    locked: set[str] = set()
    for path in hit.files.named("Cargo.lock"):
        locked |= {m[1] for line in hit.files.lines(path) if (m := re.match(r'name = "([^"]+)"', line))}
    if not locked:
        return None
    for path in manifests(hit):
        inside = False
        for number, line in enumerate(hit.files.lines(path), 1):
            if line.startswith("["):
                inside = "dependencies]" in line
            elif inside and (m := re.match(r"([\w-]+)(?:\.\w+)?\s*=", line)):
                renamed = re.search(r"package\s*=\s*\"([^\"]+)\"", line)
                name = renamed[1] if renamed else m[1]
                if name not in locked and (place := hit.files.place(path, number)):
                    return place, name
    return None


def lock_place(hit: Hit) -> Place | None:
    missing = _not_locked(hit)
    if missing:
        return missing[0]
    if not hit.files.named("Cargo.lock"):
        return failing_instruction(hit) or whole_file("Cargo.toml")(hit)
    return whole_file("Cargo.lock")(hit)


def lock_format(hit: Hit) -> Mapping[str, str]:
    said = causes(hit)
    version = re.search(r"lock file version `?(\d+)`?", said)
    line = re.search(r"at line (\d+)", said)
    return {
        "said": said,
        "at": line[1] if line else "",
        "version": version[1] if version else "",
        "fix": "Use a newer rust image in FROM (version 4 needs Rust 1.78 or newer), or write the lock file with the older cargo."
        if version
        else "Run cargo generate-lockfile and commit a Cargo.lock without conflict marks.",
    }


def lock_format_place(hit: Hit) -> Place | None:
    if hit["version"]:
        return matching(r"^version\s*=", "Cargo.lock")(hit) or base_image(hit)
    path = next(iter(nearest_first(hit, hit.files.named("Cargo.lock"))), "")
    return hit.files.place(path, int(hit["at"] or 1)) if path else None
