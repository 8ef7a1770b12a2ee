"""Cargo: manifests, locks, dependencies and versions."""

from __future__ import annotations

import re

from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.rust.reading_cargo import (
    UNREACHED,
    dependency,
    dependency_place,
    failed_dependency,
    manifest,
    manifest_place,
    member,
    member_place,
    old_rust,
    old_rust_place,
)
from app.diagnosis.rules.rust.reading_edition import edition, edition_place
from app.diagnosis.rules.rust.reading_lock import lock, lock_format, lock_format_place, lock_place
from app.diagnosis.rules.rust.reading_programs import with_versions
from app.model import Blame

RULES: tuple[Rule, ...] = (
    Rule(
        code="rust-dependency",
        pattern=(
            r"^(?:error: )?(?:no matching package (?:named )?(?:`(?P<name>[\w-]+)`(?: found)?|found)"
            r"|failed to select a version for (?:the requirement )?`(?P<name2>[\w-]+))"
            r"|^searched package name: `(?P<name3>[\w-]+)`"
            r"|^error: the package `[\w-]+` depends on `(?P<name4>[\w-]+)`, with features"
        ),
        read=dependency,
        place=dependency_place,
        rank=Rank.ROOT,
        title="{said}",
        message="{said} {more}",
        fix="{fix}",
        link="https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html",
    ),
    Rule(
        code="rust-network",
        pattern=r"(?:\[(?:6|7|28|35)\] (?:Could not|Couldn't|Timeout|SSL)|failed to (?:download|fetch) .*(?:crates\.io|static\.rust-lang)|download of config\.json failed|(?:index|static)\.crates\.io.*(?:resolve|timed out|50\d))",
        read=lambda hit: (
            {}
            if re.search(UNREACHED, " ".join([hit.line, *hit.after(20)]))
            and not hit.line.startswith("warning: spurious")
            else None
        ),
        nowhere=True,
        blame=Blame.UNKNOWN,
        rank=Rank.ROOT,
        title="crates.io could not be reached",
        message="cargo could not download from crates.io (a network failure); it is not in your change.",
        fix="Run it again.",
    ),
    Rule(
        code="rust-path-dependency",
        pattern=r"^error: failed to (?:get|load source for dependency) `(?P<name>[\w-]+)`(?: as a dependency of package)?",
        read=failed_dependency,
        place=dependency_place,
        rank=Rank.ROOT,
        title="cargo cannot get {name}",
        message="failed to get `{name}` as a dependency: {said}",
        fix="{fix}",
    ),
    Rule(
        code="rust-member",
        pattern=r"^error: failed to (?:load manifest for workspace member|read) `(?P<path>[^`]+?)(?:/Cargo\.toml)?`",
        read=member,
        place=member_place,
        rank=Rank.ROOT,
        title="The workspace member {name} is not there",
        message="failed to load manifest for workspace member {path}: {said}",
        fix="{fix}",
    ),
    Rule(
        code="rust-edition",
        pattern=r"^\s*feature `edition(?P<edition>20\d\d)` is required|^(?:error: |\s+)edition (?P<edition2>20\d\d) is unstable and only available with|this version of Cargo is older than the `(?P<edition3>20\d\d)` edition",
        read=edition,
        place=edition_place,
        rank=Rank.ROOT,
        title="{who} is of edition {edition}, which {have} does not know",
        message="{who} asks for edition{edition}, that Rust {first} is the first to have; the image has {have}.",
        fix="{advice}.",
        link="https://doc.rust-lang.org/edition-guide/",
    ),
    Rule(
        code="rust-manifest",
        pattern=r"^(?:error: |\s+)failed to parse manifest at `(?P<path>[^`]+)`",
        read=manifest,
        place=manifest_place,
        rank=Rank.ROOT,
        title="Cargo.toml: {said}",
        message="failed to parse manifest at {path}: {said}",
        fix="{fix}",
        link="https://doc.rust-lang.org/cargo/reference/manifest.html",
    ),
    Rule(
        code="rust-lock",
        pattern=r"the lock file \S+ needs to be updated but --(?:locked|frozen) was passed|cannot (?:update|create) the lock file \S+ because --(?:locked|frozen) was passed",
        read=lock,
        place=lock_place,
        rank=Rank.ROOT,
        title="Cargo.lock does not fit Cargo.toml{name}",
        message="{said}{name}.",
        fix="{fix}",
    ),
    Rule(
        code="rust-lock",
        pattern=r"^error: failed to parse lock file at: (?P<path>\S+)",
        read=lock_format,
        place=lock_format_place,
        rank=Rank.ROOT,
        title="Cargo.lock cannot be read: {said}",
        message="failed to parse lock file at {path}: {said}",
        fix="{fix}",
    ),
    Rule(
        code="rust-version",
        pattern=(
            r"^\s*(?:error: )?(?:package `(?P<name>[^`]+)` cannot be (?:built|compiled) because it requires rustc (?P<want>[\d.]+) or newer(?:, while the currently active rustc version is (?P<have>[\d.]+))?"
            r"|cannot install package `[^`]+`, it requires rustc [\d.]+ or newer"
            r"|rustc (?:[\d.]+\S*) is not supported by the following packages?:)"
        ),
        read=lambda hit: old_rust(with_versions(hit)),
        place=old_rust_place,
        rank=Rank.ROOT,
        title="{who} needs Rust {want}; the image has {have}",
        message="{said} {who} requires rustc {want}.",
        fix="{fix}",
    ),
)
