"""Rust: what its compiler says."""

from __future__ import annotations

from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.rust.reading_compiler import error, error_place

RULES: tuple[Rule, ...] = (
    Rule(
        code="rust-error",
        pattern=r"^error(?:\[(?P<code>E\d+)\])?: (?P<said>.+)",
        read=error,
        place=error_place,
        many=True,
        rank=Rank.ROOT,
        title="{head}",
        message="error[{code}]: {said} ({path}:{line}) {more}",
        fix="{fix}",
        link="https://doc.rust-lang.org/error_codes/error-index.html",
    ),
    Rule(
        code="rust-target",
        pattern=r"^error\[E0463\]: can't find crate for `(?P<name>std|core)`",
        read=lambda hit: (
            {
                "target": match[1]
                if (match := hit.find_after(r"the `([^`]+)` target may not be installed", 8))
                else "this"
            }
        ),
        rank=Rank.ROOT,
        title="E0463: the target {target} is not installed",
        message="error[E0463]: can't find crate for `{name}`: the `{target}` target may not be installed.",
        fix="Add RUN rustup target add {target} before this line, or targets = [...] in rust-toolchain.toml.",
    ),
)
