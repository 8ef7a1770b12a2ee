"""Rust: build scripts, linkers and toolchains."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.rust.reading_building import (
    build_place,
    build_script,
    linker,
    linking,
    linking_place,
)
from app.diagnosis.rules.rust.reading_crates import own_place

RULES: tuple[Rule, ...] = (
    Rule(
        code="rust-build-script",
        pattern=r"^error: failed to run custom build command for `(?P<name>[^`]+)`",
        read=build_script,
        place=build_place,
        rank=Rank.ROOT,
        title="{crate} {version} does not build{missing}",
        message="failed to run custom build command for {crate} v{version}{missing}. {said}",
        fix="{fix}",
    ),
    Rule(
        code="rust-linker-missing",
        pattern=r"^error: linker `(?P<name>[^`]+)` not found",
        read=linker,
        rank=Rank.ROOT,
        title="linker {name} not found",
        message="error: linker `{name}` not found: No such file or directory. Rust needs a C linker.",
        fix="Install it before cargo build: apt-get install -y {package} (apk add build-base musl-dev){other}.",
    ),
    Rule(
        code="rust-linking",
        pattern=r"^error: linking with `(?P<name>[^`]+)` failed: (?P<exit>.+)",
        read=linking,
        place=linking_place,
        rank=Rank.ROOT,
        title="linking with {name} failed: {said}",
        message="linking with `{name}` failed: {exit} {said}",
        fix="{fix}",
    ),
    Rule(
        code="rust-toolchain",
        pattern=(
            r"^error: (?P<said>(?:toolchain '(?P<name>[^']+)' is not (?:installed|installable)|could not download nonexistent rust version `(?P<name2>[^`]+)`"
            r"|invalid (?:toolchain name|value).*'(?P<name3>[^']+)'|override toolchain '(?P<name4>[^']+)' is not installed|component '(?P<name5>[^']+)' .*is unavailable"
            r"|'(?P<name6>[\w-]+)' is not installed for the toolchain|no override and no default toolchain set|rustup could not choose a version of \w+ to run"
            r"|no release found for '(?P<name7>[^']+)').*)"
        ),
        place=first(
            matching(r"channel|components", "rust-toolchain.toml"),
            whole_file("rust-toolchain"),
            failing_instruction,
        ),
        rank=Rank.ROOT,
        title="{said}",
        message="error: {said}",
        fix="Write a Rust version that exists in rust-toolchain.toml (channel), or add the component: rustup component add.",
    ),
    Rule(
        code="rust-killed",
        pattern=r"process didn't exit successfully: `.*rustc.*\(signal: 9, SIGKILL: kill\)|rustc-LLVM ERROR: out of memory",
        rank=Rank.ROOT,
        title="rustc was killed: the build machine is out of memory",
        message="process didn't exit successfully: rustc (signal: 9, SIGKILL: kill).",
        fix="Use a build machine with more memory (options: machineType: E2_HIGHCPU_8), or CARGO_BUILD_JOBS=1.",
    ),
    Rule(
        code="rust-format",
        pattern=r"^Diff in (?P<path>\S+?\.rs)(?:(?: at line |:)(?P<line>\d+))?:?",
        place=lambda hit: own_place(hit, hit["path"], hit["line"] or "1"),
        many=True,
        rank=Rank.ROOT,
        title="{path} is not formatted as rustfmt does",
        message="cargo fmt --check: Diff in {path} at line {line}.",
        fix="Run cargo fmt and commit.",
    ),
)
