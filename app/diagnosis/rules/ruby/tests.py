"""Ruby: tests and style."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.places import at, first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.ruby.reading_exceptions import TRACE, load_error
from app.diagnosis.rules.ruby.reading_tests import (
    minitest_error,
    no_rakefile,
    no_rakefile_place,
    spec,
    spec_place,
    task,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="rspec-failure",
        pattern=r"^\s{2,}(?P<number>\d+)\) (?P<name>\S.*)$",
        read=spec,
        place=spec_place,
        many=True,
        rank=Rank.ROOT,
        title="{name} fails",
        message="RSpec: {name}: {error}",
        fix="Correct the code until `bundle exec rspec` agrees, or the expectation where it is wrong.",
    ),
    Rule(
        code="rspec-load",
        pattern=r"^An error occurred while loading (?P<path>\S+?\.rb)\.",
        read=load_error,
        place=first(spec_place, at("path", "line")),
        many=True,
        rank=Rank.ROOT,
        title="{path} does not load: {error}",
        message="An error occurred while loading {path}: {error}",
        fix="{advice}.",
    ),
    Rule(
        code="minitest-failure",
        pattern=r"^(?P<name>[A-Z][\w:]*#test_\S+) \[(?P<path>[^\]:]+):(?P<line>\d+)\]:",
        read=lambda hit: {"error": " ".join(line.strip() for line in hit.after(3) if line.strip())[:240]},
        place=at(),
        many=True,
        rank=Rank.ROOT,
        title="{name} fails",
        message="Minitest: {name} at {path}:{line}: {error}",
        fix="Correct the code until {name} passes, or the assertion on line {line} where it is wrong.",
    ),
    Rule(
        code="minitest-error",
        pattern=r"^(?P<name>[A-Z][\w:]*#test_\w+[?!]?):$",
        read=minitest_error,
        place=TRACE.deepest,
        many=True,
        rank=Rank.ROOT,
        title="{name} stops: {error}",
        message="Minitest: {name}: {error}",
        fix="Correct what {name} calls: it raises before its assertions.",
    ),
    Rule(
        code="rubocop-offense",
        pattern=r"^(?P<path>\S+\.(?:rb|rake|ru|gemspec|jbuilder)|\S*(?:Gemfile|Rakefile)):(?P<line>\d+):\d+: "
        r"[CWEFR]: "
        r"(?:\[Correct\w+\] )?(?P<cop>[A-Z]\w+(?:/\w+)+): (?P<error>.*)$",
        place=at(),
        many=True,
        title="{path} line {line}: {cop}",
        message="RuboCop: {cop}: {error}",
        fix="Change line {line} of {path}, or run bundle exec rubocop -a.",
    ),
    Rule(
        code="rake-no-rakefile",
        pattern=r"No Rakefile found \(looking for",
        read=no_rakefile,
        place=no_rakefile_place,
        rank=Rank.ROOT,
        title="rake finds no Rakefile where it runs",
        message="rake aborted: No Rakefile found in the directory of this instruction.",
        fix="{advice}.",
    ),
    Rule(
        code="rake-unknown-task",
        pattern=r"Don't know how to build task '(?P<name>[^']+)'",
        read=task,
        place=first(failing_instruction, matching(r"{name}", "Rakefile"), whole_file("Rakefile")),
        title="rake has no task {name}",
        message="Don't know how to build task '{name}'.",
        fix="{advice}.",
    ),
)
