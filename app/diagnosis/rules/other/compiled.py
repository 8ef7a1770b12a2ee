"""Compiled languages that no other table has."""

from __future__ import annotations

import re

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.places import anywhere, at, first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.other.reading_sites import ghc

RULES: tuple[Rule, ...] = (
    Rule(
        code="haskell-error",
        pattern=r"^(?P<path>[\w./-]+\.l?hs):(?P<line>\d+):(?P<column>\d+)(?:-\d+)?: error:(?P<error>.*)$",
        read=ghc,
        place=at(),
        many=True,
        rank=Rank.ROOT,
        title="{path} line {line}: {error}",
        message="GHC: error: {error} ({path}:{line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="haskell-dependency",
        pattern=r"Could not find module [‘'`](?P<module>[\w.]+)['’]|(?:unknown package: "
        r"(?P<name>[\w-]+))|needs:? (?P<name2>[\w-]+) must match .*",
        read=lambda hit: {"name": hit["name"] or hit["name2"] or hit["module"]},
        place=first(
            anywhere(r"\b{name}\b", ".cabal", "package.yaml"),
            anywhere(r"build-depends|dependencies:", ".cabal", "package.yaml"),
        ),
        title="Haskell: {name} is not there",
        message="Could not find module or package {name}.",
        fix="Add the package of {name} to build-depends (package.yaml: dependencies), within the resolver of "
        "stack.yaml.",
    ),
    Rule(
        code="swift-error",
        pattern=r"^(?P<path>\S+\.swift):(?P<line>\d+):(?P<column>\d+): error: (?P<error>.*)$",
        place=at(),
        many=True,
        title="{path} line {line}: {error}",
        message="Swift: error: {error} ({path}:{line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="zig-error",
        pattern=r"^(?P<path>\S+\.(?:zig|nim|cr|v|odin|ml|mli|gleam)):(?P<line>\d+):(?P<column>\d+): "
        r"(?:error|Error): (?P<error>.*)$",
        place=at(),
        many=True,
        title="{path} line {line}: {error}",
        message="error: {error} ({path}:{line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="nim-error",
        pattern=r"^(?P<path>\S+\.nims?)\((?P<line>\d+), (?P<column>\d+)\) Error: (?P<error>.*)$",
        place=at(),
        many=True,
        title="{path} line {line}: {error}",
        message="Nim: Error: {error} ({path}:{line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="crystal-lock",
        pattern=r"^Outdated shard\.lock",
        place=first(whole_file("shard.lock"), whole_file("shard.yml"), failing_instruction),
        rank=Rank.ROOT,
        title="shard.lock does not fit shard.yml",
        message="Outdated shard.lock: shards install --production (or --frozen) takes only what the lock file has, and shard.yml asks for something else.",
        fix="Run shards install (or shards update NAME) on your machine and commit shard.lock.",
    ),
    Rule(
        code="crystal-error",
        pattern=r"^(?:Error: )?[Ii]n (?P<path>\S+\.cr):(?P<line>\d+)(?::\d+)?$",
        read=lambda hit: {
            "error": next((m[1] for each in hit.after(10) if (m := re.match(r"Error: (.*)", each))), "")
        },
        place=at(),
        title="{path} line {line}: {error}",
        message="Crystal: Error: {error} ({path}:{line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="ocaml-error",
        pattern=r"^File \"(?P<path>[^\"]+\.mli?)\", lines? (?P<line>\d+)(?:-\d+)?(?:, characters "
        r"(?P<column>[\d-]+))?:",
        read=lambda hit: next(
            ({"error": m[1]} for each in hit.after(12) if (m := re.match(r"Error:? ?(.*)", each))), None
        ),
        place=at(),
        many=True,
        title="{path} line {line}: {error}",
        message="OCaml: Error: {error} ({path}:{line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="r-package",
        pattern=r"there is no package called [‘'`](?P<name>[\w.]+)['’]|dependenc(?:y|ies) "
        r"[‘'](?P<name2>[\w.]+)['’].* (?:is|are) not available for package|"
        r"package [‘'](?P<name3>[\w.]+)['’] is not available",
        read=lambda hit: {"name": hit["name"] or hit["name2"] or hit["name3"]},
        place=first(
            matching(r"install.*{name}|\"{name}\"", "install.R", "packages.R", "Dockerfile", "renv.lock"),
            anywhere(r"(?:library|require)\(\"?{name}", ".R", ".r"),
            failing_instruction,
        ),
        title="R has no package {name}",
        message="there is no package called ‘{name}’.",
        fix="Write RUN R -e \"install.packages('{name}')\" in the Dockerfile (with the system libraries that "
        "it needs), or add it to renv.lock.",
    ),
)
