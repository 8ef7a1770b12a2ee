"""Cargo: the manifest, the lock and the member that are meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import replace

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.instructions import base_image, failing_instruction
from app.diagnosis.left_out import LeftOut, left_out
from app.diagnosis.paths import repository_path
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Hit
from app.diagnosis.rules.rust.reading_crates import REGISTRY, crate_place, locked_place
from app.model import Place

_POPULAR = (
    "serde", "serde_json", "serde_yaml", "tokio", "axum", "actix-web", "rocket", "warp", "hyper", "reqwest", "tower",
    "tower-http", "tracing", "tracing-subscriber", "anyhow", "thiserror", "clap", "chrono", "time", "uuid", "rand",
    "regex", "sqlx", "diesel", "sea-orm", "redis", "mongodb", "tonic", "prost", "futures", "async-trait", "bytes",
    "once_cell", "lazy_static", "log", "env_logger", "dotenv", "dotenvy", "config", "base64", "sha2", "jsonwebtoken",
    "itertools", "rayon", "parking_lot", "dashmap", "url", "http", "askama", "tera", "lettre", "openssl", "rustls",
)  # fmt: skip


def dependency(hit: Hit) -> Mapping[str, str] | None:
    name = next((hit[f"name{n}"] for n in ("", 2, 3, 4) if hit[f"name{n}"]), "")
    if not name:
        return None
    lines = [line.strip() for line in hit.after(30)]
    more = " ".join(
        line
        for line in lines[:24]
        if re.match(r"candidate versions|versions that meet|required by|perhaps you meant|the package `|package `|help: |.*did not match", line)
    )  # fmt: skip
    meant = re.search(r"perhaps you meant:?\s+`?([\w-]+)|a package with a similar name exists: `([\w-]+)`", " ".join(lines[:10]))  # fmt: skip
    versions = re.search(r"(?:candidate versions found which didn't match|versions that meet the requirements `[^`]*` are): ([\d.]+)", more)  # fmt: skip
    wanted = re.search(r"requirement `[\w-]+ = \"([^\"]+)\"`", hit.line)
    feature = re.search(r"with features?:? `([^`]+)`|feature `([^`]+)`", more)
    if meant:
        fix = f"Write {meant[1] or meant[2]} instead of {name} in Cargo.toml."
    elif feature:
        fix = f"Take the feature {feature[1] or feature[2]} from {name} in Cargo.toml, or write one that {name} has."
    elif versions and wanted:
        fix = f'Write {name} = "{versions[1]}" in Cargo.toml instead of {wanted[1]}, and commit Cargo.lock.'
    elif near := difflib.get_close_matches(name, _POPULAR, 1, 0.8):
        fix = f"Write {near[0]} instead of {name} in Cargo.toml."
    elif "offline mode" in " ".join(lines[:6]):
        fix = f"Build without --offline, or vendor {name} (cargo vendor)."
    else:
        fix = (
            f"Correct {name} in Cargo.toml (cargo search {name} shows what there is), and commit Cargo.lock."
        )
    said = hit.line.removeprefix("error: ").strip()
    if said.startswith("searched package name"):
        said = f"no matching package named `{name}` found"
    return {"name": name, "more": more, "said": said, "fix": fix}


def dependency_place(hit: Hit) -> Place | None:
    return dependency_line(hit, "rust", hit["name"]) or locked_place(hit) or failing_instruction(hit)


def causes(hit: Hit, count: int = 14) -> str:
    """What stands under `Caused by:`, as one sentence."""
    told: list[str] = []
    for line in hit.after(count):
        if re.match(r"error(?:\[E\d+\])?: |warning: |#\d", line):
            break
        bare = line.strip()
        if bare and bare != "Caused by:" and not bare.startswith("note: "):
            told.append(bare)
    return "; ".join(told)


# An edition that this Rust does not know: a row of its own.
YOUNGER = r"feature `edition\d+` is required|edition \d+ is unstable|older than the `\d+` edition"


def manifest(hit: Hit) -> Mapping[str, str] | None:
    said = causes(hit)
    if re.search(YOUNGER, said):
        return None
    line = re.search(r"TOML parse error at line (\d+)", said)
    if "no targets specified" in said:
        fix = "Add src/main.rs or src/lib.rs, and COPY src before this cargo command (or make a dummy src/main.rs there)."
    else:
        fix = f"Correct {hit['path'].rpartition('/')[2]}: {said[:160]}."
    return {"said": said, "at": line[1] if line else "", "fix": fix}


def manifest_place(hit: Hit) -> Place | None:
    said = hit["said"]
    if match := REGISTRY.search(hit["path"]):
        return base_image(hit) or crate_place(hit, match["name"])
    path = repository_path(hit.files, hit["path"], hit)
    if "no targets specified" in said:
        has_source = any(p.endswith(("src/main.rs", "src/lib.rs")) for p in hit.files.paths)
        return (failing_instruction(hit) if has_source else None) or hit.files.place(path, 1)
    if not path:
        return None
    if hit["at"]:
        return hit.files.place(path, int(hit["at"]))
    for pattern in _manifest_words(said):
        if line := hit.files.search(path, pattern):
            return hit.files.place(path, line)
    return hit.files.place(path, 1)


def _manifest_words(said: str) -> list[str]:
    if "edition" in said:
        return [r"^\s*edition\b", r"^cargo-features"]
    words = re.findall(r"`([\w./@-]+)`", said) + re.findall(r"for key `[\w-]+\.([\w-]+)`", said)
    return [rf"\b{re.escape(word.rpartition('.')[2])}\b" for word in words]


def failed_dependency(hit: Hit) -> Mapping[str, str] | None:
    said = causes(hit, 30)
    if re.search(UNREACHED, said):
        return None
    path = re.search(r"failed to read `([^`]+)`", said)
    if path and (near := _own_manifest(hit, path[1].removesuffix("Cargo.toml"))):
        fix = f"COPY {near.rpartition('/')[0]} into the image too: it is not where Cargo.toml looks for it."
    elif path:
        fix = f"Correct the path of {hit['name']} in Cargo.toml: {path[1]} is not there (COPY it into the image, or publish it)."
    elif "authenticat" in said or "git" in said:
        fix = f"Give the build the right to fetch {hit['name']}'s repository (net.git-fetch-with-cli and credentials), or correct its url and revision in Cargo.toml."
    else:
        fix = f"Correct {hit['name']} in Cargo.toml."
    return {"said": said, "fix": fix}


UNREACHED = r"ould not resolve host|Couldn't resolve host|onnection refused|onnection reset|timed out|imeout was reached|SSL connect error|(?:got|code) 50\d|failed to connect to|spurious network"


def member(hit: Hit) -> Mapping[str, str]:
    said = causes(hit)
    folder = hit["path"].rstrip("/")
    known = [p for p in hit.files.paths if p.endswith(f"{folder.rpartition('/')[2]}/Cargo.toml")]
    name = "/".join(known[0].split("/")[:-1]) if known else folder.rpartition("/")[2]
    fix = (
        f"COPY {name} into the image before cargo runs; the workspace lists it as a member."
        if known
        else f"Take {name} out of members in Cargo.toml, or add its Cargo.toml."
    )
    lacking = _member_left_out(hit)
    return {
        "said": said,
        "name": folder.rpartition("/")[2],
        "fix": f"{lacking.advice}; the workspace lists it as a member." if lacking else fix,
    }


def _own_manifest(hit: Hit, folder: str) -> str:
    """The repository's Cargo.toml of that very folder."""
    found = repository_path(hit.files, folder.rstrip("/") + "/Cargo.toml", hit)
    return found if found.endswith(f"{folder.rstrip('/').rpartition('/')[2]}/Cargo.toml") else ""


