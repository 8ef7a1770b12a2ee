"""An edition that is younger than the image's Rust: whose it is, and where a newer one is asked for."""

from __future__ import annotations

from collections.abc import Mapping

from app.diagnosis.instructions import base_image
from app.diagnosis.paths import repository_path
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Hit
from app.diagnosis.rules.rust.reading_cargo import rust_image
from app.diagnosis.rules.rust.reading_crates import EDITIONS, REGISTRY
from app.model import Place


def edition(hit: Hit) -> Mapping[str, str]:
    name = hit["edition"] or hit["edition2"] or hit["edition3"]
    since = EDITIONS.get(name, "a newer version")
    manifest = hit.find_before(r"failed to parse manifest at `(?P<path>[^`]+)`", 8)
    crate = REGISTRY.search(manifest["path"]) if manifest else None
    own = repository_path(hit.files, manifest["path"], hit) if manifest and not crate else ""
    have = hit.find(r"this version of Cargo \((\d+\.\d+\.\d+)")
    who = f"{crate['name']} {crate['version']}" if crate else own or "A crate"
    advice = f"Use rust:{since} or newer in FROM"
    if own:
        advice += f", or write an older edition into {own}"
    elif crate:
        advice += f", or keep {crate['name']} at an older version (commit Cargo.lock and build with --locked; cargo update -p {crate['name']} --precise VERSION)"
    if not rust_image(hit):
        advice += "; a distribution's own cargo is years old: take the rust image, or rustup"
    return {
        "edition": name, "first": since, "who": who, "own": own, "advice": advice,
        "have": f"cargo {have[1]}" if have else "the image's Rust",
    }  # fmt: skip


def edition_place(hit: Hit) -> Place | None:
    """The image, or what installs Rust into it; the edition's own line where neither is there."""
    if hit["own"] and hit["edition"] not in EDITIONS:
        return matching(r"^\s*edition\b", "Cargo.toml")(hit)
    return first(
        rust_image,
        matching(r"(?:install|apk add|curl).*\b(?:cargo|rustc|rustup)\b", "Dockerfile"),
        matching(r"channel", "rust-toolchain.toml"),
        whole_file("rust-toolchain"),
        lambda each: matching(r"^\s*edition\b", "Cargo.toml")(each) if each["own"] else None,
        base_image,
    )(hit)
