"""Go: what its compiler says."""

from __future__ import annotations

from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.go.reading_compiler import compile_error, compile_place, missing, missing_place
from app.diagnosis.rules.go.reading_programs import other_rule

RULES: tuple[Rule, ...] = (
    Rule(
        code="go-missing-package",
        pattern=(
            r"^(?:build \S+: cannot load \S+: |can't load package: (?:package \S+: )?)?"
            r"(?:(?P<path>[\w./@-]+\.go):(?P<line>\d+):\d+: )?"
            r"(?P<said>no required module provides package (?P<name>[^\s;:]+)"
            r"|package (?P<name2>\S+) is not in (?:std|GOROOT)"
            r"|unknown import path \"(?P<name6>[^\"]+)\""
            r"|cannot find (?:package|module providing package) \"?(?P<name3>[^\s\":]+)"
            r"|module \S+ (?:found|provides).* (?:does not contain|but does not contain) package (?P<name4>\S+)"
            r"|ambiguous import: found package (?P<name5>\S+) in multiple modules).*"
        ),
        read=missing,
        place=missing_place,
        rank=Rank.ROOT,
        many=True,
        title="{said}",
        message="{path} {line}: {said}.",
        fix="{fix}",
        link="https://go.dev/doc/modules/managing-dependencies",
    ),
    Rule(
        code="go-error",
        pattern=r"^(?:vet: |wire: )?(?P<path>[\w./@-]+\.go):(?P<line>\d+)(?::(?P<column>\d+))?: (?P<said>(?:\S+ is not |\S).+)",
        read=lambda hit: None if other_rule(hit) else compile_error(hit),
        place=compile_place,
        many=True,
        rank=Rank.ROOT,
        title="{short}",
        message="{path}:{line}: {said} {more}",
        fix="{fix}",
    ),
)
