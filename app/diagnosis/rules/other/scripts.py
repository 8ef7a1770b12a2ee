"""Perl and Lua."""

from __future__ import annotations

import re

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.places import at, first, matching, whole_file
from app.diagnosis.rule import Hit, Rank, Rule
from app.diagnosis.rules.other.reading_scripts import lua, perl
from app.diagnosis.rules.other.reading_servers import at_change

RULES: tuple[Rule, ...] = (
    Rule(
        code="perl-module",
        pattern=r"Can't locate (?P<file>[\w/]+\.p[lm]) in @INC.*? at (?P<path>\S+) line (?P<line>\d+)",
        read=lambda hit: {"name": hit["file"].removesuffix(".pm").replace("/", "::")},
        place=first(
            matching(r"{name}", "cpanfile", "Makefile.PL"), at(), whole_file("cpanfile"), failing_instruction
        ),
        rank=Rank.ROOT,
        title="Perl has no module {name}",
        message="Can't locate {file} in @INC (you may need to install the {name} module) at {path} line {line}.",
        fix="Add requires '{name}'; to cpanfile and run cpanm --installdeps . in the Dockerfile; a module of "
        "your own needs use lib 'lib'.",
    ),
    Rule(
        code="perl-syntax",
        pattern=r"^(?P<error>syntax error|Missing right curly.*|Global symbol \"[^\"]+\" requires explicit "
        r"package name.*|Bareword \"[^\"]+\" not allowed.*|"
        r"Can't find string terminator .*|Can't locate object method .*|Undefined subroutine .*|Can't call "
        r"method .*)"
        r" at (?P<path>[\w./-]+\.(?:p[lm]|psgi|t|cgi)) line (?P<line>\d+)(?P<near>.*)$",
        read=lambda hit: perl(
            Hit(
                hit.section,
                hit.index,
                {**hit.words, "error": hit["error"] + hit["near"]},
                hit.files,
                hit.transcript,
            )
        ),
        place=at_change,
        rank=Rank.ROOT,
        title="{file} line {change}: {error}",
        message="Perl: {error} at {path} line {line}{near}",
        fix="{advice} (perl -c {file} checks it).",
    ),
    Rule(
        code="perl-died",
        pattern=r"^(?P<error>.+) at (?P<path>[\w./-]+\.(?:p[lm]|psgi|t)) line (?P<line>\d+)\.$",
        read=lambda hit: (
            None if re.search(r"(?i)^BEGIN failed|warn|deprecated|uninitialized", hit.line) else {}
        ),
        place=at(),
        title="{path} line {line}: {error}",
        message="Perl died: {error} at {path} line {line}.",
        fix="Correct line {line} of {path}, or give it what it needs.",
    ),
    Rule(
        code="lua-error",
        pattern=r"(?:^lua[\w.]*: |\[lua\] |error: |^luac?: )(?P<path>[\w./-]+\.lua):(?P<line>\d+): (?P<error>.*)$",
        read=lua,
        place=at_change,
        title="{file} line {change}: {error}",
        message="Lua: {error} ({path}:{line}).",
        fix="Correct line {change} of {file}.",
    ),
)