def _member_left_out(hit: Hit) -> LeftOut | None:
    """Why the member's folder is not in the image, where it is in the repository."""
    own = _own_manifest(hit, hit["path"])
    lacking = left_out(hit, own) if own else None
    if lacking is None:
        return None
    return replace(lacking, advice=lacking.advice.replace(own, own.removesuffix("/Cargo.toml")))


def member_place(hit: Hit) -> Place | None:
    if (lacking := _member_left_out(hit)) is not None:
        return lacking.place
    own = _own_manifest(hit, hit["path"])
    if own and "No such file" not in hit["said"]:
        return hit.files.place(own, 1)
    named = matching(r"[\"/]{name}\"", "Cargo.toml")(hit) or matching(r"^\s*members\b", "Cargo.toml")(hit)
    return (failing_instruction(hit) if own else None) or named


def old_rust(hit: Hit) -> Mapping[str, str] | None:
    want, have, who = hit["want"], hit["have"], hit["name"]
    asking = [m for line in hit.after(200) if (m := re.match(r"\s+(\S+) requires rustc ([\d.]+\d)", line))]
    if asking and not want:
        newest = max(asking, key=lambda each: [int(part) for part in each[2].split(".")])
        who, want = who or newest[1], newest[2]
    if not want:
        return None
    who = who.partition(" (")[0]
    return {
        "want": want,
        "have": have or "an older one",
        "who": who or "this package",
        "said": hit.line.removeprefix("error: ").strip(),
        "fix": f"Use rust:{'.'.join(want.split('.')[:2])} or newer in FROM (or rust-toolchain.toml), or an older {re.split('[ @]', who)[0] or 'version'} (cargo update -p … --precise …).",
    }


rust_image = matching(r"(?i)^\s*FROM\s+(?:--platform=\S+\s+)?\S*(?:rust|cargo-chef)", "Dockerfile")


def old_rust_place(hit: Hit) -> Place | None:
    ran = hit.section.instruction
    if "cargo install" in ran:
        return failing_instruction(hit)
    return first(
        rust_image,
        matching(r"channel", "rust-toolchain.toml"),
        whole_file("rust-toolchain"),
        matching(r"^rust-version", "Cargo.toml"),
        lambda each: crate_place(each, re.split("[ @]", each["who"])[0]),
    )(hit)
