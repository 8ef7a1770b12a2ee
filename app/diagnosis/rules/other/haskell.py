"""Haskell's stack: what the snapshot has not, compilers that do not fit, and libraries that a package is linked with."""

from __future__ import annotations

from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.other.reading_haskell import (
    built,
    built_place,
    compiler,
    compiler_place,
    library,
    wanted,
    wanted_place,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="stack-no-version",
        pattern=r"^\s*\* (?P<name>[\w-]+) (?:needed, but no version is in the Stack configuration|\S+ from Stack configuration does not match (?P<range>[^(]+)|(?:needed|must match) .*, but the stack configuration has no specified version)",
        read=wanted,
        place=wanted_place,
        rank=Rank.ROOT,
        title="stack's snapshot has no {name} that fits",
        message="Stack failed to construct a build plan: {name} is not in the snapshot of stack.yaml, or not in a version that the project allows ({range}).",
        fix="Write it under extra-deps in stack.yaml ({line}), take a resolver (snapshot) that has it, or widen its bounds in the .cabal file or package.yaml.",
        link="https://docs.haskellstack.org/en/stable/topics/stack_yaml_vs_cabal_package_file/",
    ),
    Rule(
        code="stack-compiler",
        pattern=r"Compiler version mismatched, found ghc-(?P<have>[\d.]+\d)[^,]*, but expected .*?ghc-(?P<want>[\d.]+\d)|No compiler found, expected .*?ghc-(?P<want2>[\d.]+\d)",
        read=compiler,
        place=compiler_place,
        rank=Rank.ROOT,
        title="stack wants GHC {want}; the image has {have}",
        message="The resolver of stack.yaml is made for ghc-{want}, and stack may use only the image's own compiler ({have}).",
        fix="Write FROM {image}, take a resolver for GHC {have}, or leave --system-ghc out (--install-ghc downloads the right one).",
        link="https://docs.haskellstack.org/en/stable/configure/yaml/non-project/#system-ghc",
    ),
    Rule(
        code="haskell-library",
        pattern=r"\* Missing \(or bad\) C librar(?:y|ies): (?P<names>[\w+, -]+)",
        read=library,
        place=built_place,
        rank=Rank.ROOT,
        title="{who} is linked with {names}, which the image does not have",
        message="Missing (or bad) C library: {names}: {who} needs it, with its headers.",
        fix="Write RUN apt-get update && apt-get install -y {package} before stack build (the last stage needs the library itself).",
    ),
    Rule(
        code="stack-package",
        pattern=r"While building package (?P<name>[\w-]+-[\d.]+)",
        read=built,
        place=built_place,
        rank=Rank.SYMPTOM,
        title="stack could not build {name}",
        message="While building package {name}: {said}.",
        fix="Correct what the lines that begin with the package's name say; stack build -j1 shows them together.",
    ),
)
