"""Rust: what a test, a started program, or cargo itself says."""

from __future__ import annotations

from app.diagnosis.instructions import final_image, in_instruction
from app.diagnosis.places import whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.rust.reading_programs import command, ended, ended_place, panic, panic_place
from app.diagnosis.transcript import Kind

BUILD = frozenset({Kind.STEP, Kind.INSTRUCTION})

RULES: tuple[Rule, ...] = (
    Rule(
        code="rust-panic",
        pattern=r"thread '(?P<thread>[^']*)' (?:\(\d+\) )?panicked at (?:'(?P<said>.*?)(?:', |$))?(?:(?P<path>[^\s':]+\.rs):(?P<line>\d+)(?::\d+)?:?)?$",
        read=panic,
        place=panic_place,
        title="{who} panicked: {said}",
        message="thread panicked at {at}: {said} {who}",
        fix="{fix}",
    ),
    Rule(
        code="rust-ended",
        pattern=r"^Error: (?P<said>.+)",
        read=ended,
        place=ended_place,
        only=frozenset({Kind.CONTAINER}),
        title="{said}",
        message="Error: {said} {more}",
        fix="{fix}",
    ),
    Rule(
        code="rust-cargo",
        pattern=r"^error: (?P<said>(?:no such (?:sub)?command|no (?:bin|example|test|bench) target|package ID specification|could not find `Cargo\.toml`|manifest path|the package '|a bin target must|`cargo run` could not|none of the selected packages|there is nothing to install|could not find `[\w-]+` in|unexpected argument|Found argument|the `-Z|the option `Z|package `[\w-]+` not found|profile `[\w-]+` is not defined|invalid character|binary `[\w-]+` already exists|specified package|current package believes|multiple workspace roots|target [`']|cannot specify).*)",
        read=command,
        place=lambda hit: in_instruction("name")(hit) or whole_file("Cargo.toml")(hit),
        rank=Rank.ROOT,
        only=BUILD,
        title="cargo: {said}",
        message="error: {said} {more}",
        fix="{fix}",
    ),
    Rule(
        code="binary-glibc",
        pattern=r"libc\.so\.6: version [`'](?P<name>GLIBC_[\d.]+)' not found|libstdc\+\+\.so\.6: version [`'](?P<name2>GLIBCXX_[\d.]+)' not found",
        read=lambda hit: {"name": hit["name"] or hit["name2"]},
        place=final_image,
        rank=Rank.ROOT,
        only=frozenset(Kind),
        title="{name} not found: the image that runs is older than the one that built",
        message="version {name} not found: the program was linked with a newer C library than the last FROM has.",
        fix="Use the same Debian release in both stages (rust:1-bookworm and debian:bookworm-slim), or link statically.",
    ),
)
